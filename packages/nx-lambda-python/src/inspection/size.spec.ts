import type { ExecutorContext } from '@nx/devkit';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import size from '../executors/size';
import { writeBytecodePart } from '../packaging/bytecode-part';
import { partPrefix } from '../packaging/dependency-part';
import type { BuildManifest } from '../packaging/manifest';
import { openWheel, packageOf, partOf, serviceFile } from '../packaging/packaging.fixtures';
import { buildArchive } from '../packaging/zip/archive.fixtures';
import { bufferSource } from '../packaging/zip/bytes';
import type { SizeExecutorSchema } from '../schemas/size';
import { takePrinted } from '../printed.fixtures';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';
import type { SizeReport } from './size-report';

const needs = (name: string, ...requires: string[]) =>
  `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\nProvides-Extra: all-x\n${requires.map((one) => `Requires-Dist: ${one}\n`).join('')}\n`;

/** `api` requires `six`, with an extra, and `big` only on another Python. */
const wheels = (more: string) => [
  openWheel({
    name: 'api',
    files: { 'api/__init__.py': 'import six\n', 'api-1.0.data/purelib/api/spread.py': 'x = 1\n' },
    metadata: needs('api', 'six>=1; extra == "All.x"', 'big; python_version < "3"'),
  }),
  openWheel({ name: 'big', files: { 'big/data.bin': more, 'big/__init__.py': '' } }),
  openWheel({ name: 'six', files: { 'six.py': 'VALUE = 6\n' } }),
];
const SERVICE = {
  'svc/handlers/__init__.py': '',
  'svc/handlers/all.py': 'import importlib\nimportlib.import_module(NAME)\n',
  'svc/handlers/api.py': 'from svc import shared\n',
  'svc/handlers/plain.py': 'import json\n',
  'svc/shared.py': 'import api\n',
  'svc/<b>&.txt': 'text',
};

let root: string;
beforeEach(() => {
  root = temporaryDirectory();
  process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = join(root, '.store');
  printed = '';
  takePrinted((text) => (printed += `${text}\n`));
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
});

let printed: string;

/** Writes archives and their manifest as a build does. */
async function built(more = 'x', layer = false): Promise<void> {
  const plain = await partOf(wheels(more), {}, { layer });
  const prefix = partPrefix({ layer });
  const pyc = { path: `${prefix}__pycache__/six.cpython-311.pyc`, content: 'bytecode' };
  const chunks: Buffer[] = [];
  const sink = { write: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) };
  const bytecode = bufferSource(buildArchive([pyc]));
  const { facts } = await writeBytecodePart(
    plain,
    bytecode,
    { budget: 1e6, prefix, isImported: false },
    sink,
  );
  const whole = Buffer.concat([plain.archive.read(0, 0), ...chunks]);
  const part = { archive: bufferSource(whole), facts };
  const files = Object.entries(SERVICE).map(([path, text]) => serviceFile(path, text));
  const none = await partOf([]);
  const zip = await packageOf(layer ? none : part, files);
  const handlers = ['all', 'api', 'plain'].map((name) => ({
    name,
    file: `svc/handlers/${name}.py`,
    handler: `svc.handlers.${name}.handler`,
  }));
  const manifest = {
    format: 2,
    project: 'svc',
    package: { file: 'package.zip', ...zip.result },
    ...(layer && {
      layer: {
        file: 'layer.zip',
        sha256: Buffer.from(facts.sha256, 'hex').toString('base64'),
        size: facts.size,
        unpackedSize: facts.unpackedSize,
      },
    }),
    runtime: 'python3.11',
    architecture: 'x86_64',
    handlers,
  } as unknown as BuildManifest;
  writeFiles(root, { 'dist/svc/manifest.json': JSON.stringify(manifest) });
  writeFileSync(join(root, 'dist/svc/package.zip'), zip.bytes);
  if (layer) writeFileSync(join(root, 'dist/svc/layer.zip'), whole);
}

async function run(options: SizeExecutorSchema = {}): Promise<boolean> {
  printed = '';
  const build = { executor: 'other:build', options: { outputPath: 'dist/svc' } };
  const data = { root: 'svc', targets: { build, size: { executor: 'nx-lambda-python:size' } } };
  const context = {
    ...{ root, projectName: 'svc', targetName: 'size' },
    projectGraph: { nodes: { svc: { data } } },
  } as unknown as ExecutorContext;
  // The target has another executor, so that the sources are not asked for.
  return (await size(options, context)).success;
}

