import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorWith } from '../errors.fixtures';
import type { LockExecutorSchema } from '../schemas/lock';
import { normalizeOptions } from '../targets/build-target';
import { buildWheel } from '../packaging/wheel/wheel.fixtures';
import lockExecutor from '../executors/lock';
import { settingsOf } from '../platform/pip/pip.fixtures';
import { readLockInput } from './lock';
import { TestService } from './service.fixtures';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';

let root: string;
beforeEach(() => (root = temporaryDirectory()));

const PYPROJECT =
  '[project]\ndependencies = ["six"]\n[project.optional-dependencies]\nfast = ["orjson>=3"]\n';
const LOCK = '# Locked by nx-lambda-python for …\n';

function read(
  files: Record<string, string>,
  schema: LockExecutorSchema = {},
  build: { requirements?: string[] } = {},
) {
  writeFiles(join(root, 'services/a'), files);
  const projects = { a: { root: 'services/a' } };
  const context = { root, projectName: 'a', projectsConfigurations: { projects } };
  const options = normalizeOptions(build, context as never);
  return readLockInput(schema, options, settingsOf().target, (text) => text);
}

describe('what is locked', () => {
  it('is requirements.in, else the dependencies of pyproject.toml', () => {
    const both = { 'pyproject.toml': PYPROJECT, 'requirements.in': '-r base.in\nidna\n' };
    expect(read({ ...both, 'base.in': 'attrs\n' })).toMatchObject({
      origin: { root: '.', sources: ['requirements.in'], extras: [] },
      required: { requirements: ['services/a/requirements.in'] },
      meaning: { requirements: ['attrs', 'idna'] },
      output: 'services/a/requirements.txt',
      previous: undefined,
    });
    rmSync(join(root, 'services/a/requirements.in'));
    const input = read({ 'requirements.txt': LOCK });
    expect(input).toMatchObject({
      origin: { root: '.', sources: ['pyproject.toml'], extras: [] },
      meaning: { requirements: ['six'] },
      previous: LOCK,
    });
    expect(input.required.files.get(input.required.requirements[0] ?? '')).toBe('six\n');
  });

  it('is the Pipfile if nothing else says it, with its categories', () => {
    const files = { Pipfile: '[packages]\nsix = "*"\n[tracing]\nidna = ">2"\n' };
    const input = read(files, { groups: ['tracing'] });
    expect(input.meaning.requirements).toEqual(['idna>2', 'six']);
    expect(input.origin).toMatchObject({ sources: ['Pipfile'], groups: ['tracing'] });
  });

  it('is what the option names, with extras', () => {
    const schema = { input: ['dev.in', 'pyproject.toml'], extras: ['fast'], output: 'x/dev.txt' };
    const input = read({ 'pyproject.toml': PYPROJECT, 'dev.in': 'idna\n' }, schema);
    expect(input.meaning.requirements).toEqual(['idna', 'orjson>=3', 'six']);
    expect(input.output).toBe('services/a/x/dev.txt');
    expect(input.origin).toMatchObject({ root: '..', extras: ['fast'] });
  });

  it.each([
    [
      { 'requirements.txt': 'six\n' },
      {},
      'REQUIREMENTS_MISSING',
      'git mv services/a/requirements.txt services/a/requirements.in',
    ],
    [{ 'pyproject.toml': '[project]\n' }, {}, 'REQUIREMENTS_MISSING', '"input"'],
    [{ 'pyproject.toml': '' }, { input: ['pyproject.toml'] }, 'REQUIREMENTS_MISSING', '"input"'],
    [{}, { input: ['gone.in'] }, 'REQUIREMENTS_MISSING', 'create it'],
    [{ 'requirements.in': 'six', 'requirements.txt': 'six' }, {}, 'OPTION_INVALID', '"output"'],
    [{ 'requirements.txt': '' }, { input: ['requirements.txt'] }, 'OPTION_INVALID', '"output"'],
    [
      { 'requirements.in': '-r requirements.txt', 'requirements.txt': LOCK },
      {},
      'OPTION_INVALID',
      '"output"',
    ],
    [
      { 'requirements.in': './lib', 'lib/pyproject.toml': '[project]\nname = "lib"\n' },
      {},
      'REQUIREMENTS_INVALID',
      'a file with `-r requirements.txt` and `lib`',
    ],
    [
      { 'requirements.in': 'six' },
      { extras: ['fast'] },
      'OPTION_INVALID',
      '"input": ["pyproject.toml"]',
    ],
  ] as [Record<string, string>, LockExecutorSchema, string, string][])(
    '%j with %j is %s',
    (files, schema, code, hint) => {
      expect(() => read(files, schema)).toThrow(errorWith(code, '', hint));
    },
  );

  it('is not what a build takes from another lock, which the new file would replace', () => {
    for (const name of ['uv.lock', 'poetry.lock', 'pylock.toml']) {
      const files = { 'pyproject.toml': PYPROJECT, [name]: '' };
      expect(() => read(files)).toThrow(
        errorWith('OPTION_INVALID', `\`services/a/${name}\` pins what \`a\` requires`),
      );
      expect(read(files, { output: 'other.txt' }).output).toBe('services/a/other.txt');
      expect(read(files, {}, { requirements: ['requirements.txt'] }).previous).toBeUndefined();
      expect(read({ ...files, 'requirements.txt': LOCK }).previous).toBe(LOCK);
      for (const path of [name, 'requirements.txt']) rmSync(join(root, 'services/a', path));
    }
  });
});

describe('wheels that only a directory of the workspace has', () => {
  const { filename, bytes } = buildWheel({ name: 'only_here', version: '2' });

  it.each([
    ['requirements.in', '--find-links ../wheelhouse\n', []],
    ['an input in a directory of its own', '-r deps/links.in\n', []],
    ["pip's arguments", '', ['--find-links', '../wheelhouse']],
  ])('are locked where %s names it', async (_, line, pipArgs) => {
    const service = new TestService({
      'svc/requirements.in': `--no-index\n${line}only-here\n`,
      'svc/deps/links.in': '-f ../../wheelhouse\n',
    });
    try {
      rmSync(service.path('svc/requirements.txt'));
      mkdirSync(service.path('wheelhouse'));
      writeFileSync(service.path(`wheelhouse/${filename}`), bytes);
      Object.assign(service.targets['build']?.options, { engine: 'host', pipArgs });
      expect([await lockExecutor({}, service.context('lock')), service.printed]).toEqual([
        { success: true },
        expect.stringContaining('svc/requirements.txt: 1 distribution\n'),
      ]);
      const lock = readFileSync(service.path('svc/requirements.txt'), 'utf8');
      expect(lock).toContain('--no-index\n');
      expect(lock).toContain('only-here==2 \\\n    --hash=sha256:');
      // The build finds the same wheel by the lock alone.
      expect([await service.build(service.targets['build']?.options), service.printed]).toEqual([
        true,
        expect.stringContaining('1 distribution (resolved by host)'),
      ]);
    } finally {
      service.remove();
    }
  });
});
