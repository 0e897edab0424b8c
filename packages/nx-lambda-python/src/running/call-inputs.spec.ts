import { errorWith } from '../errors.fixtures';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';
import { parseEnvironment, readEnvironmentFile } from './environment-file';
import { readEvent } from './event';

let workspace: string;
beforeAll(() => {
  workspace = temporaryDirectory();
  writeFiles(workspace, {
    'events/refund.json': '{"order": 42}',
    'events/bad.json': '{"order" 42}',
  });
});

describe('the event', () => {
  const eventOf = (given?: string) =>
    JSON.parse(readEvent(workspace, given, () => '[1]').toString()) as unknown;

  it.each<[string | undefined, unknown]>([
    [undefined, {}],
    ['events/refund.json', { order: 42 }],
    ['{"a": "ü"}', { a: 'ü' }],
    [' [1, 2]', [1, 2]],
    ['"text"', 'text'],
    ['-3.5', -3.5],
    ['null', null],
    ['-', [1]],
    ['schedule', expect.objectContaining({ 'detail-type': 'Scheduled Event' })],
  ])('%s', (given, event) => {
    expect(eventOf(given)).toEqual(event);
  });

  it.each([
    ['events/bad.json', '`events/bad.json` is not JSON: ', 'correct it'],
    ['{"a"', '`event` is not JSON: ', 'correct it'],
    ['events/none.json', 'neither a file of the workspace nor a sample', '`sqs`'],
    ['kinesi', 'did you mean `kinesis`?', '`sqs`'],
    [JSON.stringify('x'.repeat(6_291_555)), '6291557 bytes', 'smaller'],
  ])('refuses %#', (given, message, hint) => {
    expect(() => eventOf(given)).toThrow(errorWith('OPTION_INVALID', message, hint));
  });
});

describe('the environment', () => {
  it('is read line by line', () => {
    const text = `# comment
PLAIN=a b # comment
export QUOTED="x # \\"y\\"\\nz"
SINGLE='\\n'

EMPTY=
SHELL_VALUE
UNSET`;
    expect(parseEnvironment(text, 'file', { SHELL_VALUE: 's' })).toEqual({
      PLAIN: 'a b',
      QUOTED: 'x # "y"\nz',
      SINGLE: '\\n',
      EMPTY: '',
      SHELL_VALUE: 's',
    });
  });

  it('quotes no value of a bad line', () => {
    const act = () => parseEnvironment('A=1\nPASS WORD=secret', '.env', {});
    expect(act).toThrow(errorWith('OPTION_INVALID', 'line 2 of `.env`'));
    expect(act).not.toThrow(/secret/);
  });

  it('must be there', () => {
    const act = () => readEnvironmentFile(workspace, '.env');
    expect(act).toThrow(errorWith('OPTION_INVALID', '`.env`, which cannot be read'));
  });
});
