import { existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileExclusions } from '../../packaging/file-exclusions';
import { writeReducedTree, writeTreePart } from '../../packaging/installed-tree';
import { buildArchive } from '../../packaging/zip/archive.fixtures';
import { bufferSource } from '../../packaging/zip/bytes';
import { DamagedFileError } from '../../packaging/package';
import { hashFile } from '../files/files';
import { admitWheel, writePlain } from './store.fixtures';
import { DiskWheelStore } from './wheel-store';
import { temporaryDirectory } from '../../temporary.fixtures';

let root: string;
let store: DiskWheelStore;
beforeEach(() => {
  root = temporaryDirectory('with spaces ü');
  store = new DiskWheelStore(join(root, 'v1'));
});

describe('DiskWheelStore', () => {
  it('keeps a wheel under its content and its set under the key', async () => {
    const wheel = await admitWheel(store);
    const set = { requirementsKey: 'key', image: null, engine: 'host', wheels: [wheel] };
    store.writeSet(set);
    expect(store.wheelPath(wheel)).toBe(
      join(root, 'v1', 'wheels', wheel.sha256, 'demo-1.0-py3-none-any.whl'),
    );
    expect(new DiskWheelStore(store.root).readSet('key')).toEqual(set);
    expect(readdirSync(join(store.root, 'work'))).toEqual([]);
  });

  it('ignores a set of which a wheel is gone or cut off', async () => {
    const wheel = await admitWheel(store);
    store.writeSet({ requirementsKey: 'key', image: null, engine: 'host', wheels: [wheel] });
    writeFileSync(store.wheelPath(wheel), 'short');
    expect(store.readSet('key')).toBeUndefined();
    rmSync(store.wheelPath(wheel));
    expect(store.readSet('key')).toBeUndefined();
    await admitWheel(store);
    expect(store.readSet('key')).toBeDefined();
  });

  it('ignores a set that was damaged', () => {
    store.writeSet({ requirementsKey: 'key', image: null, engine: 'host', wheels: [] });
    writeFileSync(join(store.root, 'sets', 'key.json'), '{"wheels": [');
    expect(store.readSet('key')).toBeUndefined();
  });

  it('makes a dependency part once', async () => {
    const wheel = await admitWheel(store);
    let written = 0;
    const open = () =>
      store.openPart('digest', [wheel], (wheels, sink) => {
        written += 1;
        return writePlain(wheels, sink);
      });
    for (let round = 0; round < 2; round += 1) {
      using part = await open();
      expect(part.facts.distributions).toMatchObject([{ name: 'demo', sha256: wheel.sha256 }]);
    }
    expect(written).toBe(1);
  });

  it('begins another file with a part that it makes', async () => {
    const wheel = await admitWheel(store);
    const next = join(root, 'package.zip');
    const open = () => store.openPart('digest', [wheel], writePlain, next);
    using made = await open();
    const { draft, facts } = made;
    expect(draft?.length).toBe(facts.length);
    expect(hashFile(draft?.path ?? '')).toBe(facts.sha256);
    using known = await open();
    expect(known.draft).toBeUndefined();
  });

  it('hashes wheels before they are needed, and hands over those that are sound', async () => {
    const [sound, damaged] = [await admitWheel(store), await admitWheel(store, 'other')];
    writeFileSync(store.wheelPath(damaged), Buffer.alloc(damaged.size));
    const seen: string[] = [];
    await store.verifyAhead([sound, damaged], ({ name, source }) =>
      seen.push(`${name} ${source.size}`),
    );
    expect(seen).toEqual([`demo ${sound.size}`]);
  });

  it('removes a wheel whose bytes have changed, so that it is fetched again', async () => {
    const wheel = await admitWheel(store);
    writeFileSync(store.wheelPath(wheel), Buffer.alloc(wheel.size));
    const open = new DiskWheelStore(store.root).openPart('digest', [wheel], writePlain);
    await expect(open).rejects.toThrow(DamagedFileError);
    expect(existsSync(store.wheelPath(wheel))).toBe(false);
    expect(existsSync(join(store.root, 'parts'))).toBe(false);
  });

  it('keeps an installed tree under its content, and knows it as long as that is whole', async () => {
    const archive = bufferSource(buildArchive([{ path: 'six.py', content: 'x = 1\n' }]));
    const admitTree = () =>
      store.withDirectory((directory) =>
        store.admitPart(directory, (sink) => writeTreePart(archive, sink)),
      );
    const part = await admitTree();
    const path = join(store.root, 'parts', `${part}.zip`);
    expect(hashFile(path)).toBe(part);
    const tree = { requirementsKey: 'key', image: 'image@sha256:aa', engine: 'docker', part };
    store.writeTree(tree);
    expect(new DiskWheelStore(store.root).readTree('key')).toEqual(tree);
    using open = store.openKnownPart(part);
    expect(open.facts.entryCount).toBe(1);

    truncateSync(path, 50);
    expect(store.readTree('key')).toBeUndefined();
    expect(() => store.openKnownPart(part)).toThrow(DamagedFileError);
    expect(await admitTree()).toBe(part);
    expect(store.readTree('key')).toEqual(tree);
    store.dropPart(part);
    expect(store.readTree('key')).toBeUndefined();
    expect(readdirSync(join(store.root, 'work'))).toEqual([]);
  });

  it('makes a part of another one once, and drops one that is damaged', async () => {
    const archive = bufferSource(buildArchive([{ path: 'six.py', content: 'x = 1\n' }]));
    const from = await store.withDirectory((directory) =>
      store.admitPart(directory, (sink) => writeTreePart(archive, sink)),
    );
    let written = 0;
    const open = (digest: string) =>
      store.openPartOf(digest, from, async (part, sink) => {
        written += 1;
        return writeReducedTree(part, fileExclusions(['six.py']), sink);
      });
    for (let round = 0; round < 2; round += 1) {
      const part = await open('digest');
      expect(part.facts.entryCount).toBe(0);
      part[Symbol.dispose]();
    }
    expect(written).toBe(1);
    const path = join(store.root, 'parts', `${from}.zip`);
    writeFileSync(path, Buffer.alloc(statSync(path).size));
    await expect(open('another')).rejects.toThrow(DamagedFileError);
    expect(existsSync(path)).toBe(false);
  });

  it('lets one of several resolve a key at a time', async () => {
    const order: string[] = [];
    const work = (name: string) =>
      store.whileResolving('key', async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push(`${name} out`);
      });
    await Promise.all([work('a'), work('b')]);
    expect(order.map((entry) => entry.slice(2))).toEqual(['in', 'out', 'in', 'out']);
  });
});
