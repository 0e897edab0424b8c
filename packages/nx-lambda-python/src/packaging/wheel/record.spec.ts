import { findRuntime } from '../../service/runtimes';
import { contentsOf, openWheel, partOf } from '../packaging.fixtures';
import { validateWheel } from './admit';
import { checkRecords, parseRecord } from './record';
import { recordHash, type FixtureWheel } from './wheel.fixtures';

const runtime = findRuntime('python3.11');
if (!runtime) throw new Error('python3.11');
const TARGET = { runtime, architecture: 'x86_64' } as const;

const files = { 'demo/__init__.py': 'x = 1\n', 'demo/b.py': 'y = 1\n', 'demo/c, d.py': 'z = 1\n' };
const [STRONG, WEAK] = [recordHash('x = 1\n'), recordHash('x = 1\n', 'sha1')];
const without = (name: string) => (record: string) =>
  record.replace(new RegExp(`.*${name}.*\n`, 'g'), '');

async function admitted(record: (record: string) => string, more: FixtureWheel['files'] = {}) {
  const wheel = openWheel({ files: { ...files, ...more }, record });
  const { gaps } = await validateWheel(wheel.source, wheel.file, TARGET);
  return { ...wheel, ...(gaps && { gaps }) };
}

/** By rule: RECORD, how many files break it and one of them, how that is told, and rows of RECORD in the package. */
const GAPS: Record<string, [(record: string) => string, number, string, string, string[]]> = {
  'record-not-listed': [
    (record) => without('c, d')(without('b\\.py')(record)),
    2,
    'demo/b.py',
    'RECORD does not list `demo/b.py` and 1 more files',
    ['demo/b.py,,', '"demo/c, d.py",,'],
  ],
  'record-file-missing': [
    (record) => `/demo/gone.py,${STRONG},6\n${record}`,
    1,
    '/demo/gone.py',
    'RECORD lists `/demo/gone.py`, which the wheel does not have',
    [`/demo/gone.py,${STRONG},6`],
  ],
  'record-hash-missing': [
    (record) => record.replace(`${STRONG},6`, ','),
    1,
    'demo/__init__.py',
    'RECORD has no hash for `demo/__init__.py`',
    ['demo/__init__.py,,'],
  ],
  'record-hash-weak': [
    (record) => record.replace(STRONG, WEAK),
    1,
    'demo/__init__.py',
    'RECORD has no hash of sha256 or better for `demo/__init__.py`',
    [`demo/__init__.py,${WEAK},6`],
  ],
};

describe.each(Object.entries(GAPS))('%s', (rule, [record, count, example, told, rows]) => {
  it('is accepted for a distribution by its name only', async () => {
    const wheel = await admitted(record);
    expect(wheel.gaps).toEqual([{ rule, files: count, example }]);
    expect(() => checkRecords([wheel], ['De-mo', 'DEMO'])).not.toThrow();
    expect(() => checkRecords([wheel], ['other'])).toThrow(
      expect.objectContaining({
        code: 'WHEEL_INVALID',
        reason: rule,
        message: `\`demo-1.0-py3-none-any.whl\` is not a valid wheel (${rule}): ${told}`,
        hint: expect.stringContaining('`"acceptIncompleteRecords": ["other","demo"]`') as string,
      }),
    );
  });

  it("leaves pip's rows in the package", async () => {
    const { archive } = await partOf([await admitted(record)]);
    const text = contentsOf(archive.read(0, archive.size))['demo-1.0.dist-info/RECORD'] ?? '';
    const lines = text.split('\r\n').slice(0, -1);
    expect(lines).toEqual(expect.arrayContaining(rows));
    const paths = [...parseRecord('demo', text).keys()];
    expect(paths).toEqual([...paths].sort());
    expect(new Set(paths)).toEqual(
      new Set([
        ...Object.keys(files),
        ...['METADATA', 'RECORD', 'WHEEL'].map((name) => `demo-1.0.dist-info/${name}`),
        ...(rule === 'record-file-missing' ? [example] : []),
      ]),
    );
  });
});

it.each<[string, (record: string) => string, string]>([
  [
    'another content than a weak hash says',
    (record) => record.replace(STRONG, recordHash('other', 'md5')),
    'record-hash-mismatch',
  ],
  ['another size', (record) => record.replace(`${STRONG},6`, ',7'), 'record-size-mismatch'],
  ['a file twice', (record) => record + record, 'record-duplicate'],
  ['no table', () => 'demo\n', 'record-malformed'],
])('is refused at the door, whatever is accepted: %s', async (_, record, reason) => {
  await expect(admitted(record)).rejects.toMatchObject({ code: 'WHEEL_INVALID', reason });
});

it('names all wheels that are refused, and where files of .data are installed', async () => {
  const wheel = await admitted(without('data'), { 'demo-1.0.data/purelib/in_data.py': '' });
  const other = { ...wheel, name: 'other', file: 'other-1.0-py3-none-any.whl' };
  expect(() => checkRecords([wheel, other], [])).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(
        '; the same holds for `other-1.0-py3-none-any.whl`',
      ) as string,
      hint: expect.stringContaining('["demo","other"]') as string,
    }),
  );
  const { archive } = await partOf([wheel]);
  const contents = contentsOf(archive.read(0, archive.size));
  expect(contents['demo-1.0.dist-info/RECORD']).toContain('\r\nin_data.py,,\r\n');
});
