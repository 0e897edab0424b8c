import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkPaths,
  checkUnpackedSize,
  contentDigest,
  DamagedFileError,
  packageInputs,
  SourceChangedError,
  type DependencyPart,
  type ServiceFile,
} from './package';
import { contentsOf, openWheel, packageOf, partOf, serviceFile } from './packaging.fixtures';
import { bufferSource } from './zip/bytes';
import { readEntries } from './zip/read';
import { errorWith } from '../errors.fixtures';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';

const WHEELS = [
  openWheel({ name: 'zeta', files: { 'zeta/__init__.py': 'z = 1\n' } }),
  openWheel({ name: 'alpha', files: { 'alpha/native.so': { content: 'ELF', mode: 0o100700 } } }),
];
const FILES = [
  serviceFile(
    'orders/handlers/create.py',
    'def handler(event, context):\n    return 1\n'.repeat(20),
  ),
  serviceFile('orders/__init__.py', ''),
  serviceFile('orders/run.sh', '#!/bin/sh\n', true),
];

const build = (
  files: readonly ServiceFile[],
  part: DependencyPart | Promise<DependencyPart> = partOf(WHEELS),
) => packageOf(part, files);

describe('writePackage', () => {
  it('holds the dependencies first, by distribution, then the service, by path', async () => {
    const paths = readEntries(bufferSource((await build(FILES)).bytes)).map(({ path }) => path);
    expect(paths).toEqual([
      'alpha-1.0.dist-info/METADATA',
      'alpha-1.0.dist-info/RECORD',
      'alpha-1.0.dist-info/WHEEL',
      'alpha/native.so',
      'zeta-1.0.dist-info/METADATA',
      'zeta-1.0.dist-info/RECORD',
      'zeta-1.0.dist-info/WHEEL',
      'zeta/__init__.py',
      'orders/__init__.py',
      'orders/handlers/create.py',
      'orders/run.sh',
    ]);
  });

  it('says what it wrote', async () => {
    const { bytes, result } = await build(FILES);
    expect(result.size).toBe(bytes.length);
    expect(result.sha256).toBe(createHash('sha256').update(bytes).digest('base64'));
    const total = readEntries(bufferSource(bytes)).reduce((sum, { size }) => sum + size, 0);
    expect(result.unpackedSize).toBe(total);
    const size = result.dependencies?.size ?? 0;
    expect(size).toBeGreaterThan(0);
    expect(result.dependencies).toEqual({
      size,
      sha256: createHash('sha256').update(bytes.subarray(0, size)).digest('base64'),
    });
  });

  it('makes modes that Lambda can read', async () => {
    const modes = Object.fromEntries(
      readEntries(bufferSource((await build(FILES)).bytes)).map(({ path, mode }) => [
        path,
        mode & 0o777,
      ]),
    );
    expect(modes).toMatchObject({
      'alpha/native.so': 0o755,
      'orders/run.sh': 0o755,
      'orders/__init__.py': 0o644,
    });
  });

  it('gives these bytes: others for the same input need a new format number', async () => {
    expect((await build(FILES)).result.sha256).toBe(GOLDEN);
  });

  it('does not depend on the order of wheels and files', async () => {
    const shuffled = await build([...FILES].reverse(), partOf([...WHEELS].reverse()));
    expect(shuffled.result.sha256).toBe((await build(FILES)).result.sha256);
  });

  it('is a sound archive to Python', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'package.zip');
    writeFileSync(file, (await build(FILES)).bytes);
    const { stdout, error } = spawnSync('python3', ['-m', 'zipfile', '-t', file], {
      encoding: 'utf8',
    });
    if (!error) expect(stdout.trim()).toBe('Done testing');
  });

  it('needs no dependency', async () => {
    expect(contentsOf((await build([serviceFile('a.py', 'x')], partOf([]))).bytes)).toEqual({
      'a.py': 'x',
    });
  });

  it('notices a damaged dependency part', async () => {
    const part = await partOf(WHEELS);
    const bytes = Buffer.from(part.archive.read(0, part.archive.size));
    bytes.writeUInt8(bytes.readUInt8(60) ^ 1, 60);
    await expect(build(FILES, { ...part, archive: bufferSource(bytes) })).rejects.toThrow(
      DamagedFileError,
    );
  });

  it('notices a damaged central directory of the part', async () => {
    const part = await partOf(WHEELS);
    const bytes = Buffer.from(part.archive.read(0, part.archive.size));
    // 16 - CRC-32 of the first entry: every reader but a checking one would take it.
    const at = part.facts.length + 16;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await expect(build(FILES, { ...part, archive: bufferSource(bytes) })).rejects.toThrow(
      DamagedFileError,
    );
  });

  it.each([
    ['alpha/native.so', '`alpha/native.so` of `alpha`, which is different'],
    ['Zeta/__init__.py', '`zeta/__init__.py` of `zeta`'],
    ['alpha', 'the directory `alpha/`'],
    ['zeta/__init__.py/x', 'a file of `zeta`'],
    ['orders/RUN.sh', 'differs only in case'],
  ])('refuses the service file %s', async (path, words) => {
    await expect(build([...FILES, serviceFile(path, '')])).rejects.toMatchObject({
      code: 'ENTRY_COLLISION',
      message: expect.stringContaining(words) as string,
    });
  });

  it.each(['zeta/caf\u00e9.py', 'zeta/cafe\u0301.py', 'zeta/CAF\u00c9.py'])(
    'refuses %s beside the same name in another Unicode form or case',
    async (path) => {
      const part = partOf([openWheel({ name: 'zeta', files: { 'zeta/caf\u00e9.py': '' } })]);
      await expect(build([serviceFile(path, 'x')], part)).rejects.toMatchObject({
        code: 'ENTRY_COLLISION',
      });
    },
  );

  it('names distributions first where they are larger, and what to do about them', async () => {
    const { facts } = await partOf(WHEELS);
    const distributions = facts.distributions.map((one) => ({
      ...one,
      unpackedSize: 2e8,
    }));
    expect(() => checkUnpackedSize(450_000_000, distributions, 50_000_000)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("`alpha` 200 MB, the service's own files 50 MB"),
        hint: expect.stringContaining('"excludeDistributions"'),
      }),
    );
  });

  it('takes no file that is no longer what was read', async () => {
    const file = { ...serviceFile('a.py', 'x = 1'), read: () => Buffer.from('x = 2') };
    await expect(build([file])).rejects.toThrow(SourceChangedError);
  });

  it('refuses what Lambda would, naming what is largest', async () => {
    const part = await partOf(WHEELS);
    const distributions = part.facts.distributions.map((one) => ({ ...one, unpackedSize: 2e8 }));
    const huge = { ...part.facts, distributions };
    const file = serviceFile('big.bin', Buffer.alloc(262_144_000));
    await expect(build([file], { ...part, facts: huge })).rejects.toMatchObject({
      code: 'PACKAGE_TOO_LARGE',
      message: expect.stringContaining(
        "largest: the service's own files 262 MB, `zeta` 200 MB, `alpha` 200 MB",
      ) as string,
    });
  });
});

