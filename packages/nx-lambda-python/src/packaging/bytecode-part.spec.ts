import { chooseBytecode, chooseImported, writeBytecodePart } from './bytecode-part';
import { DamagedFileError } from './package';
import type { DependencyPart } from './package';
import { contentsOf, openWheel, partOf } from './packaging.fixtures';
import { buildArchive } from './zip/archive.fixtures';
import { bufferSource } from './zip/bytes';

const file = (path: string, size: number) => ({ path, size });

describe('chooseBytecode', () => {
  const files = [
    file('big/__pycache__/__init__.cpython-311.pyc', 60),
    file('big/sub/__pycache__/x.cpython-311.pyc', 40),
    file('small/__pycache__/__init__.cpython-311.pyc', 30),
    file('small/tests/__pycache__/test_x.cpython-311.pyc', 500),
    file('__pycache__/six.cpython-311.pyc', 20),
  ];
  const choose = (budget: number) => {
    const { chosen, left } = chooseBytecode(files, { budget, prefix: '' });
    return { size: chosen.reduce((sum, { size }) => sum + size, 0), left };
  };

  it('takes whole import packages, the smallest first, and no tests', () => {
    expect(choose(150)).toEqual({ size: 150, left: [] });
    expect(choose(149)).toEqual({ size: 50, left: ['big'] });
    expect(choose(49)).toEqual({ size: 20, left: ['small', 'big'] });
    expect(choose(0)).toEqual({ size: 0, left: ['six', 'small', 'big'] });
  });

  it("tells import packages apart below a layer's directory", () => {
    const inLayer = files.map(({ path, size }) => file(`python/${path}`, size));
    expect(chooseBytecode(inLayer, { budget: 60, prefix: 'python/' }).left).toEqual(['big']);
  });

  it('gives paths in their order', () => {
    const paths = chooseBytecode(files, { budget: 150, prefix: '' }).chosen.map(({ path }) => path);
    expect(paths).toEqual([...paths].sort());
  });
});

it('chooses of imported modules those first that have the most source for their bytecode', () => {
  const pyc = (module: string, size: number) => file(`python/${module}.cpython-311.pyc`, size);
  const entries = [
    pyc('a/__pycache__/long', 100),
    pyc('a/__pycache__/text', 100),
    pyc('b/tests/__pycache__/used', 60),
  ];
  const sources = new Map([
    ['python/a/long.py', 300],
    ['python/a/text.py', 100],
    ['python/b/tests/used.py', 90],
  ]);
  const choose = (budget: number) => {
    const { chosen, left } = chooseImported(entries, sources, { budget, prefix: 'python/' });
    return [chosen.map(({ path }) => path.replace(/.*\/([^.]+)\..*/, '$1')), left];
  };
  expect(choose(260)).toEqual([['long', 'text', 'used'], []]);
  expect(choose(259)).toEqual([['long', 'used'], ['a']]);
  expect(choose(99)).toEqual([['used'], ['a']]);
});

describe('writeBytecodePart', () => {
  let part: DependencyPart;
  beforeAll(async () => {
    part = await partOf([openWheel({ name: 'six', files: { 'six.py': 'x = 1\n' } })]);
  });
  const bytecode = bufferSource(
    buildArchive([{ path: '__pycache__/six.cpython-311.pyc', content: 'bytecode' }]),
  );
  const write = async (from: DependencyPart, budget: number) => {
    const chunks: Buffer[] = [];
    const sink = { write: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) };
    const options = { budget, prefix: '', isImported: false };
    const { facts } = await writeBytecodePart(from, bytecode, options, sink);
    return { facts, bytes: Buffer.concat(chunks) };
  };

  it("begins with the part's bytes, and has the bytecode after them", async () => {
    const { facts, bytes } = await write(part, 100);
    const { length } = part.facts;
    expect(bytes.subarray(0, length).equals(part.archive.read(0, length))).toBe(true);
    expect(contentsOf(bytes)).toMatchObject({
      'six.py': 'x = 1\n',
      '__pycache__/six.cpython-311.pyc': 'bytecode',
    });
    expect(facts).toMatchObject({
      size: bytes.length,
      entryCount: part.facts.entryCount + 1,
      unpackedSize: part.facts.unpackedSize + 'bytecode'.length,
      distributions: part.facts.distributions,
      warnings: [],
    });
    expect(facts.topLevel).toContain('__pycache__');
  });

  it('says which packages the budget left out', async () => {
    const { facts } = await write(part, 7);
    expect(facts.entryCount).toBe(part.facts.entryCount);
    expect(facts.warnings).toEqual(['no bytecode for `six`: "bytecodeBudgetMb" is used up']);
  });

  it('notices a damaged part', async () => {
    const bytes = Buffer.from(part.archive.read(0, part.archive.size));
    bytes.writeUInt8(bytes.readUInt8(60) ^ 1, 60);
    await expect(write({ ...part, archive: bufferSource(bytes) }, 100)).rejects.toThrow(
      DamagedFileError,
    );
  });
});
