/** Which files of a distribution are in a package: wheels that pip takes and RECORD does not vouch for, and `excludeFiles`. */

import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  recordHash,
  type FixtureWheel,
} from '../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';
import { BareWorkspace } from './support/bare-workspace';
import { CONTAINER_OPTIONS, describeLong, describeWithEngine } from './support/engine';
import { killRunning } from './support/nx-process';
import { startPackageIndex, type PackageIndex } from './support/package-index';

const ONE = 'x = 1\n';
/** Breaks every rule that can be accepted. */
const GAPPY: FixtureWheel = {
  name: 'gappy',
  files: {
    ...{ 'gappy/__init__.py': ONE, 'gappy/weak.py': 'y = 1\n', 'gappy/bare.py': 'z = 1\n' },
    ...{ 'gappy/a, "b".txt': 'not listed', 'gappy-1.0.data/purelib/gappy/spread.py': 'not listed' },
  },
  record: (record) =>
    `/gone.py,${recordHash(ONE)},6\n${record}`
      .replace(/.*(spread\.py|a, ).*\n/g, '')
      .replace(recordHash('y = 1\n'), recordHash('y = 1\n', 'md5'))
      .replace(`${recordHash('z = 1\n')},6`, ','),
};
const BIG: FixtureWheel = {
  name: 'big',
  files: {
    'big/__init__.py': 'import json, os\nNAMES = sorted(os.listdir(os.path.dirname(__file__)))\n',
    ...{ 'big/py.typed': '', 'big/core.h': 'h', 'big/data/a.json': '{}', 'big/data/b.json': '{}' },
    ...{ 'big/tests/test_a.py': 'x', 'big/tests/LICENSE': 'y', 'tests/__init__.py': 'big' },
  },
};
const OTHER: FixtureWheel = { name: 'other', files: { 'other.py': '', 'tests/__init__.py': 'o' } };

let index: PackageIndex;
beforeAll(async () => (index = await startPackageIndex([GAPPY, BIG, OTHER])));
afterAll(() => index.stop());
afterEach(killRunning);

function newWorkspace(
  name: string,
  requirements: string,
  environment = { PIP_INDEX_URL: index.url },
) {
  const workspace = new BareWorkspace(`distribution files ${name}`, environment);
  workspace.addService('orders', requirements);
  return workspace;
}

/** Path to text of a package's files, but for the service's own. */
function contents(workspace: BareWorkspace, file = 'package.zip'): Record<string, string> {
  const code =
    'import sys, json, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(json.dumps({n: z.read(n).decode("latin1") for n in z.namelist() if not n.startswith("app/")}))';
  const zip = join(workspace.root, 'dist/orders', file);
  const output = execFileSync('python3', ['-c', code, zip], { maxBuffer: 1 << 28 });
  return JSON.parse(output.toString()) as Record<string, string>;
}

/** What only pip writes, as docs/pip-differences.md says, and its rows. */
const PIPS = /\.dist-info\/(INSTALLER|REQUESTED|direct_url\.json)(,|$)/;

/** The same of what pip installs. */
async function installedByPip(
  workspace: BareWorkspace,
  ...requirements: string[]
): Promise<Record<string, string>> {
  const target = join(workspace.root, 'pip');
  const options = ['--quiet', '--no-compile', '--no-deps', '--disable-pip-version-check'];
  // The index answers from this process.
  await promisify(execFile)(
    'python3',
    ['-m', 'pip', 'install', ...options, '--target', target, ...requirements],
    { env: { ...process.env, ...workspace.environment } },
  );
  const paths = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter(
    (path) => statSync(join(target, path)).isFile() && !PIPS.test(path),
  );
  return Object.fromEntries(
    paths.map((path) => {
      const text = readFileSync(join(target, path), 'latin1');
      const rows = text.split('\r\n').filter((row) => !PIPS.test(row));
      return [path, path.endsWith('.dist-info/RECORD') ? rows.join('\r\n') : text];
    }),
  );
}

const accept = (...names: string[]) => ({ options: { acceptIncompleteRecords: names } });

describe('a wheel whose RECORD is incomplete', () => {
  let workspace: BareWorkspace;
  beforeAll(() => (workspace = newWorkspace('gaps', 'gappy==1.0\n')));

  it('is refused with the way out, which then takes no pip', async () => {
    const output = await workspace.failToBuild('orders');
    expect(output).toContain('error[WHEEL_INVALID]: `gappy-1.0-py3-none-any.whl`');
    expect(output).toContain('"acceptIncompleteRecords": ["gappy"]');
    const { length } = index.downloads;
    expect(await workspace.build('orders', accept('Gappy'))).toContain('from the wheel store');
    expect(index.downloads).toHaveLength(length);
    expect(workspace.manifest('orders').distributions).toMatchObject([
      {
        name: 'gappy',
        incompleteRecord: {
          ...{ 'record-not-listed': 2, 'record-file-missing': 1 },
          ...{ 'record-hash-missing': 1, 'record-hash-weak': 1 },
        },
      },
    ]);
  });

  it('leaves what pip installs, RECORD included', async () => {
    expect(contents(workspace)).toEqual(await installedByPip(workspace, 'gappy==1.0'));
  });

  it('is refused again without the option, also as a line of a lock', async () => {
    expect(await workspace.failToBuild('orders')).toContain('WHEEL_INVALID');
    workspace.writeAll({ 'services/orders/requirements.txt': index.line('gappy', '1.0') });
    const { length } = index.downloads;
    expect(await workspace.failToBuild('orders')).toContain('WHEEL_INVALID');
    await workspace.build('orders', accept('gappy'));
    expect(index.downloads).toHaveLength(length);
  });

  it('is selenium 4.1.0 on PyPI, as pip installs it', async () => {
    const real = newWorkspace('selenium', 'selenium==4.1.0\n', {} as never);
    const options = { pipArgs: ['--no-deps'] };
    expect(await real.failToBuild('orders', { options })).toContain(
      '"acceptIncompleteRecords": ["selenium"]',
    );
    await real.build('orders', { options: { ...options, ...accept('selenium').options } });
    expect(contents(real)).toEqual(await installedByPip(real, 'selenium==4.1.0'));
  });
});