const report = (): SizeReport =>
  JSON.parse(readFileSync(join(root, 'dist/svc/size-report.json'), 'utf8')) as SizeReport;

describe.each([[false], [true]])('with a layer: %s', (layer) => {
  beforeEach(() => built('x'.repeat(5000), layer));

  it('says whose the bytes are, and leaves none out', async () => {
    expect(await run({ format: 'json' })).toBe(true);
    expect(JSON.parse(printed)).toEqual(report());
    const { total, own, bytecode, distributions, unrecorded, directories } = report();
    expect(distributions).toMatchObject([
      { name: 'big', version: '1.0', bytecode: 0 },
      { name: 'api', parts: [{ name: 'api-1.0.dist-info/RECORD' }, {}, {}, {}, {}] },
      { name: 'six', bytecode: 8 },
    ]);
    expect([own.files, bytecode.files, unrecorded.files]).toEqual([6, 1, 0]);
    const sum = (key: 'files' | 'size' | 'unpackedSize', of: { [Key in typeof key]: number }[]) =>
      of.reduce((all, one) => all + one[key], 0);
    for (const parts of [[own, unrecorded, ...distributions], directories]) {
      expect(sum('files', parts)).toBe(total.files);
      expect(sum('unpackedSize', parts)).toBe(total.unpackedSize);
      // Each archive ends in a record of 22 bytes.
      expect(sum('size', parts)).toBe(total.size - (layer ? 2 : 1) * 22);
    }
  });

  it('says what each handler reaches, with what distributions require', async () => {
    await run();
    const of = Object.fromEntries(report().handlers.map((one) => [one.name, one]));
    expect(of['all']).toMatchObject({ isEverything: true, files: report().total.files });
    expect(of['api']).toMatchObject({ isEverything: false, distributions: ['api', 'six'] });
    expect(of['plain']).toMatchObject({ distributions: [], files: 3 });
    expect(printed).toMatch(/^ {2}api +\d+\.\d kB +0\.0 % +\d+\.\d kB +2$/m);
  });
});

it('compares with the package before, however often the same one is measured', async () => {
  await built('x'.repeat(1000));
  await run();
  expect(report().growth).toBeNull();
  await built('x'.repeat(3000));
  for (let times = 0; times < 2; times += 1) {
    await run();
    expect(printed).toMatch(/; \+2\.0 kB since the previous build\n$/);
    const change = { name: 'big', from: '1.0', to: '1.0', unpackedSize: 2000 };
    expect(report().growth).toMatchObject({ unpackedSize: 2000, changes: [change] });
  }
});

it('fails over its budget, and names what grew', async () => {
  await built('x'.repeat(1000));
  expect(await run({ budget: { '*': 1, big: 0.002, sixx: 1 } })).toBe(true);
  expect(printed).toContain('warning: `budget` names `sixx`, which the package does not have; did');
  expect(await run({ budget: 0.001 })).toBe(false);
  expect(printed).toContain('error[BUDGET_EXCEEDED]: the package of `svc` is ');
  expect(printed).toContain('; largest: `big` 1.5 kB, `api` ');
  await built('x'.repeat(3000));
  expect(await run({ budget: { big: 0.0012 } })).toBe(false);
  expect(printed).toContain(
    '`big` is 3.5 kB unzipped, 2.3 kB over its budget of 0.0012 MB; grown since the previous build: big 1.0 +2.0 kB\n',
  );
  expect(report().growth).not.toBeNull();
});

it('writes a page with the same bytes each time, in which every name is text and every link leads to a row', async () => {
  await built('x'.repeat(1000));
  await run();
  await built('x'.repeat(3000));
  const pages = [];
  for (let times = 0; times < 2; times += 1) {
    await run({ format: 'html' });
    expect(printed).toMatch(/\ntreemap: dist\/svc\/size-report.html\n$/);
    pages.push(readFileSync(join(root, 'dist/svc/size-report.html'), 'utf8'));
  }
  const [page = '', again] = pages;
  expect(again).toBe(page);
  expect(page).toContain('svc/&lt;b&gt;&amp;.txt');
  expect(page).not.toContain('<b>');
  expect(page).toContain('>Since the previous build: +2.0 kB</h2>');
  const found = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, id]) => id);
  expect(found(/href="#([^"]+)"/g)).toEqual(found(/<tr id="([^"]+)"/g));
});

it('refuses an archive that is not the one of the manifest', async () => {
  await built();
  writeFileSync(join(root, 'dist/svc/package.zip'), 'other');
  expect(await run()).toBe(false);
  expect(printed).toContain('error[PACKAGE_NOT_BUILT]');
});
