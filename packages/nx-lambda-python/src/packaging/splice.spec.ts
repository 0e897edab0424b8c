/** Splicing rule by rule: a wheel with one oddity goes through the store's door into a part. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRuntime, interpreterPath } from '../service/runtimes';
import { openWheel, partOf } from './packaging.fixtures';
import { validateWheel } from './wheel/admit';
import type { FixtureWheel } from './wheel/wheel.fixtures';
import { DESCRIPTOR, deflate, descriptor, extraField, zip64Field } from './zip/archive.fixtures';
import { readEntries } from './zip/read';
import { readContent } from './zip/verify';
import { temporaryDirectory } from '../temporary.fixtures';

const runtime = findRuntime('python3.11');
if (!runtime) throw new Error('python3.11');
const TARGET = { runtime, architecture: 'x86_64' } as const;

const content = Buffer.from('value = 1\n'.repeat(30));
const packed = deflate(content);
const ONES = 0xffffffff;
const sizes = zip64Field(content.length, packed.length);

type Files = NonNullable<FixtureWheel['files']>;

/** Path to mode, method and content of what is in the part, but for dist-info. */
async function splice(files: Files, scripts = false) {
  const wheel = openWheel({ files });
  await validateWheel(wheel.source, wheel.file, TARGET);
  const { archive } = await partOf(
    [wheel],
    {},
    { interpreter: scripts ? interpreterPath(TARGET.runtime) : null },
  );
  return Object.fromEntries(
    readEntries(archive)
      .filter(({ path }) => !path.includes('.dist-info/'))
      .map((entry) => [
        entry.path,
        [entry.mode.toString(8), entry.method, readContent(archive, entry).toString()],
      ]),
  );
}

const plain = (method: 0 | 8, mode = '100644') => [mode, method, content.toString()];

const RULES: [rule: string, files: Files, part: Record<string, unknown[]>][] = [
  ['deflated', { 'a.py': { content } }, { 'a.py': plain(8) }],
  ['stored stays stored', { 'a.py': { content, method: 0 } }, { 'a.py': plain(0) }],
  [
    'zip64 sizes in the local header, where the central one has none (bazel-runfiles)',
    { 'a.py': { content, local: { size: ONES, compressedSize: ONES, extra: sizes } } },
    { 'a.py': plain(8) },
  ],
  [
    'zip64 field beside 32-bit sizes (protobuf)',
    { 'a.py': { content, local: { extra: sizes } } },
    { 'a.py': plain(8) },
  ],
  [
    'zip64 sizes in both headers',
    {
      'a.py': {
        ...{ content, size: ONES, compressedSize: ONES, centralExtra: sizes },
        local: { extra: sizes },
      },
    },
    { 'a.py': plain(8) },
  ],
  ...[true, false].map((wide): (typeof RULES)[number] => [
    `data descriptor of ${wide ? 'zip64' : '32-bit'} sizes`,
    {
      'a.py': {
        ...{ content, flags: DESCRIPTOR, local: { crc: 0, size: 0, compressedSize: 0 } },
        after: descriptor(content, packed.length, { wide }),
      },
    },
    { 'a.py': plain(8) },
  ]),
  [
    'further extra fields',
    { 'a.py': { content, centralExtra: extraField(0x5455, Buffer.alloc(5)) } },
    { 'a.py': plain(8) },
  ],
  ['unicode names', { 'ünï/日本.py': { content } }, { 'ünï/日本.py': plain(8) }],
  ['private modes', { 'a.so': { content, mode: 0o100700 } }, { 'a.so': plain(8, '100755') }],
  ['modes of nobody else', { 'a.py': { content, mode: 0o100600 } }, { 'a.py': plain(8) }],
  ['modes without a file type', { 'a.py': { content, mode: 0o644 } }, { 'a.py': plain(8) }],
  [
    'unix modes of an archive made on Windows (debugpy)',
    { 'a.so': { content, mode: 0o100777, system: 0 }, 'a.py': { content, mode: 0, system: 0 } },
    { 'a.py': plain(8), 'a.so': plain(8, '100755') },
  ],
  [
    'directory entries, in .data too (greenlet)',
    {
      ...{ 'pkg/': {}, 'demo-1.0.data/': {}, 'demo-1.0.data/headers/': {}, 'empty/': {} },
      'demo-1.0.data/headers/a.h': { content },
    },
    { 'include/python/demo/a.h': plain(8) },
  ],
  [
    '.data/data/bin and share (z3)',
    {
      'demo-1.0.data/data/bin/z3': { content, mode: 0o100755 },
      'demo-1.0.data/data/share/a': { content },
    },
    { 'bin/z3': plain(8, '100755'), 'share/a': plain(8) },
  ],
  [
    'no scripts',
    {
      'demo-1.0.data/scripts/tool': '#!python\n',
      'demo-1.0.dist-info/entry_points.txt': '[console_scripts]\ndemo = demo:main\n',
    },
    {},
  ],
];