const PATTERNS = ['*.json', '!b.json', '/tests/', 'preset:tests', 'preset:headers', 'bog/'];
const KEPT = [
  ...['METADATA', 'RECORD', 'WHEEL'].map((name) => `big-1.0.dist-info/${name}`),
  ...['__init__.py', 'data/b.json', 'py.typed', 'tests/LICENSE'].map((path) => `big/${path}`),
];
const recorded = (files: Record<string, string>, prefix = '') =>
  (files[`${prefix}big-1.0.dist-info/RECORD`] ?? '')
    .match(/^[^,\s]+/gm)
    ?.filter((path) => !PIPS.test(path));

describe('excludeFiles', () => {
  let workspace: BareWorkspace;
  const excluding = (excludeFiles: string[], more = {}) => ({ options: { excludeFiles, ...more } });
  beforeAll(() => (workspace = newWorkspace('excluded', 'big==1.0\nother==1.0\n')));

  it('resolves a collision of files that nobody imports, without pip', async () => {
    const output = await workspace.failToBuild('orders');
    expect(output).toContain('leave these files out: `"excludeFiles": ["/tests/"]`');
    const { length } = index.downloads;
    await workspace.build('orders', excluding(['/tests/']));
    expect(index.downloads).toHaveLength(length);
    expect(Object.keys(contents(workspace))).toContain('big/tests/test_a.py');
  });

  it.each([
    ['package.zip', '', {}],
    ['layer.zip', 'python/', { layer: true }],
  ])('leaves files and rows out of %s, and says so', async (file, prefix, more) => {
    const output = await workspace.build('orders', excluding(PATTERNS, more));
    expect(output).toContain('`bog/`, which matches no file of a distribution; did you mean `big`');
    const files = contents(workspace, file);
    const own = Object.keys(files).filter((path) => path.startsWith(`${prefix}big`));
    expect(own.sort()).toEqual(KEPT.map((path) => prefix + path));
    expect(recorded(files, prefix)?.sort()).toEqual(KEPT);
    expect(workspace.manifest('orders')).toMatchObject({
      excludeFiles: PATTERNS,
      distributions: [{ leftOut: { files: 4, size: 7 } }, { leftOut: { files: 1, size: 1 } }],
    });
  });

  describeWithEngine('of what pip installs', () => {
    const install = { ...CONTAINER_OPTIONS, dependencies: 'install' };

    it('leaves out the same, and installs once', async () => {
      const run = (patterns: string[]) => workspace.build('orders', excluding(patterns, install));
      expect(await run(PATTERNS)).toContain('Successfully installed');
      const files = contents(workspace);
      const own = Object.keys(files).filter((path) => /^big/.test(path) && !PIPS.test(path));
      expect(own.sort()).toEqual(KEPT);
      expect(recorded(files)?.sort()).toEqual(KEPT);
      expect(await run(['*.json'])).not.toContain('installing');
      expect(Object.keys(contents(workspace))).toContain('big/core.h');
      expect(await run([])).not.toContain('installing');
      expect(Object.keys(contents(workspace))).toContain('big/data/a.json');
    });

    it('compiles only what is left', async () => {
      const options = { ...CONTAINER_OPTIONS, bytecode: true };
      await workspace.build('orders', excluding(['/big/', '/tests/'], options));
      const compiled = Object.keys(contents(workspace)).filter((path) => path.endsWith('.pyc'));
      expect(compiled).toEqual(['__pycache__/other.cpython-311.pyc']);
    });
  });
});

describeLong('excludeFiles of google-api-python-client', () => {
  it('saves 90 MB', async () => {
    const workspace = newWorkspace('google', 'google-api-python-client==2.187.0\n', {} as never);
    await workspace.build('orders');
    const { unpackedSize: whole } = workspace.manifest('orders').package;
    const excludeFiles = ['googleapiclient/discovery_cache/documents/*.json'];
    await workspace.build('orders', { options: { excludeFiles } });
    const manifest = workspace.manifest('orders');
    expect(whole - manifest.package.unpackedSize).toBeGreaterThan(80e6);
    expect(manifest.distributions.filter(({ leftOut }) => leftOut)).toMatchObject([
      { name: 'google-api-python-client' },
    ]);
  });
});
