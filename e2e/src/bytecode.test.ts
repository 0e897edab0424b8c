/** Bytecode of dependencies: used by the runtime's Python, the same from every store, within its budget. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FixtureWheel } from '../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';
import { BareWorkspace, type Run } from './support/bare-workspace';
import { CONTAINER_OPTIONS, describeWithEngine, IMAGE } from './support/engine';
import { killRunning } from './support/nx-process';
import { startPackageIndex, type PackageIndex } from './support/package-index';

const CONSTANTS = [
  'NAME = "alpha"',
  // What compilers may order or share as they like.
  'def f(x): return x in {"a", "b", "c", None, 1, 2.5}',
  'class C:\n    """Text."""\n    y = ("a", "b", frozenset({"x", "y", "z"}))',
].join('\n');
const WHEELS: FixtureWheel[] = [
  {
    name: 'alpha',
    files: {
      'alpha/__init__.py': CONSTANTS,
      'alpha/sub/mod.py': `${CONSTANTS}\nfrom .. import NAME\n`,
      'alpha/tests/test_a.py': 'x = 1\n',
      'alpha/templates/py2.py': 'print "no"\n',
      'alpha/data.txt': 'x',
    },
  },
  { name: 'six', files: { 'six.py': 'VALUE = 6\n' } },
  { name: 'zeta', files: { 'zeta/__init__.py': `${'x = 1\n'.repeat(20_000)}` } },
];
const PYCS = [
  '__pycache__/six.cpython-311.pyc',
  'alpha/__pycache__/__init__.cpython-311.pyc',
  'alpha/sub/__pycache__/mod.cpython-311.pyc',
  'zeta/__pycache__/__init__.cpython-311.pyc',
];
const REQUIREMENTS = WHEELS.map(({ name }) => `${name}==1.0\n`).join('');

let index: PackageIndex;
beforeAll(async () => (index = await startPackageIndex(WHEELS)));
afterAll(() => index.stop());
afterEach(killRunning);

function newWorkspace(name: string): BareWorkspace {
  const workspace = new BareWorkspace(name, { PIP_INDEX_URL: index.url });
  workspace.addService('orders', REQUIREMENTS);
  return workspace;
}

/** The package as Lambda has it: a directory. */
function unpack(workspace: BareWorkspace): string {
  const directory = join(workspace.root, 'unpacked');
  workspace.remove('unpacked');
  const zip = join(workspace.root, 'dist/orders/package.zip');
  execFileSync('python3', ['-m', 'zipfile', '-e', zip, directory]);
  return directory;
}

const pycsOf = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.pyc'))
    .sort();

const withBytecode = (options: Record<string, unknown>): Run => ({
  options: { bytecode: true, ...options },
});

const hasPython311 = spawnSync('python3.11', ['--version']).status === 0;
const itOnHost = hasPython311 ? it : it.skip;

describe('bytecode of dependencies, on this machine', () => {
  itOnHost('is compiled by a Python of the very version', async () => {
    const workspace = newWorkspace('bytecode host');
    expect(await workspace.build('orders', withBytecode({}))).toContain('compiling bytecode');
    expect(pycsOf(unpack(workspace))).toEqual(PYCS);
  });

  it('needs one, or a container', async () => {
    const workspace = newWorkspace('bytecode no Python');
    workspace.writeAll({
      'services/orders/pyproject.toml':
        '[tool.nx-lambda-python]\npackage = "app"\nruntime = "python3.9"\n',
    });
    const output = await workspace.failToBuild('orders', withBytecode({}));
    expect(output).toContain('error[HOST_PYTHON_MISSING]: bytecode for python3.9');
    expect(output).toContain('"bytecode": false');
  });
});

