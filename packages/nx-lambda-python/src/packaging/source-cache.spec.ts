import type { PythonModule } from '../python/module';
import { hexDigest } from './requirements/canonical-json';
import { collect } from './packaging.fixtures';
import { SourceCache } from './source-cache';
import { bufferSource } from './zip/bytes';
import { compress } from './zip/deflate';

const CONTENTS = ['a = 1\n'.repeat(50), 'b', ''].map((text) => Buffer.from(text));
const [FIRST = Buffer.alloc(0)] = CONTENTS;
const MODULE: PythonModule = {
  names: new Set(['handler', 'json']),
  open: false,
  imports: [{ module: 'json', level: 0, names: ['loads'], line: 1, certain: true }],
  mentions: [{ name: 'orders.x', line: 2 }],
  unknowns: [{ line: 3, why: 'it runs text as code (`exec`)' }],
  exported: null,
};
const PACKAGE = {
  inputs: 'inputs',
  facts: { sha256: 'x=', size: 3, unpackedSize: 5 },
  tail: 'ff',
};

const parse = jest.fn(async () => MODULE);
beforeEach(() => parse.mockClear());

const written = (cache: SourceCache) => collect((sink) => cache.write(sink)).bytes;

const compressBy = (cache: SourceCache) => (content: Buffer) =>
  cache.compress(content, hexDigest(content));

async function filled(): Promise<Buffer> {
  const cache = new SourceCache(undefined);
  CONTENTS.forEach(compressBy(cache));
  await cache.parse(hexDigest(FIRST), parse);
  cache.keepPackage(PACKAGE);
  return written(cache);
}

it('knows what the last build found out', async () => {
  const cache = new SourceCache(bufferSource(await filled()));
  parse.mockClear();
  expect(CONTENTS.map(compressBy(cache))).toEqual(CONTENTS.map((content) => compress(content)));
  expect(await cache.parse(hexDigest(FIRST), parse)).toEqual(MODULE);
  expect(cache.packageOf('inputs')).toEqual(PACKAGE);
  expect(parse).not.toHaveBeenCalled();
  expect(cache.hasNews).toBe(false);
});

it('finds out what it does not know', async () => {
  const cache = new SourceCache(bufferSource(await filled()));
  const edited = Buffer.from('a = 2\n'.repeat(50));
  expect(compressBy(cache)(edited)).toEqual(compress(edited));
  expect(cache.hasNews).toBe(true);
  expect(cache.packageOf('other inputs')).toBeUndefined();
  await cache.parse(hexDigest(edited), parse);
  expect(parse).toHaveBeenCalledTimes(2);
});

it('forgets what a build did not use', async () => {
  const cache = new SourceCache(bufferSource(await filled()));
  compressBy(cache)(FIRST);
  cache.keepPackage(PACKAGE);
  const next = new SourceCache(bufferSource(written(cache)));
  compressBy(next)(FIRST);
  expect(next.hasNews).toBe(false);
  CONTENTS.forEach(compressBy(next));
  expect(next.hasNews).toBe(true);
});

it('does not remember a module that is broken', async () => {
  const cache = new SourceCache(undefined);
  const syntaxError = { line: 1, column: 1, near: '' };
  await cache.parse(hexDigest(FIRST), async () => ({ ...MODULE, syntaxError }));
  expect(cache.hasNews).toBe(false);
});

it('takes no damaged byte for a compressed one, wherever it is', async () => {
  const sound = await filled();
  for (let at = 0; at < sound.length; at += 1) {
    const bytes = Buffer.from(sound);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    const cache = new SourceCache(bufferSource(bytes));
    expect(CONTENTS.map(compressBy(cache))).toEqual(CONTENTS.map((content) => compress(content)));
    expect([undefined, PACKAGE]).toContainEqual(cache.packageOf('inputs'));
  }
});

it.each([0, 1, 64, 65, 66, 200])('knows nothing from its first %i bytes', async (length) => {
  const cache = new SourceCache(bufferSource((await filled()).subarray(0, length)));
  expect(CONTENTS.map(compressBy(cache))).toEqual(CONTENTS.map((content) => compress(content)));
});
