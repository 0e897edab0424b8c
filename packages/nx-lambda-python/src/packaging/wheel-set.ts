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

/** A place for what requirements keys stand for, safe for several processes at once. */
export interface ResolvingStore {
  /** Runs `work` while no other process resolves the same key. */
  whileResolving<T>(requirementsKey: string, work: () => Promise<T>): Promise<T>;
  /** Runs `work` with an empty directory of its own on the store's file system, gone afterwards. */
  withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T>;
}

/** A place for wheels and wheel sets. */
export interface WheelStore extends ResolvingStore {
  /** The wheel set of this key if it and all its wheels are there. */
  readSet(requirementsKey: string): WheelSet | undefined;
  writeSet(set: WheelSet): void;
  /** Checks a wheel by `admit`, then moves it into the store; a wheel that exists already is kept. */
  admit(path: string, admit: Admit): Promise<StoredWheel>;
}

/**
 * The door: throws for a wheel that must not come in.
 * @param sha256 of the file, hex
 */
export type Admit = (path: string, sha256: string) => Promise<WheelFacts>;

export interface ResolvedWheels {
  /** Paths of the wheel files. */
  files: string[];
  image: string | null;
  engine: string;
  /** Wheels of the same set that the store has already. */
  kept?: readonly StoredWheel[];
  /** Told the wheels once the store has them. */
  onAdmitted?: (wheels: readonly StoredWheel[]) => void;
}

/** Resolves requirements into wheel files below `directory`, by pip in a container or on the host. */
export type ResolveWheels = (directory: string) => Promise<ResolvedWheels>;

export async function ensureWheelSet(
  requirementsKey: string,
  store: WheelStore,
  resolve: ResolveWheels,
  admit: Admit,
): Promise<{ set: WheelSet; hit: boolean }> {
  const { value: set, hit } = await findOrMake(requirementsKey, store, {
    find: () => store.readSet(requirementsKey),
    make: async (directory) => {
      const { files, image, engine, kept = [], onAdmitted } = await resolve(directory);
      const admitted: StoredWheel[] = [];
      for (const file of files) admitted.push(await store.admit(file, admit));
      onAdmitted?.(admitted);
      const wheels = [...kept, ...admitted];
      return { requirementsKey, image, engine, wheels: wheels.sort(byDistribution) };
    },
    keep: (made) => store.writeSet(made),
  });
  return { set, hit };
}

/** What a requirements key stands for: found in the store, or made by one process and kept there. */
export async function findOrMake<T>(
  requirementsKey: string,
  store: ResolvingStore,
  steps: {
    find: () => T | undefined;
    make: (directory: string) => Promise<T>;
    keep: (made: T) => void;
  },
): Promise<{ value: T; hit: boolean }> {
  const known = steps.find();
  if (known) return { value: known, hit: true };
  return store.whileResolving(requirementsKey, async () => {
    // Another build may have made it while this one waited.
    const arrived = steps.find();
    if (arrived) return { value: arrived, hit: true };
    const made = await store.withDirectory(steps.make);
    steps.keep(made);
    return { value: made, hit: false };
  });
}

function byDistribution(a: StoredWheel, b: StoredWheel): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.version < b.version ? -1 : 1;
}
