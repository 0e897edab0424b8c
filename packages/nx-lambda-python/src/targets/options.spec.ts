import { readdirSync, readFileSync } from 'node:fs';
import { createOverrides } from 'nx/src/utils/command-line-utils';
import { combineOptionsForExecutor, type Schema } from 'nx/src/utils/params';
import { join } from 'node:path';
import { errorWith } from '../errors.fixtures';
import { asTyped, TEXT_OPTIONS } from './options';

interface Property {
  type?: unknown;
  'x-typed'?: string;
  $default?: { $source: string };
}

const SCHEMAS = join(__dirname, '..', 'schemas');

const schemas = readdirSync(SCHEMAS)
  .filter((file) => file.endsWith('.json') && file !== 'shared.json')
  .map((file) => {
    const text = readFileSync(join(SCHEMAS, file), 'utf8');
    return [
      file.replace('.json', ''),
      (JSON.parse(text) as { properties: Record<string, Property> }).properties,
    ] as const;
  });

describe.each(schemas)('the schema of %s', (_, properties) => {
  const typed = Object.keys(properties).filter((name) => properties[name]?.['x-typed'] === 'text');

  it('marks every option that is text though it may look like a number, and takes the words', () => {
    const known = TEXT_OPTIONS.filter((name) => name in properties);
    expect(typed.sort()).toEqual(known);
    for (const name of typed) expect(properties[name]?.type).toEqual(['string', 'number']);
    if (typed.length === 0) return;
    expect(properties['__unparsed__']?.$default).toEqual({ $source: 'unparsed' });
  });
});

describe('asTyped', () => {
  it.each([
    [123450, ['--stage=12345e1'], '12345e1'],
    [1.1, ['--stage=1.10'], '1.10'],
    [1, ['--stage', '1.0'], '1.0'],
    [16, ['--stage=0x10'], '0x10'],
    [2, ['--stage=1', '--other=3', '--stage=2'], '2'],
    [7, [], '7'],
    [7, ['--stages=7.0'], '7'],
    // Of a configuration, beside another option of the command line.
    [7, ['--stage=8'], '7'],
  ])('makes %d of %j the text %s', (stage, __unparsed__, text) => {
    expect(asTyped({ stage, __unparsed__, dryRun: true })).toEqual({ stage: text, dryRun: true });
  });

  it('knows the two spellings of a name', () => {
    const options = { expectedBucketOwner: 123456789012 };
    for (const word of ['--expectedBucketOwner=', '--expected-bucket-owner=']) {
      expect(asTyped({ ...options, __unparsed__: [`${word}123456789012.`] })).toEqual({
        expectedBucketOwner: '123456789012.',
      });
    }
  });

  it('leaves numbers that are numbers, and text', () => {
    const options = { to: 3, stage: '012', keep: 5 };
    expect(asTyped(options)).toEqual(options);
  });

  it('refuses a number whose spelling is lost', () => {
    expect(() => asTyped({ stage: 1.1 })).toThrow(errorWith('OPTION_INVALID', '', '"1.1"'));
  });
});

describe('an option on the command line', () => {
  it.each([
    ['deploy', '--stage=12345e1', { stage: '12345e1' }],
    ['deploy', '--stage=1.10', { stage: '1.10' }],
    ['deploy', '--stage=007', { stage: '007' }],
    ['rollback', '--stage=1', { stage: '1' }],
    ['releases', '--profile=123456789012', { profile: '123456789012' }],
    ['prune-versions', '--stage=1e3', { stage: '1e3' }],
    ['upload', '--expectedBucketOwner=012345678901', { expectedBucketOwner: '012345678901' }],
    ['upload', '--bucket=2024', { bucket: '2024' }],
    ['build', '--ref=0012345', { ref: '0012345' }],
  ])('reaches %s as it was typed: %s', (name, word, expected) => {
    const text = readFileSync(join(SCHEMAS, `${name}.json`), 'utf8');
    const schema = JSON.parse(text) as Schema;
    // What Nx does before it calls an executor, checks included.
    const target = {
      executor: `nx-lambda-python:${name}`,
      options: name === 'build' ? { outputPath: 'dist' } : {},
    };
    const overrides = createOverrides([word]);
    const options = combineOptionsForExecutor(overrides, '', target, schema, 'svc', '', false);
    expect(asTyped(options)).toMatchObject(expected);
  });
});
