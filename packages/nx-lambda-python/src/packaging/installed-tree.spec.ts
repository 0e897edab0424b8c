import type { WrittenPart } from './dependency-part';
import { ensureInstalledTree, type InstalledTree, type TreeStore } from './installed-tree';

class MemoryStore implements TreeStore {
  readonly trees = new Map<string, InstalledTree>();
  readTree = (key: string) => this.trees.get(key);
  writeTree = (tree: InstalledTree) => void this.trees.set(tree.requirementsKey, tree);
  admitPart: TreeStore['admitPart'] = async (_directory, write) =>
    (await write({ write: () => undefined })).facts.sha256;
  whileResolving = <T>(_key: string, work: () => Promise<T>) => work();
  withDirectory = <T>(work: (directory: string) => Promise<T>) => work('/work');
}

const written = { facts: { sha256: 'digest' } } as WrittenPart;
const install = (directory: string) =>
  Promise.resolve({
    image: `image in ${directory}`,
    engine: 'docker',
    write: () => Promise.resolve(written),
  });
const never = () => Promise.reject(new Error('should not install'));

describe('ensureInstalledTree', () => {
  it('installs once and remembers the part', async () => {
    const store = new MemoryStore();
    const tree = {
      requirementsKey: 'key',
      image: 'image in /work',
      engine: 'docker',
      part: 'digest',
    };
    expect(await ensureInstalledTree('key', store, install)).toEqual({ tree, hit: false });
    expect(await ensureInstalledTree('key', store, never)).toEqual({ tree, hit: true });
  });

  it('remembers nothing when the part is refused', async () => {
    const store = new MemoryStore();
    store.admitPart = () => Promise.reject(new Error('refused'));
    await expect(ensureInstalledTree('key', store, install)).rejects.toThrow('refused');
    expect(store.trees.size).toBe(0);
  });
});
