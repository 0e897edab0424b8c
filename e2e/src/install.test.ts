/** `"dependencies": "install"`; `oracle.test.ts` compares its tree with the spliced one. */

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTAINER_OPTIONS, describeWithEngine } from './support/engine';
import { runDirectory } from './support/run-directory';
import { Workspace } from './support/workspace';

const REQUIREMENTS = [
  'markupsafe==3.0.2', // compiled
  'tqdm==4.67.1', // a console script
  'jaraco.functools==4.1.0', // these two share the namespace `jaraco`
  'jaraco.context==6.0.1',
  'backports.tarfile==1.2.0',
  'more-itertools==10.5.0',
  'sphinxcontrib-jsmath==1.0.1', // a namespace by a .pth file
  'docopt==0.6.2', // source only
];

describeWithEngine('dependencies: install', () => {
  const CONTAINER = /resolving|installing|Collecting/;
  const PTH =
    'sphinxcontrib_jsmath-1.0.1-py3.7-nspkg.pth` of `sphinxcontrib-jsmath 1.0.1` has no effect';
  const store = (name: string) => join(runDirectory(), `install-${name}`);
  let workspace: Workspace;
  let firstOutput: string;

  const build = () => workspace.succeed(buildArguments());
  const buildArguments = (...args: string[]) => [
    ...['build', 'orders', '--skip-nx-cache', '--dependencies=install'],
    ...['--outputPath=dist/install', ...args],
  ];
  const digest = () => workspace.packageDigest('install');

  beforeAll(() => {
    workspace = new Workspace('install');
    workspace.environment = { NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store('store') };
    workspace.generateOrders(`${REQUIREMENTS.join('\n')}\n`, CONTAINER_OPTIONS);
    firstOutput = build();
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
      unpackedSize: expect.any(Number),
      wheel: null,
      sha256: null,
    });
  });

  it('needs no engine at all for a pinned image, whatever source line changes', () => {
    const { image } = workspace.manifest('install');
    const before = digest();
    workspace.write('services/orders/orders/shared.py', 'x = 1\n');
    const output = workspace.succeed(buildArguments(`--image=${image}`), {
      DOCKER_HOST: 'tcp://127.0.0.1:1',
    });
    expect(output).toContain('from the wheel store');
    expect(digest()).not.toBe(before);
    workspace.remove('services/orders/orders/shared.py');
  });

  it('gives the same bytes when it is installed anew, in another directory', () => {
    // The option's value is in the manifest, as a digest.
    build();
    const elsewhere = new Workspace('install elsewhere ü');
    for (const path of ['services', 'nx.json']) {
      cpSync(join(workspace.root, path), join(elsewhere.root, path), { recursive: true });
    }
    const output = elsewhere.succeed(buildArguments(), {
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
    // A package that is there and whole is kept as it is.
    workspace.remove('dist/install');
    const output = build();
    expect(output).toContain('repairing it');
    expect(output).toContain('installing python3.11');
    expect(digest()).toBe(before);
    expect(build()).not.toMatch(CONTAINER);
  });
});
