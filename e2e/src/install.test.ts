/** `"dependencies": "install"`, and pip's own tree as the judge of the spliced one. */

import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTAINER_OPTIONS, describeWithEngine } from './support/engine';
import { runDirectory } from './support/run-directory';
import { Workspace } from './support/workspace';

const REQUIREMENTS = [
  'greenlet==3.1.1', // compiled, with a header in .data/headers
  'markupsafe==3.0.2', // compiled, its dist-info has another spelling
  'jmespath==1.0.1', // a program in .data/scripts
  'tqdm==4.67.1', // a console script
  'jaraco.functools==4.1.0', // these two share the namespace `jaraco`
  'jaraco.context==6.0.1',
  'backports.tarfile==1.2.0',
  'more-itertools==10.5.0',
  'sphinxcontrib-jsmath==1.0.1', // a namespace by a .pth file
  'docopt==0.6.2', // source only
];

const DIST_INFOS = [
  'MarkupSafe-3.0.2',
  'backports.tarfile-1.2.0',
  'docopt-0.6.2',
  'greenlet-3.1.1',
  'jaraco.context-6.0.1',
  'jaraco.functools-4.1.0',
  'jmespath-1.0.1',
  'more_itertools-10.5.0',
  'sphinxcontrib_jsmath-1.0.1',
  'tqdm-4.67.1',
].map((name) => `${name}.dist-info`);

/** All that may differ between the two, and why. */
const DIFFERENCES = {
  onlyInstalled: [
    // Programs, which nothing starts in Lambda.
    'bin/jp.py',
    'bin/tqdm',
    // Who installed it, and that it was asked for by name: pip's notes.
    ...DIST_INFOS.flatMap((directory) => [`${directory}/INSTALLER`, `${directory}/REQUESTED`]),
  ].sort(),
  onlySpliced: [],
  // pip adds rows for what it wrote itself.
  different: DIST_INFOS.map((directory) => `${directory}/RECORD`).sort(),
};

const READ_TREE = `
import hashlib, json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert len(set(archive.namelist())) == len(archive.namelist())
assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
print(json.dumps({
    info.filename: "%o %s" % (info.external_attr >> 16, hashlib.sha256(archive.read(info)).hexdigest())
    for info in archive.infolist()
}))
`;

