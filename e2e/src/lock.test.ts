/** A lock: written in the build image, and what it saves when one line of it changes. */

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import {
  requiringWheel,
  sourceFile,
  startPackageIndex,
  type PackageIndex,
} from './support/package-index';
import { CONTAINER_OPTIONS, describeWithEngine } from './support/engine';
import { failNx, killRunning, runNx, succeedNx } from './support/nx-process';
import { runDirectory } from './support/run-directory';
import { HANDLER, serviceFiles, Workspace } from './support/workspace';

const INPUT = 'services/orders/requirements.in';
const LOCK = 'services/orders/requirements.txt';

interface Explained {
  outcome: string;
  startsContainer: boolean;
  previous: { changes: { component: string; from: string | null; to: string | null }[] };
  lock: { distributions: number; stored: number; missing: string[] } | null;
}

describeWithEngine('a lock', () => {
  let index: PackageIndex;
  let workspace: Workspace;

  /** Since this was called last. */
  const takeDownloads = () => index.downloads.splice(0);
  const lock = (...args: string[]) => succeedNx(workspace, ['lock', 'orders', ...args]);
  const build = () => succeedNx(workspace, ['build', 'orders', '--skip-nx-cache']);
  const explain = async (): Promise<Explained> => {
    const output = await succeedNx(workspace, ['explain', 'orders', '--format=json']);
    return JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as Explained;
  };
  const pins = () =>
    workspace
      .read(LOCK)
      .split('\n')
      .filter((line) => line.includes('=='))
      .map((line) => line.replace(' \\', ''));

  beforeAll(async () => {
    index = await startPackageIndex();
    index.add(requiringWheel('alpha', '1.0', ['beta', 'windows-only; sys_platform == "win32"']));
    index.add(requiringWheel('beta', '1.0'));
    index.add(sourceFile('gamma'));
    index.add(requiringWheel('delta', '1.0'));
    workspace = new Workspace('lock');
    workspace.environment = {
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: join(runDirectory(), 'lock-store'),
      PIP_CONFIG_FILE: '/dev/null',
      PIP_INDEX_URL: index.url,
      PIP_EXTRA_INDEX_URL: undefined,
    };
    workspace.init(
      serviceFiles('services/orders', 'package = "orders"\nruntime = "python3.11"\n', {
        'orders/handlers/create.py': HANDLER,
        'requirements.txt': 'alpha\ngamma\n',
      }),
      { build: CONTAINER_OPTIONS },
    );
  });
  afterEach(killRunning);
  afterAll(() => index.stop());

  it('is asked for by a build of unpinned requirements, once', async () => {
    const first = await build();
    expect(first).toContain('warning: no version is pinned for alpha, beta, gamma');
    expect(first).toContain('nx lock orders');
    expect(await build()).not.toContain('warning: no version');
  });

  it('is not written over a file written by hand', async () => {
    await failNx(
      workspace,
      ['lock', 'orders'],
      ['error[REQUIREMENTS_MISSING]', `git mv ${LOCK} ${INPUT}`],
    );
    workspace.write(INPUT, 'alpha  # why\ngamma\n');
    const beside = await runNx(workspace, ['lock', 'orders']);
    expect(beside.output).toContain('error[OPTION_INVALID]');
    expect(workspace.read(LOCK)).toBe('alpha\ngamma\n');
  });

  it('pins all that the runtime needs, and is the same when it is written again', async () => {
    workspace.remove(LOCK);
    expect(await lock()).toContain(`${LOCK}: 3 distributions`);
    const text = workspace.read(LOCK);
    expect(text).toContain(
      '# Locked by nx-lambda-python for python3.11 x86_64, by `nx lock orders`.',
    );
    expect(pins()).toEqual(['alpha==1.0', 'beta==1.0', 'gamma==1.0']);
    expect(text.match(/--hash=sha256:[0-9a-f]{64}/g)).toHaveLength(3);
    expect(await lock()).toContain(`${LOCK} is current: 3 distributions`);
    expect(workspace.read(LOCK)).toBe(text);
  });

  it('takes from the wheel store what is there', async () => {
    takeDownloads();
    const output = await build();
    expect(output).toContain('fetching 1 of 3 locked wheels');
    expect(output).not.toContain('warning: no version');
    expect(takeDownloads()).toEqual(['gamma-1.0.zip']);
    expect(workspace.manifest('services/orders').distributions.map(({ name }) => name)).toEqual([
      'alpha',
      'beta',
      'gamma',
    ]);
  });

  it('fetches one wheel for one new line, and builds nothing again', async () => {
    workspace.write(LOCK, `${workspace.read(LOCK)}${index.line('delta', '1.0')}`);
    expect(await explain()).toMatchObject({
      outcome: 'miss',
      startsContainer: true,
      previous: { changes: [{ component: 'requirements', from: null }] },
      lock: { distributions: 4, stored: 3, missing: ['delta'] },
    });
    const output = await build();
    expect(output).toContain('changed since the last build: requirements: + delta==1.0');
    expect(output).toContain('fetching 1 of 4 locked wheels');
    expect(takeDownloads()).toEqual(['delta-1.0-py3-none-any.whl']);
    expect(await explain()).toMatchObject({ outcome: 'hit', startsContainer: false });
  });

  it('gives what pip gives for the whole lock', async () => {
    const other = new Workspace('lock elsewhere');
    for (const path of ['services', 'nx.json']) {
      cpSync(join(workspace.root, path), join(other.root, path), { recursive: true });
    }
    const output = await succeedNx(other, ['build', 'orders'], {
      ...workspace.environment,
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: join(runDirectory(), 'lock-other-store'),
      TZ: 'Asia/Tokyo',
      LC_ALL: 'C',
    });
    expect(output).toContain('resolving python3.11');
    expect(takeDownloads().sort()).toEqual([
      'alpha-1.0-py3-none-any.whl',
      'beta-1.0-py3-none-any.whl',
      'delta-1.0-py3-none-any.whl',
      'gamma-1.0.zip',
    ]);
    expect(other.packageDigest('services/orders')).toBe(workspace.packageDigest('services/orders'));
    const manifest = 'dist/services/orders/manifest.json';
    expect(other.read(manifest)).toBe(workspace.read(manifest));
  });

  it('needs no container where nothing is missing', async () => {
    const lines = ['alpha', 'beta', 'delta'].map((name) => index.line(name, '1.0'));
    workspace.write(LOCK, lines.join(''));
    const output = await build();
    expect(output).toContain('all 3 locked wheels are in the wheel store');
    expect(takeDownloads()).toEqual([]);
  });

  it("gives pip's own words where a line is missing", async () => {
    workspace.write(LOCK, index.line('alpha', '1.0'));
    await failNx(workspace, ['build', 'orders', '--skip-nx-cache'], ['error[PIP_FAILED]', 'beta']);
  });

  it('keeps versions until they are to be newer, or no longer fit', async () => {
    await lock();
    index.add(requiringWheel('beta', '1.1'));
    index.add(requiringWheel('alpha', '2.0', ['beta>=1.1']));
    await lock();
    expect(pins()).toEqual(['alpha==1.0', 'beta==1.0', 'gamma==1.0']);
    expect(await lock('--upgradePackage=beta')).toContain('  beta 1.0 → 1.1');
    expect(pins()).toEqual(['alpha==1.0', 'beta==1.1', 'gamma==1.0']);

    index.add(requiringWheel('beta', '1.2'));
    index.add(requiringWheel('alpha', '3.0', ['beta>=1.2']));
    workspace.write(
      INPUT,
      `--extra-index-url http://me:s3cret@127.0.0.1:1/simple\nalpha>=3\ngamma\n`,
    );
    const output = await succeedNx(workspace, ['lock', 'orders'], { PIP_RETRIES: '0' });
    expect(output).toContain('no longer possible, so it may change: beta');
    expect(pins()).toEqual(['alpha==3.0', 'beta==1.2', 'gamma==1.0']);
    expect(output).toContain('holds credentials and is not in the lock');
    expect(output + workspace.read(LOCK)).not.toContain('s3cret');
  });

  it('is written without a container, too, and a source then has no wheel', async () => {
    workspace.setDefaults('build', { engine: 'host' });
    workspace.write(INPUT, 'alpha==1.0\n');
    const output = await lock('--output=host.txt');
    expect(output).toContain('by pip on this machine');
    expect(output).toContain('the build does not read services/orders/host.txt');
    const text = workspace.read('services/orders/host.txt');
    expect(text.match(/^[a-z]+==[\d.]+/gm)).toEqual(['alpha==1.0', 'beta==1.2']);
    workspace.write(INPUT, 'gamma\n');
    const { output: refused } = await runNx(workspace, ['lock', 'orders', '--output=none.txt']);
    expect(refused).toContain('error[WHEEL_UNAVAILABLE]');
    expect(workspace.exists('services/orders/none.txt')).toBe(false);
  });
});
