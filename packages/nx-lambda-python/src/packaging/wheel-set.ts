/** The wheel set of a requirements key: found in the wheel store, or resolved once and kept there. */

import type { WheelFacts } from './wheel/admit';

/** What one requirements key resolved to. */
export interface WheelSet {
  requirementsKey: string;
  /** Build image with its digest; null where no container was used. */
  image: string | null;
  /** The engine that resolved it: `docker`, … or `host`. */
  engine: string;
  /** Sorted by distribution name, then version. */
  wheels: StoredWheel[];
}

export interface StoredWheel {
  name: string;
  version: string;
  /** File name, as published or built. */
  file: string;
  /** Hex. */
  sha256: string;
  size: number;
}

/** A place for wheels and wheel sets, safe for several processes at once. */
export interface WheelStore {
  /** The wheel set of this key if it and all its wheels are there. */
  readSet(requirementsKey: string): WheelSet | undefined;
  writeSet(set: WheelSet): void;
  /** Checks a wheel by `admit`, then moves it into the store; a wheel that is there already is kept. */
  admit(path: string, admit: Admit): Promise<StoredWheel>;
  /** Runs `work` while no other process resolves the same key. */
  whileResolving<T>(requirementsKey: string, work: () => Promise<T>): Promise<T>;
  /** Runs `work` with an empty directory of its own on the store's file system, gone afterwards. */
  withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T>;
}

/** The door: throws for a wheel that must not come in. */
export type Admit = (path: string) => Promise<WheelFacts>;

export interface ResolvedWheels {
  /** Paths of the wheel files. */
  files: string[];
  image: string | null;
  engine: string;
}

/** Resolves requirements into wheel files below `directory`, by pip in a container or on the host. */
export type ResolveWheels = (directory: string) => Promise<ResolvedWheels>;

export async function ensureWheelSet(
  requirementsKey: string,
  store: WheelStore,
  resolve: ResolveWheels,
  admit: Admit,
): Promise<{ set: WheelSet; hit: boolean }> {
  const known = store.readSet(requirementsKey);
  if (known) return { set: known, hit: true };
  return store.whileResolving(requirementsKey, async () => {
    // Another build may have resolved it while this one waited.
    const arrived = store.readSet(requirementsKey);
    if (arrived) return { set: arrived, hit: true };
    const set = await store.withDirectory(async (directory) => {
      const { files, image, engine } = await resolve(directory);
      const wheels: StoredWheel[] = [];
      for (const file of files) wheels.push(await store.admit(file, admit));
      return { requirementsKey, image, engine, wheels: wheels.sort(byDistribution) };
    });
    store.writeSet(set);
    return { set, hit: false };
  });
}

function byDistribution(a: StoredWheel, b: StoredWheel): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.version < b.version ? -1 : 1;
}
