import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ownedName } from '../process/owner';
import { BUCKETS, OTHERS } from './layout';
import { planStorePrune, pruneStore } from './prune';
import { admitWheel, writePlain } from './store.fixtures';
import { DiskWheelStore } from './wheel-store';
import { temporaryDirectory } from '../../temporary.fixtures';

const DAY = 24 * 60 * 60 * 1000;
const LIMITS = { now: Date.now(), maxAgeDays: 30, maxSize: undefined };

let parent: string;
let store: DiskWheelStore;
beforeEach(() => {
  parent = temporaryDirectory('with spaces ü');
  store = new DiskWheelStore(join(parent, 'v1'));
});

/** A wheel set of one wheel, its dependency part, and pip's cache for it. */
async function build(key: string): Promise<void> {
  await store.whileResolving(key, async () => {
    const wheel = await admitWheel(store, key);
    store.writeSet({ requirementsKey: key, image: null, engine: 'host', wheels: [wheel] });
    store.writeTree({ requirementsKey: key, image: 'i', engine: 'docker', part: key });
    (await store.openPart(key, [wheel], writePlain))[Symbol.dispose]();
  });
  put(join(store.pipCachePath(`sha256:${key}`), 'http', 'x'));
}

function put(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'x'.repeat(100));
}

/** As if nothing had been used for so long. */
function age(days: number, under: (path: string) => boolean = () => true): void {
  const past = new Date(Date.now() - days * DAY);
  const paths = readdirSync(parent, { recursive: true, encoding: 'utf8' });
  for (const path of paths.filter(under)) utimesSync(join(parent, path), past, past);
}

const listed = () =>
  readdirSync(store.root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(json|zip|whl)$|http\/x$/.test(path))
    .map((path) => basename(path))
    .sort();

describe('pruneStore', () => {
  it('removes what was not used for long, and leaves a whole store', async () => {
    await build('old');
    age(40);
    await build('new');
    const { remove, keep } = await pruneStore(store.root, LIMITS);
    expect(remove.map(({ kind }) => kind).sort()).toEqual([
      'dependency part',
      'installed tree',
      'pip cache',
      'wheel',
      'wheel set',
    ]);
    expect(listed()).toEqual([
      'new-1.0-py3-none-any.whl',
      'new.json',
      'new.json',
      'new.json',
      'new.zip',
      'x',
    ]);
    expect(keep).toHaveLength(5);
    expect(store.readSet('new')).toBeDefined();
    expect(store.readSet('old')).toBeUndefined();
    expect(readdirSync(join(store.root, 'wheels'))).toHaveLength(1);
    for (const name of ['work', 'locks']) expect(readdirSync(join(store.root, name))).toEqual([]);
  });

  it('leaves what was just used, however large the store', async () => {
    await build('new');
    expect((await pruneStore(store.root, { ...LIMITS, maxSize: 0 })).remove).toEqual([]);
  });

  it('counts a use of a wheel set, a tree and a part', async () => {
    await build('used');
    age(40);
    store.readSet('used');
    store.readTree('used');
    store.openKnownPart('used')[Symbol.dispose]();
    const { remove } = await pruneStore(store.root, LIMITS);
    expect(remove.map(({ kind }) => kind)).toEqual(['pip cache']);
  });

  it('removes the least recently used first above the size limit', async () => {
    await build('older');
    age(3);
    await build('newer');
    age(2, (path) => path.includes('newer'));
    const total = planStorePrune(store.root, LIMITS).keep.reduce((sum, { size }) => sum + size, 0);
    await pruneStore(store.root, { ...LIMITS, maxSize: Math.ceil(total / 2) });
    expect(listed().filter((name) => name.startsWith('older'))).toEqual([]);
    expect(listed().filter((name) => name.startsWith('newer')).length).toBeGreaterThan(2);
    await pruneStore(store.root, { ...LIMITS, maxSize: 0 });
    expect(listed()).toEqual([]);
  });

  it('leaves what a running build works on, and its wheels', async () => {
    await build('busy');
    age(90);
    await store.whileResolving('busy', async () => {
      const { remove } = await pruneStore(store.root, { ...LIMITS, maxSize: 0 });
      expect(remove.map(({ kind }) => kind).sort()).toEqual(['dependency part', 'pip cache']);
    });
    expect(store.readSet('busy')).toBeDefined();
  });

  it('leaves wheels while any requirements are being resolved', async () => {
    await build('gone');
    age(90);
    await store.whileResolving('other', () => pruneStore(store.root, LIMITS));
    expect(listed()).toEqual(['gone-1.0-py3-none-any.whl']);
    await pruneStore(store.root, LIMITS);
    expect(listed()).toEqual([]);
  });

  it('removes unfinished files of the dead, unknown names and older stores, and nothing else', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const [dead, alive] = [ownedName(pid), ownedName(process.ppid)];
    for (const path of [
      `v1/parts/.a.zip.${dead}.tmp`,
      `v1/parts/.b.zip.${alive}.tmp`,
      'v1/mystery/file',
      'v0/sets/x.json',
      'v0-notes/sets/x.json',
      'v00/other/x',
      'v2/sets/x.json',
      'notes.txt',
    ]) {
      put(join(parent, path));
    }
    const plan = planStorePrune(store.root, LIMITS);
    expect(existsSync(join(parent, 'v0'))).toBe(true);
    const { remove } = await pruneStore(store.root, LIMITS);
    expect(remove).toEqual(plan.remove);
    expect(remove.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      `unfinished work parts/.a.zip.${dead}.tmp`,
      'unknown mystery',
      'old store ../v0',
    ]);
    expect(readdirSync(parent).sort()).toEqual(['notes.txt', 'v0-notes', 'v00', 'v1', 'v2']);
    expect(readdirSync(join(store.root, 'parts'))).toEqual([`.b.zip.${alive}.tmp`]);
  });

  it('knows every directory that the store makes', async () => {
    await build('any');
    const listed = [...Object.keys(BUCKETS), ...OTHERS];
    expect(listed).toEqual(expect.arrayContaining(readdirSync(store.root)));
  });

  it('does not make a store', async () => {
    expect(await pruneStore(store.root, LIMITS)).toEqual({ remove: [], keep: [] });
    expect(existsSync(store.root)).toBe(false);
  });
});
