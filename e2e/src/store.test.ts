/** The wheel store under what happens to it: builds side by side, damaged files, a store that may only be read. */

import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { BareWorkspace, type Run } from './support/bare-workspace';
import { CONTAINER_OPTIONS, describeWithEngine } from './support/engine';
import { killRunning } from './support/nx-process';
import { AS_OTHER_USER, OTHER_USER } from './support/other-user';
import { runDirectory } from './support/run-directory';
import { startPackageIndex, type PackageIndex } from './support/package-index';

const NAMES = ['alpha', 'beta', 'gamma'];
const WHEELS = NAMES.map((name) => ({
  name,
  files: { [`${name}/__init__.py`]: `NAME = "${name}"\n`.repeat(500) },
}));
const ALL = 'alpha==1.0\nbeta==1.0\n';

let index: PackageIndex;
beforeAll(async () => (index = await startPackageIndex(WHEELS)));
afterAll(() => index.stop());
afterEach(killRunning);

/** One, whatever the umask. */
const umaskDigests = new Set<string>();

/** Absolute paths of all files below a directory. */
function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((path) => join(directory, path))
    .filter((path) => lstatSync(path).isFile());
}

describe('builds side by side on an empty store', () => {
  it('resolve once for each set of requirements, and all end right', async () => {
    const workspace = new BareWorkspace('store parallel', { PIP_INDEX_URL: index.url });
    const sets = { one: ALL, two: ALL, three: `# other words\n${ALL}`, four: 'gamma==1.0\n' };
    for (const [project, requirements] of Object.entries(sets)) {
      workspace.addService(project, requirements);
    }
    const before = index.downloads.length;
    const projects = ['one', 'one', 'one', 'two', 'two', 'two', 'three', 'four'];
    const outputs = await Promise.all(projects.map((project) => workspace.build(project)));
    expect(outputs.filter((output) => output.includes('resolving'))).toHaveLength(2);
    expect(index.downloads.slice(before).sort()).toEqual(
      NAMES.map((name) => `${name}-1.0-py3-none-any.whl`),
    );
    expect(workspace.leftovers(workspace.cache)).toEqual([]);
    const together = projects.map((project) => workspace.digest(project));
    expect(new Set(together).size).toBe(2);

    workspace.remove('cache');
    for (const [at, project] of projects.entries()) {
      await workspace.build(project);
      expect(workspace.digest(project)).toBe(together[at]);
    }
  });
});

describe('the umask of the machine', () => {
  it.each(['077', '000', '022'])('does not show in the package: %s', async (umask) => {
    const workspace = new BareWorkspace(`umask ${umask}`, { PIP_INDEX_URL: index.url });
    workspace.addService('orders', ALL, { 'app/data.json': '{}', 'app/run.sh': '#!/bin/sh\n' });
    const own = join(workspace.root, 'services/orders/app');
    // As a checkout under that umask makes them.
    const mask = parseInt(umask, 8);
    chmodSync(join(own, 'run.sh'), 0o777 & ~mask);
    chmodSync(join(own, 'data.json'), 0o666 & ~mask);
    const prefix = ['sh', '-c', `umask ${umask} && exec "$@"`, 'sh'];
    await workspace.build('orders', { prefix });
    expect(workspace.modes('orders')).toEqual(['644', '755']);
    umaskDigests.add(workspace.digest('orders'));
    expect(umaskDigests.size).toBe(1);
  });
});

describe('prune', () => {
  it('goes on beside builds, which all end right, and empties a store that nobody uses', async () => {
    const workspace = new BareWorkspace('store prune', { PIP_INDEX_URL: index.url });
    const sets = { one: ALL, two: 'alpha==1.0\n', three: 'gamma==1.0\n' };
    for (const [project, requirements] of Object.entries(sets)) {
      workspace.addService(project, requirements);
    }
    const projects = Object.keys(sets);
    for (const project of projects) await workspace.build(project);
    const digests = projects.map((project) => workspace.digest(project));
    const past = new Date(Date.now() - 90 * 24 * 60 * 60 * 1000);
    const makeOld = () => {
      for (const path of filesIn(workspace.cache)) utimesSync(path, past, past);
    };

    makeOld();
    const prune = async (options: Record<string, unknown>) => {
      const { code, output } = await workspace.start('prune', 'one', { options }).ended;
      expect({ code, output }).toMatchObject({ code: 0 });
      return output;
    };
    expect(await prune({ dryRun: true })).toMatch(/would remove 15 items, [\d.]+ kB/);
    const [output] = await Promise.all([
      prune({ maxSizeMb: 0 }),
      ...projects.map((project) => workspace.build(project)),
    ]);
    expect(output).toMatch(/^removed \d+ items?, /m);
    expect(projects.map((project) => workspace.digest(project))).toEqual(digests);

    makeOld();
    expect(await prune({})).toContain('0 items, 0.0 kB');
    expect(filesIn(workspace.cache)).toEqual([]);
    expect(workspace.leftovers(workspace.cache)).toEqual([]);
  });
});

