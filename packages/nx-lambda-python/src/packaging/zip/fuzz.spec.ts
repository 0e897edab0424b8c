/**
 * Damaged archives: the reader answers with entries or with an error of ours, and what it accepts
 * Python's zipfile reads as it does. `LONG=1` tries twenty times as many.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { findRuntime } from '../../service/runtimes';
import { openWheel, partOf } from '../packaging.fixtures';
import { validateWheel } from '../wheel/admit';
import { buildWheel } from '../wheel/wheel.fixtures';
import { DESCRIPTOR, buildArchive, deflate, descriptor, zip64Field } from './archive.fixtures';
import { bufferSource } from './bytes';
import { mutate, seeded } from './mutate.fixtures';
import { readEntries } from './read';
import { readContent } from './verify';

const ROUNDS = process.env['LONG'] ? 20 : 1;
const MAX_OWN_WHEEL = 50_000;
const LONGEST_MILLISECONDS = 180_000;

const content = Buffer.from('print("hello")\n'.repeat(20));
const packed = deflate(content);
const hasPython = spawnSync('python3', ['--version']).status === 0;

const GENERATED: readonly Buffer[] = [
  buildArchive([
    { path: 'a.py', content },
    { path: 'b.py', content: 'x', method: 0 },
  ]),
  buildArchive(
    [
      { path: 'pkg/', mode: 0o40755 },
      { path: 'pkg/a.py', content, mode: 0o100600 },
      { path: 'pkg/é.py', content, local: { extra: zip64Field(content.length, packed.length) } },
      { path: 'b', content, flags: DESCRIPTOR, after: descriptor(content, packed.length) },
    ],
    { zip64: {}, comment: Buffer.from('comment') },
  ),
];

const WHEEL = buildWheel({
  files: {
    'demo/__init__.py': 'x = 1\n',
    'demo-1.0.data/purelib/more.py': content.toString(),
    'demo-1.0.data/scripts/tool': '#!python\n',
  },
});

const WRITTEN: Buffer[] = [
  ...ownWheels(process.env['FUZZ_WHEELS']),
  ...(hasPython ? pythonArchives() : []),
];

beforeAll(async () => {
  const { archive } = await partOf([
    openWheel({ files: { 'demo/__init__.py': content.toString() } }),
  ]);
  WRITTEN.push(archive.read(0, archive.size));
});

type Files = [path: string, mode: number, size: number, sha256: string][];

const PYTHON_READER = `
import hashlib, io, json, struct, sys, zipfile
while head := sys.stdin.buffer.read(4):
    data = sys.stdin.buffer.read(struct.unpack("<I", head)[0])
    try:
        z = zipfile.ZipFile(io.BytesIO(data))
        files = [
            [i.filename, i.external_attr >> 16, i.file_size, hashlib.sha256(z.read(i)).hexdigest()]
            for i in z.infolist()
        ]
        assert z.testzip() is None
        assert [z.getinfo(i.filename) is i for i in z.infolist()].count(False) == 0
    except Exception as e:
        files = repr(e)
    print(json.dumps(files))
`;

/** What Python makes of each archive; a text where it refuses. */
function readByPython(archives: readonly Buffer[]): (Files | string)[] {
  const input = archives.flatMap((bytes) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  const output = execFileSync('python3', ['-c', PYTHON_READER], {
    input: Buffer.concat(input),
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Files | string);
}

/** Undefined where the archive is refused; any other error than ours is thrown. */
function readFiles(bytes: Buffer, trusted: boolean): Files | undefined {
  const source = bufferSource(bytes);
  try {
    return readEntries(source, { trusted }).map((entry) => {
      const text = readContent(source, entry, 1_000_000);
      const sha256 = createHash('sha256').update(text).digest('hex');
      return [entry.path, entry.mode, entry.size, sha256];
    });
  } catch (error) {
    if (error instanceof LambdaPythonError) return undefined;
    throw error;
  }
}

/** Accepted archives with what was read, each once. */
function fuzz(seeds: readonly Buffer[], seed: number, cases: number): Map<string, Files> {
  const random = seeded(seed);
  const accepted = new Map<string, Files>();
  let refused = 0;
  for (let index = 0; index < cases; index++) {
    const bytes = mutate(seeds, random);
    const files = readFiles(bytes, false);
    const again = readFiles(bytes, true);
    if (!files) {
      refused += 1;
      continue;
    }
    // Whatever the strict reader lets in, the trusting one reads the same.
    if (JSON.stringify(again) !== JSON.stringify(files)) expect(again).toEqual(files);
    accepted.set(bytes.toString('latin1'), files);
  }
  expect(refused).toBeGreaterThan(cases / 2);
  return accepted;
}

describe('reading damaged archives', () => {
  it.each([
    ['generated', GENERATED, 6_000],
    ['written by programs', WRITTEN, 4_000],
  ] as const)(
    '%s: an error of ours, or what Python reads',
    (_name, seeds, cases) => {
      for (let round = 0; round < ROUNDS; round++) {
        const accepted = fuzz(seeds, 20261125 + round, cases);
        expect(accepted.size).toBeGreaterThan(20);
        if (!hasPython) continue;
        const archives = [...accepted.keys()].map((text) => Buffer.from(text, 'latin1'));
        const differing = readByPython(archives).flatMap((files, index) => {
          const ours = [...accepted.values()][index];
          const isSame = JSON.stringify(files) === JSON.stringify(ours);
          return isSame ? [] : [{ files, ours, bytes: archives[index]?.toString('base64') }];
        });
        expect(differing.slice(0, 3)).toEqual([]);
      }
    },
    LONGEST_MILLISECONDS,
  );

  it(
    'wheels: an error of ours, or a wheel that can be spliced',
    async () => {
      const runtime = findRuntime('python3.11');
      if (!runtime) throw new Error('no runtime');
      const random = seeded(20261126);
      let accepted = 0;
      for (let index = 0; index < 3_000 * ROUNDS; index++) {
        const bytes = mutate([WHEEL.bytes], random);
        const source = bufferSource(bytes);
        try {
          await validateWheel(source, WHEEL.filename, { runtime, architecture: 'x86_64' });
        } catch (error) {
          if (error instanceof LambdaPythonError) continue;
          throw error;
        }
        accepted += 1;
        const wheel = { name: 'demo', version: '1.0', file: WHEEL.filename, sha256: '', size: 0 };
        const part = await partOf([{ ...wheel, source }], {}, { interpreter: '/python3.11' });
        expect(part.facts.entryCount).toBe(6);
      }
      expect(accepted).toBeGreaterThan(20);
    },
    LONGEST_MILLISECONDS,
  );
});

/** Of a directory that the environment names. Large ones would only take long: headers count. */
function ownWheels(directory: string | undefined): Buffer[] {
  const names = directory ? readdirSync(directory).filter((name) => name.endsWith('.whl')) : [];
  return names
    .map((name) => readFileSync(join(directory ?? '', name)))
    .filter(({ length }) => length <= MAX_OWN_WHEEL);
}

/** With what real writers use: descriptors, zip64, stored and deflated files, directories, a comment. */
function pythonArchives(): Buffer[] {
  const script = `
import base64, io, zipfile
class Pipe(io.RawIOBase):
    def __init__(self): self.data = b""
    def writable(self): return True
    def write(self, data): self.data += bytes(data); return len(data)
def fill(out):
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.comment = b"made by Python"
        z.writestr("pkg/__init__.py", "x = 1\\n" * 50)
        z.writestr(zipfile.ZipInfo("pkg/\\u00e9.txt"), "stored")
        z.writestr("empty/", "")
        with z.open("big.bin", "w", force_zip64=True) as f: f.write(bytes(100))
whole, stream = io.BytesIO(), Pipe()
fill(whole)
fill(stream)
for data in whole.getvalue(), stream.data: print(base64.b64encode(data).decode())
`;
  return execFileSync('python3', ['-c', script], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => Buffer.from(line, 'base64'));
}