const PKGUTIL = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n";

describe('a package whose parts the service and two wheels have', () => {
  const wheelsOf = (initial: Record<string, string>) => [
    openWheel({ name: 'pay', files: { ...initial, 'company/pay/__init__.py': 'p = 1\n' } }),
    openWheel({ name: 'tax', files: { ...initial, 'company/tax.py': 'from . import pay\n' } }),
  ];
  const OWN = serviceFile('company/orders/a.py', 'from .. import tax\nfrom company.pay import p\n');

  it.each([
    ['without __init__.py', {}],
    ['in the style of pkgutil', { 'company/__init__.py': PKGUTIL }],
    ['with equal files', { 'company/__init__.py': '', 'company/py.typed': '' }],
  ])('is one package to Python: %s', async (_, initial: Record<string, string>) => {
    const shared = Object.entries(initial).map(([path, text]) => serviceFile(path, text));
    const { bytes, result } = await build([...shared, OWN], partOf(wheelsOf(initial)));
    const paths = readEntries(bufferSource(bytes)).map(({ path }) => path);
    expect(paths).toHaveLength(new Set(paths).size);
    expect(paths.filter((path) => path.startsWith('company/'))).toHaveLength(
      3 + Object.keys(initial).length,
    );
    const total = readEntries(bufferSource(bytes)).reduce((sum, { size }) => sum + size, 0);
    expect(result.unpackedSize).toBe(total);
    const directory = temporaryDirectory();
    writeFiles(directory, contentsOf(bytes));
    const code = 'import company.orders.a as a, company.tax\nassert company.tax.pay.p == a.p == 1';
    execFileSync('python3', ['-B', '-c', code], { cwd: directory });
  });

  it('is none where the files differ, and both are named', async () => {
    const part = partOf(wheelsOf({ 'company/__init__.py': PKGUTIL }));
    const file = { ...serviceFile('company/__init__.py', ''), file: '../lib/company/__init__.py' };
    await expect(build([file, OWN], part)).rejects.toThrow(
      errorWith(
        'ENTRY_COLLISION',
        "the service's file `../lib/company/__init__.py` clashes with `company/__init__.py` of `pay` or `tax`, which is different",
        'exclude = ["company/__init__.py"]',
      ),
    );
  });

  it.each([
    ['without __init__.py', {}, true],
    ['in the style of pkgutil', { 'company/__init__.py': PKGUTIL }, true],
    ['with equal files', { 'company/__init__.py': '' }, false],
  ])('is one over a layer only if Python searches on: %s', async (_, initial, isOne) => {
    const part = await partOf(wheelsOf(initial as Record<string, string>), {}, { layer: true });
    const shared = Object.entries(initial).map(([path, text]) => serviceFile(path, text));
    const check = () => checkPaths(part, [...shared, OWN], 'python/');
    if (isOne) expect([...check()]).toEqual(Object.keys(initial));
    else expect(check).toThrow(errorWith('ENTRY_COLLISION', 'would not find the rest of it'));
  });
});

describe('packageInputs', () => {
  let part: DependencyPart;
  beforeAll(async () => (part = await partOf(WHEELS)));
  const inputsOf = (of: DependencyPart, files: readonly ServiceFile[]) =>
    packageInputs(of, contentDigest(files));
  const [first, ...others] = FILES;

  it('names the same inputs the same', async () => {
    expect(inputsOf(await partOf([...WHEELS].reverse()), [...FILES])).toBe(inputsOf(part, FILES));
  });

  it.each([
    ['another part', async () => inputsOf(await partOf([]), FILES)],
    ['a file less', () => inputsOf(part, others)],
    ['other content of the same size', () => inputsWith(serviceFile('a.py', 'y = 1'))],
    ['another name', () => inputsWith(serviceFile('b.py', 'x = 1'))],
    ['another mode', () => inputsWith(serviceFile('a.py', 'x = 1', true))],
  ])('tells apart %s', async (_, inputs) => {
    expect([inputsOf(part, FILES), inputsWith(serviceFile('a.py', 'x = 1'))]).not.toContain(
      await inputs(),
    );
  });

  const inputsWith = (file: ServiceFile) =>
    inputsOf(part, [...(first ? [first] : []), ...others, file]);
});

const GOLDEN = 'GpEmG+EZRu4W+6NdKcKWo1r0Nn+jC2/yoOcGAwREy+0=';