describeWithEngine('bytecode of dependencies, in the container', () => {
  let workspace: BareWorkspace;
  let digest: string;
  const run = withBytecode(CONTAINER_OPTIONS);

  beforeAll(async () => {
    workspace = newWorkspace('bytecode');
    await workspace.build('orders', run);
    digest = workspace.digest('orders');
  });

  it("is used by the runtime's Python, without a look at the source", () => {
    const directory = unpack(workspace);
    expect(pycsOf(directory)).toEqual(PYCS);
    // Were a source compiled after all, this would be it.
    for (const path of ['alpha/__init__.py', 'alpha/sub/mod.py', 'six.py']) {
      writeFileSync(join(directory, path), 'raise SystemExit("compiled")\n');
    }
    const code = 'import alpha.sub.mod, six; print(alpha.NAME, six.VALUE, alpha.__cached__)';
    const command = ['python3.11', '-s', '-S', '-B', '-c', code];
    const mount = `--mount=type=bind,source=${directory},target=/var/task,readonly`;
    const args = ['run', '--rm', '--network=none', mount, '--workdir=/var/task', IMAGE, ...command];
    expect(execFileSync('docker', args, { encoding: 'utf8' })).toBe(
      `alpha 6 /var/task/${PYCS[1]}\n`,
    );
  });

  it('is marked as not to be checked, and names no place', () => {
    const directory = unpack(workspace);
    for (const path of PYCS) {
      const bytes = readFileSync(join(directory, path));
      expect(bytes.readUInt32LE(4)).toBe(1);
      expect(bytes.includes('/nx-lambda-python')).toBe(false);
    }
  });

  it('is the same from another store', async () => {
    const elsewhere = newWorkspace('bytecode elsewhere');
    const environment = { LC_ALL: 'C', TZ: 'Asia/Tokyo', PYTHONHASHSEED: '77' };
    await elsewhere.build('orders', { ...run, environment });
    expect(elsewhere.digest('orders')).toBe(digest);
  });

  it('is compiled once, and no edit of the service starts a container', async () => {
    workspace.writeAll({ 'services/orders/app/more.py': 'x = 1\n' });
    // With a digest an unchanged set of requirements needs no engine.
    const { image } = workspace.manifest('orders');
    const options = { ...run.options, image };
    const first = await workspace.build('orders', { options });
    expect(first).not.toContain('compiling');
    workspace.writeAll({ 'services/orders/app/more.py': 'x = 2\n' });
    const offline = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
    await workspace.build('orders', { options, environment: offline });
    expect(pycsOf(unpack(workspace))).toEqual(PYCS);
  });

  it('stays within its budget, and says what it left out', async () => {
    const options = { ...run.options, bytecodeBudgetMb: 0.05 };
    const output = await workspace.build('orders', { options });
    expect(output).toContain('warning: no bytecode for `zeta`: "bytecodeBudgetMb" is used up');
    expect(pycsOf(unpack(workspace))).toEqual(PYCS.filter((path) => !path.startsWith('zeta')));
  });

  it('is made again where the part or the bytecode is damaged', async () => {
    workspace.remove('dist');
    workspace.remove('services/orders/app/more.py');
    const parts = join(workspace.cache, 'v1', 'parts');
    for (const name of readdirSync(parts).filter((one) => one.endsWith('.zip'))) {
      const bytes = readFileSync(join(parts, name));
      bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
      writeFileSync(join(parts, name), bytes);
    }
    await workspace.build('orders', run);
    expect(workspace.digest('orders')).toBe(digest);
  });

  it('goes into a layer', async () => {
    await workspace.build('orders', { options: { ...run.options, layer: true } });
    const zip = join(workspace.root, 'dist/orders/layer.zip');
    const list = execFileSync('python3', ['-m', 'zipfile', '-l', zip], { encoding: 'utf8' });
    for (const path of PYCS) expect(list).toContain(`python/${path} `);
  });

  it('goes with an installed tree, too', async () => {
    const options = { ...run.options, dependencies: 'install' };
    await workspace.build('orders', { options });
    expect(pycsOf(unpack(workspace))).toEqual(PYCS);
  });
});

describeWithEngine('bytecode of what the handlers import', () => {
  const IMPORTS = {
    // Lambda has it; the image has not.
    'app/handlers/a.py': 'import boto3\ndef handler(event, context): ...\n',
    'app/handlers/env.py':
      'import os\nTABLE = os.environ["TABLE"]\nimport alpha\ndef handler(event, context): ...\n',
    'app/handlers/lazy.py':
      'from app import shared\ndef handler(event, context):\n    import zeta\n',
    'app/handlers/exits.py': 'import os\nos._exit(3)\ndef handler(event, context): ...\n',
    'app/shared.py': '__import__("six")\nprint(b"\\xff")\n',
  };
  const run: Run = { options: { ...CONTAINER_OPTIONS, bytecode: 'imported' } };
  const [SIX, ALPHA] = PYCS;

  function importing(name: string): BareWorkspace {
    const workspace = new BareWorkspace(name, { PIP_INDEX_URL: index.url });
    workspace.addService('orders', REQUIREMENTS, IMPORTS);
    return workspace;
  }

  it('is that of modules which are run, with a word on imports that fail, and none on what Lambda has', async () => {
    const workspace = importing('bytecode imported');
    const output = await workspace.build('orders', run);
    expect(pycsOf(unpack(workspace))).toEqual([SIX, ALPHA]);
    const failed = (module: string, why: string) =>
      `warning: \`${module}\` could not be imported to find what needs bytecode: ${why}; what it`;
    expect(output).toContain(failed('app.handlers.env', "KeyError: 'TABLE'"));
    expect(output).toContain(failed('app.handlers.exits', 'it ended Python with exit code 3'));
    expect(output).not.toContain('boto3');

    const elsewhere = importing('bytecode imported elsewhere');
    const environment = { TABLE: 'orders', TZ: 'Asia/Tokyo', PYTHONHASHSEED: '77' };
    await elsewhere.build('orders', { ...run, environment });
    expect(elsewhere.digest('orders')).toBe(workspace.digest('orders'));

    expect(await workspace.build('orders', run)).not.toContain('compiling');
    workspace.writeAll({ 'services/orders/app/shared.py': 'import alpha.sub.mod\n' });
    expect(await workspace.build('orders', run)).toContain('compiling');
    expect(pycsOf(unpack(workspace))).toEqual([ALPHA, PYCS[2]]);
  });

  it('goes into a layer, and needs no mounts', async () => {
    const workspace = importing('bytecode imported layer');
    const options = { ...run.options, layer: true, mount: 'copy' };
    await workspace.build('orders', { options });
    const zip = join(workspace.root, 'dist/orders/layer.zip');
    const list = execFileSync('python3', ['-m', 'zipfile', '-l', zip], { encoding: 'utf8' });
    for (const path of [SIX, ALPHA]) expect(list).toContain(`python/${path} `);
    expect(list.match(/\.pyc /g)).toHaveLength(2);
  });

  itOnHost('is found on this machine, too', async () => {
    const workspace = importing('bytecode imported host');
    await workspace.build('orders', withBytecode({ bytecode: 'imported' }));
    expect(pycsOf(unpack(workspace))).toEqual([SIX, ALPHA]);
  });
});
