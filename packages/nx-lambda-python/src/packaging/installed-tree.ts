/** The installed tree of a requirements key: what pip installed once, kept as a dependency part. */

import type { ByteSink } from './archive-writer';
import type { WrittenPart } from './dependency-part';
import { findOrMake, type ResolvingStore } from './wheel-set';

export interface InstalledTree {
  requirementsKey: string;
  /** Build image with its digest. */
  image: string;
  engine: string;
  /** The dependency part that holds it: SHA-256 of that archive, hex. */
  part: string;
}

/** A place for installed trees. */
export interface TreeStore extends ResolvingStore {
  /** The tree of this key if its dependency part is there. */
  readTree(requirementsKey: string): InstalledTree | undefined;
  writeTree(tree: InstalledTree): void;
  /** Keeps the dependency part that `write` makes under the SHA-256 of its bytes, which is returned. */
  admitPart(directory: string, write: WriteTreePart): Promise<string>;
}

export type WriteTreePart = (sink: ByteSink) => Promise<WrittenPart>;

export interface Installed {
  image: string;
  engine: string;
  write: WriteTreePart;
}

/** @param install lets pip install below `directory`; `write` is called before that is removed. */
export async function ensureInstalledTree(
  requirementsKey: string,
  store: TreeStore,
  install: (directory: string) => Promise<Installed>,
): Promise<{ tree: InstalledTree; hit: boolean }> {
  const { value: tree, hit } = await findOrMake(requirementsKey, store, {
    find: () => store.readTree(requirementsKey),
    make: async (directory) => {
      const { image, engine, write } = await install(directory);
      return { requirementsKey, image, engine, part: await store.admitPart(directory, write) };
    },
    keep: (made) => store.writeTree(made),
  });
  return { tree, hit };
}