describe('a damaged file', () => {
  let workspace: BareWorkspace;
  let digest: string;
  const store = () => join(workspace.cache, 'v1');
  const only = (bucket: string, end: string) => {
    const found = filesIn(join(store(), bucket)).filter((path) => path.endsWith(end));
    expect(found.length).toBeGreaterThan(0);
    return found;
  };
  const flip = (path: string) => {
    const bytes = readFileSync(path);
    const at = Math.floor(bytes.length / 3);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes);
  };
  const replace = (path: string, from: string, to: string) => {
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
  };
  const dropParts = () => workspace.remove('cache/v1/parts');

  beforeAll(async () => {
    workspace = new BareWorkspace('store damaged', {
      PIP_INDEX_URL: index.url,
      // pip caches nothing from an index without TLS, unless it is told to trust it.
      PIP_TRUSTED_HOST: '127.0.0.1',
    });
    workspace.addService('orders', ALL);
    await workspace.build('orders');
    digest = workspace.digest('orders');
  });

  const DAMAGES: [string, () => void][] = [
    ['a wheel that was cut off', () => truncateSync(only('wheels', '.whl')[0] ?? '', 100)],
    [
      'a wheel with a flipped bit',
      () => {
        dropParts();
        flip(only('wheels', '.whl')[1] ?? '');
      },
    ],
    [
      'every wheel with a flipped bit, and the part',
      () => {
        only('wheels', '.whl').forEach(flip);
        only('parts', '.zip').forEach(flip);
      },
    ],
    ['a wheel set that is no JSON', () => writeFileSync(only('sets', '.json')[0] ?? '', '{"wh')],
    ['a part with a flipped bit', () => only('parts', '.zip').forEach(flip)],
    [
      'facts of a part with another name in them',
      () => replace(only('parts', '.json')[0] ?? '', '"alpha"', '"alphb"'),
    ],
    [
      'the source cache of a service',
      () => {
        filesIn(join(store(), 'sources')).forEach(flip);
      },
    ],
    [
      "pip's cache",
      () => {
        const cached = filesIn(join(workspace.root, 'user-cache')).filter(
          (path) => statSync(path).size > 0 && !basename(path).startsWith('selfcheck'),
        );
        expect(cached.length).toBeGreaterThan(0);
        cached.forEach(flip);
        workspace.remove('cache');
      },
    ],
  ];

  it.each(DAMAGES)('%s, is noticed and made again', async (_, damage) => {
    damage();
    // A package that is still right is kept, whatever became of what it was made from.
    workspace.remove('dist');
    await workspace.build('orders');
    expect(workspace.digest('orders')).toBe(digest);
    expect(workspace.manifest('orders').distributions.map(({ version }) => version)).toEqual([
      '1.0',
      '1.0',
    ]);
    // What was repaired is sound: nothing is left to repair.
    dropParts();
    const again = await workspace.build('orders');
    expect(again).toContain('from the wheel store');
    expect(again).not.toContain('repairing');
    for (const path of only('wheels', '.whl')) {
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      expect(basename(join(path, '..'))).toBe(sha256);
    }
  });

  describeWithEngine('in the container', () => {
    it("pip's cache of the build image, is noticed and made again", async () => {
      const run = { options: CONTAINER_OPTIONS };
      await workspace.build('orders', run);
      const made = workspace.digest('orders');
      const cached = filesIn(join(store(), 'pip')).filter((path) => statSync(path).size > 0);
      expect(cached.length).toBeGreaterThan(0);
      cached.forEach(flip);
      for (const bucket of ['sets', 'wheels', 'parts']) workspace.remove(`cache/v1/${bucket}`);
      workspace.remove('dist');
      await workspace.build('orders', run);
      expect(workspace.digest('orders')).toBe(made);
    });
  });
});

const AS_OTHER: Run = { prefix: AS_OTHER_USER };

describe('a store that may only be read', () => {
  let workspace: BareWorkspace;
  let stamps: string[];
  const stampsOf = () =>
    filesIn(workspace.cache).map((path) => `${path} ${statSync(path).mtimeMs}`);
  const setModes = (writable: boolean) => {
    for (const path of readdirSync(workspace.cache, { recursive: true, encoding: 'utf8' })) {
      const file = join(workspace.cache, path);
      chmodSync(file, (lstatSync(file).isDirectory() ? 0o555 : 0o444) | (writable ? 0o200 : 0));
    }
    chmodSync(workspace.cache, writable ? 0o755 : 0o555);
  };

  beforeAll(async () => {
    workspace = new BareWorkspace('store read-only', { PIP_INDEX_URL: index.url });
    workspace.addService('known', ALL);
    workspace.addService('bare', '');
    workspace.addService('unknown', 'gamma==1.0\n');
    await workspace.build('known');
    chmodSync(runDirectory(), 0o711);
    setModes(false);
    mkdirSync(join(workspace.root, 'dist'), { recursive: true });
    if (AS_OTHER_USER.length > 0) {
      for (const path of ['dist', 'dist/known', 'dist/known/package.zip']) {
        chownSync(join(workspace.root, path), OTHER_USER, OTHER_USER);
      }
    }
    stamps = stampsOf();
  });
  afterAll(() => setModes(true));
  afterEach(() => expect(stampsOf()).toEqual(stamps));

  it('serves what it has', async () => {
    const before = workspace.digest('known');
    workspace.remove('dist/known/manifest.json');
    expect(await workspace.build('known', AS_OTHER)).toContain('from the wheel store');
    expect(workspace.digest('known')).toBe(before);
  });

  it('is not needed where nothing is required', async () => {
    await workspace.build('bare', AS_OTHER);
    expect(workspace.manifest('bare').distributions).toEqual([]);
  });

  it('says what to do about what it does not have', async () => {
    const output = await workspace.failToBuild('unknown', AS_OTHER);
    expect(output).toContain('error[STORE_UNUSABLE]');
    expect(output).toContain('permission denied');
    expect(output).toContain('NX_LAMBDA_PYTHON_CACHE_DIRECTORY');
  });
});