describe('splicing', () => {
  it.each(RULES)('%s', async (_rule, files, part) => {
    expect(await splice(files)).toEqual(part);
  });

  it('scripts, where they are wanted', async () => {
    const part = await splice(
      {
        'demo-1.0.data/scripts/tool': '#!python\n1\n',
        'demo-1.0.data/scripts/binary': { content },
        'demo-1.0.dist-info/entry_points.txt': '[console_scripts]\ndemo = demo:main\n',
      },
      true,
    );
    expect(part).toEqual({
      'bin/binary': plain(8, '100755'),
      'bin/demo': ['100755', 8, expect.stringMatching(/^#!\/var\/lang\/bin\/python3\.11\n/)],
      'bin/tool': ['100755', 0, '#!/var/lang/bin/python3.11\n1\n'],
    });
  });

  it('a link is refused, where pip would leave a file with its target as text', async () => {
    const link = { content: '../../etc/passwd', mode: 0o120777 };
    await expect(splice({ 'a.py': link })).rejects.toMatchObject({ reason: 'symlink' });
  });

  it('writes no descriptor, extra field or other flag, whatever the wheel has', async () => {
    const { archive } = await partOf([
      openWheel({
        files: {
          'a.py': {
            ...{ content, flags: DESCRIPTOR | 2, local: { crc: 0, size: 0, compressedSize: 0 } },
            ...{ centralExtra: sizes.subarray(0, 0), centralComment: Buffer.from('made by') },
            after: descriptor(content, packed.length),
          },
          'é.py': { content, local: { extra: sizes } },
        },
      }),
    ]);
    const bytes = archive.read(0, archive.size);
    for (const entry of readEntries(archive)) {
      const nameLength = Buffer.byteLength(entry.path);
      expect(entry.dataOffset - entry.localOffset).toBe(30 + nameLength);
      expect(bytes.readUInt16LE(entry.localOffset + 6)).toBe(entry.path === 'é.py' ? 1 << 11 : 0);
    }
    // Nothing but headers and data: with any descriptor there would be a gap, which is refused.
    expect(bytes.includes('made by')).toBe(false);
  });

  const hasPython = spawnSync('python3', ['--version']).status === 0;
  (hasPython ? it : it.skip)('keeps what importlib.metadata reads', async () => {
    const directory = temporaryDirectory();
    const points = '[console_scripts]\ndemo = demo:main\n';
    const files = { 'demo.py': 'x', 'demo-1.0.dist-info/entry_points.txt': points };
    const { archive } = await partOf([openWheel({ files })]);
    const file = join(directory, 'part.zip');
    writeFileSync(file, archive.read(0, archive.size));
    const script = [
      'import sys; sys.path.insert(0, sys.argv[1])',
      'from importlib.metadata import distribution, files',
      'd = distribution("demo")',
      'print(d.version, [e.value for e in d.entry_points], sorted(map(str, d.files)))',
    ].join('\n');
    const { stdout } = spawnSync('python3', ['-I', '-S', '-c', script, file], {
      encoding: 'utf8',
    });
    expect(stdout).toBe(
      `1.0 ['demo:main'] ['demo-1.0.dist-info/METADATA', 'demo-1.0.dist-info/RECORD', 'demo-1.0.dist-info/WHEEL', 'demo-1.0.dist-info/entry_points.txt', 'demo.py']\n`,
    );
  });
});