/** Path to mode and SHA-256, as another program reads the package. */
function readTree(workspace: Workspace, output: string): Record<string, string> {
  const file = join(workspace.root, 'dist', output, 'package.zip');
  const { status, stdout, stderr } = spawnSync('python3', ['-c', READ_TREE, file], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, string>;
}

function compare(spliced: Record<string, string>, installed: Record<string, string>) {
  const [inSpliced, inInstalled] = [Object.keys(spliced), Object.keys(installed)];
  return {
    onlyInstalled: inInstalled.filter((path) => !(path in spliced)).sort(),
    onlySpliced: inSpliced.filter((path) => !(path in installed)).sort(),
    different: inSpliced
      .filter((path) => path in installed && spliced[path] !== installed[path])
      .sort(),
  };
}

describeWithEngine('dependencies: install', () => {
  const CONTAINER = /resolving|installing|Collecting/;
  const PTH =
    'sphinxcontrib_jsmath-1.0.1-py3.7-nspkg.pth` of `sphinxcontrib-jsmath 1.0.1` has no effect';
  const store = (name: string) => join(runDirectory(), `install-${name}`);
  let workspace: Workspace;
  let firstOutput: string;

  const build = (mode: 'install' | 'wheels', ...args: string[]) =>
    workspace.succeed(buildArguments(mode, ...args));
  const buildArguments = (mode: 'install' | 'wheels', ...args: string[]) => [
    ...['build', 'orders', '--skip-nx-cache', `--dependencies=${mode}`],
    ...[`--outputPath=dist/${mode}`, ...args],
  ];
  const digest = () => workspace.packageDigest('install');

  beforeAll(() => {
    workspace = new Workspace('install');
    workspace.environment = { NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store('store') };
    workspace.succeed([
      ...['g', 'nx-lambda-python:project', 'services/orders', '--name=orders', '--package=orders'],
      ...['--runtime=python3.11', '--no-interactive'],
    ]);
    workspace.setDefaults('build', CONTAINER_OPTIONS);
    workspace.write('services/orders/requirements.txt', `${REQUIREMENTS.join('\n')}\n`);
    firstOutput = build('install');
  });

  it('installs in the build image and says so', () => {
    expect(firstOutput).toContain('installing python3.11 x86_64 dependencies in docker');
    expect(firstOutput).toContain('Successfully installed');
    expect(firstOutput).toContain(PTH);
    const manifest = workspace.manifest('install');
    expect(manifest.engine).toBe('docker');
    expect(manifest.package.sha256).toBe(digest());
    expect(manifest.distributions).toHaveLength(REQUIREMENTS.length);
    expect(manifest.distributions).toContainEqual({
      name: 'jaraco.functools',
      version: '4.1.0',
      wheel: null,
      sha256: null,
    });
  });

  it('holds the tree that splicing makes, but for what is named', () => {
    expect(build('wheels')).toContain(PTH);
    const [spliced, installed] = [readTree(workspace, 'wheels'), readTree(workspace, 'install')];
    expect(compare(spliced, installed)).toEqual(DIFFERENCES);
    // So that the comparison is one of the oddities above, whatever becomes of the list.
    expect(Object.keys(spliced)).toEqual(
      expect.arrayContaining([
        'docopt.py',
        'greenlet/_greenlet.cpython-311-x86_64-linux-gnu.so',
        'include/python/greenlet/greenlet.h',
        'jaraco/context/__init__.py',
        'jaraco/functools/__init__.py',
        'orders/handlers/__init__.py',
      ]),
    );
    const nameAndVersion = (output: string) =>
      workspace.manifest(output).distributions.map(({ name, version }) => [name, version]);
    expect(nameAndVersion('install')).toEqual(nameAndVersion('wheels'));
  });

  it('starts no container when nothing or only a source line changed', () => {
    const before = digest();
    expect(build('install')).not.toMatch(CONTAINER);
    expect(digest()).toBe(before);
    workspace.write('services/orders/orders/shared.py', 'x = 1\n');
    expect(build('install')).not.toMatch(CONTAINER);
    expect(digest()).not.toBe(before);
    workspace.remove('services/orders/orders/shared.py');
    expect(build('install')).not.toMatch(CONTAINER);
    expect(digest()).toBe(before);
  });

  it('needs no engine at all for a pinned image', () => {
    const { image } = workspace.manifest('install');
    const before = digest();
    const output = workspace.succeed(buildArguments('install', `--image=${image}`), {
      DOCKER_HOST: 'tcp://127.0.0.1:1',
    });
    expect(output).toContain('from the wheel store');
    expect(digest()).toBe(before);
  });

  it('gives the same bytes when it is installed anew, in another directory', () => {
    const elsewhere = new Workspace('install elsewhere ü');
    for (const path of ['services', 'nx.json']) {
      cpSync(join(workspace.root, path), join(elsewhere.root, path), { recursive: true });
    }
    const output = elsewhere.succeed(buildArguments('install'), {
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store('other-store'),
      TZ: 'Asia/Tokyo',
      LC_ALL: 'C',
    });
    expect(output).toMatch(CONTAINER);
    expect(elsewhere.packageDigest('install')).toBe(digest());
    expect(elsewhere.read('dist/install/manifest.json')).toBe(
      workspace.read('dist/install/manifest.json'),
    );
  });

  it('installs again what was damaged in the store', () => {
    const before = digest();
    const trees = join(store('store'), 'v1', 'trees');
    const [name = ''] = readdirSync(trees);
    const { part } = JSON.parse(readFileSync(join(trees, name), 'utf8')) as { part: string };
    const file = join(store('store'), 'v1', 'parts', `${part}.zip`);
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(5_000) ^ 1, 5_000);
    writeFileSync(file, bytes);
    const output = build('install');
    expect(output).toContain('repairing it');
    expect(output).toContain('installing python3.11');
    expect(digest()).toBe(before);
    expect(build('install')).not.toMatch(CONTAINER);
  });

  it.each([
    ['--engine=host', '"engine": "auto"'],
    ['--excludeDistributions=tqdm', '"excludeDistributions": []'],
  ])('refuses %s', (option, hint) => {
    const { code, output } = workspace.nx(buildArguments('install', option));
    expect(code).not.toBe(0);
    expect(output).toContain('error[OPTION_INVALID]');
    expect(output).toContain(hint);
  });
});
