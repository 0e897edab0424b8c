/** Full disks, for real: small file systems in memory, which only root may mount. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BareWorkspace, type Run } from './support/bare-workspace';
import { CONTAINER_OPTIONS, describeWithEngine } from './support/engine';
import { killRunning } from './support/nx-process';
import { startPackageIndex, type PackageIndex } from './support/package-index';

const SIZE = 24_000_000;
const WHEELS = ['alpha', 'beta'].map((name) => ({
  name,
  files: { [`${name}/data.bin`]: { content: randomBytes(3_000_000), method: 0 as const } },
}));

let index: PackageIndex;
let workspace: BareWorkspace;
const mounted: string[] = [];

/** Undefined where this process may not mount. */
function mountSmallDisk(directory: string): string | undefined {
  mkdirSync(directory, { recursive: true });
  try {
    const options = `size=${SIZE}`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  mounted.push(directory);
  return directory;
}

function unmount(directory: string): void {
  execFileSync('umount', ['--lazy', directory]);
}

function canMount(): boolean {
  const probe = mountSmallDisk(join('/tmp', `nx-lambda-python-mount-${process.pid}`));
  if (probe === undefined) return false;
  unmount(probe);
  mounted.pop();
  rmSync(probe, { recursive: true });
  return true;
}

const describeWithDisks = canMount() ? describe : describe.skip;

/** Leaves `free` bytes; the file that takes the others is returned. */
function fill(disk: string, free: number): string {
  const filler = join(disk, 'filler');
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(filler, Buffer.alloc(bavail * bsize - free));
  return filler;
}

describeWithDisks('a full disk', () => {
  let disk: string;
  let expected: string;

  beforeAll(async () => {
    index = await startPackageIndex(WHEELS);
    workspace = new BareWorkspace('store disk', { PIP_INDEX_URL: index.url });
    workspace.addService('orders', 'alpha==1.0\nbeta==1.0\n');
    await workspace.build('orders');
    expected = workspace.digest('orders');
  });
  afterAll(() => index.stop());
  beforeEach(() => {
    workspace.remove('dist');
    const name = `disk-${mounted.length}`;
    disk = mountSmallDisk(join(workspace.root, name)) ?? '';
  });
  afterEach(() => {
    killRunning();
    unmount(mounted.at(-1) ?? '');
  });

  /** Fails with so little space, then succeeds by the same command. */
  async function expectRecovery(
    free: number,
    run: Run,
    check = () => undefined as void,
  ): Promise<void> {
    const filler = fill(disk, free);
    const output = await workspace.failToBuild('orders', run);
    expect(output).toContain('error[DISK_FULL]');
    expect(output).toMatch(/no space left|ran out of disk space/);
    expect(output).toContain('hint: ');
    expect(workspace.exists('dist/orders/manifest.json')).toBe(false);
    check();
    rmSync(filler);
    await workspace.build('orders', run);
    expect(workspace.leftovers(disk)).toEqual([]);
  }

  it.each([
    ['for a lock', 0],
    ["for pip's download", 4_000_000],
    ['for the dependency part', 8_000_000],
  ])('of the store, %s', async (_, free) => {
    await expectRecovery(free, { environment: { NX_LAMBDA_PYTHON_CACHE_DIRECTORY: disk } });
    expect(workspace.digest('orders')).toBe(expected);
  });

  it('of the output, which keeps the package that was there', async () => {
    const run = { options: { outputPath: 'disk-output' } };
    const output = join(workspace.root, 'disk-output');
    rmSync(output, { force: true, recursive: true });
    execFileSync('ln', ['-s', disk, output]);
    await workspace.build('orders', run);
    const filesOf = () =>
      ['package.zip', 'manifest.json'].map((name) => readFileSync(join(output, name)));
    const before = filesOf();
    workspace.writeAll({ 'services/orders/app/more.py': 'x = 1\n' });
    await expectRecovery(1_000_000, run, () => {
      expect(filesOf()).toEqual(before);
      expect(readdirSync(output).sort()).toEqual(['filler', 'manifest.json', 'package.zip']);
    });
    expect(filesOf()).not.toEqual(before);
    workspace.remove('services/orders/app/more.py');
  });

  describeWithEngine('with a container', () => {
    it("of the store, for pip's wheels", async () => {
      await expectRecovery(4_000_000, {
        options: CONTAINER_OPTIONS,
        environment: { NX_LAMBDA_PYTHON_CACHE_DIRECTORY: disk },
      });
    });
  });
});
