/** The wheel set of a requirements key: read from the wheel store, or resolved once and kept there. */

import type { WheelFacts } from './wheel/admit';

/** What one requirements key resolved to. */
export interface WheelSet {
  requirementsKey: string;
  /** Build image with its digest; null without a container. */
  image: string | null;
  /** The engine that resolved it: `docker`, … or `host`. */
  engine: string;
  /** Sorted by distribution name, then version. */
  wheels: StoredWheel[];
}

export interface StoredWheel extends WheelFacts {
  /** File name, as published or built. */
  file: string;
  /** Hex. */
  sha256: string;
  size: number;
}

/** A store for the results of requirements keys, safe for several processes at once. */
export interface ResolvingStore {
  /** Runs `work` while no other process resolves the same key. */
  whileResolving<T>(requirementsKey: string, work: () => Promise<T>): Promise<T>;
  /** Runs `work` with an empty temporary directory on the store's file system. */
  withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T>;
}

/** A store for wheels and wheel sets. */
export interface WheelStore extends ResolvingStore {
  /** The wheel set of this key, if the store has it and all its wheels. */
  readSet(requirementsKey: string): WheelSet | undefined;
  writeSet(set: WheelSet): void;
  /** Checks a wheel with `admit`, then moves it into the store, unless the store has it already. */
  admit(path: string, admit: Admit): Promise<StoredWheel>;
}

/**
 * Throws for a wheel that the store must not have.
 * @param sha256 of the file, hex
 */
export type Admit = (path: string, sha256: string) => Promise<WheelFacts>;

export interface ResolvedWheels {
  /** Paths of the wheel files. */
  files: string[];
  image: string | null;
  engine: string;
  /** Wheels of the same set that the store had already. */
  kept?: readonly StoredWheel[];
  /** Called with the wheels once the store has them. */
  onAdmitted?: (wheels: readonly StoredWheel[]) => void;
}

/** Resolves requirements into wheel files below `directory`, by pip in a container or on the host. */
export type ResolveWheels = (directory: string) => Promise<ResolvedWheels>;

export function ensureWheelSet(
  requirementsKey: string,
  store: WheelStore,
  resolve: ResolveWheels,
  admit: Admit,
): Promise<Result<WheelSet>> {
  return findOrMake(requirementsKey, store, {
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
}

/** What a key resolved to, and whether the store had it. */
export interface Result<T> {
  value: T;
  hit: boolean;
}

/** The result of a requirements key: read from the store, or made by one process and kept there. */
export async function findOrMake<T>(
  requirementsKey: string,
  store: ResolvingStore,
  steps: {
    find: () => T | undefined;
    make: (directory: string) => Promise<T>;
    keep: (made: T) => void;
  },
): Promise<Result<T>> {
  const stored = steps.find();
  if (stored) return { value: stored, hit: true };
  return store.whileResolving(requirementsKey, async () => {
    // Another build may have made it while this one waited.
    const other = steps.find();
    if (other) return { value: other, hit: true };
    const made = await store.withDirectory(steps.make);
    steps.keep(made);
    return { value: made, hit: false };
  });
}

function byDistribution(a: StoredWheel, b: StoredWheel): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.version < b.version ? -1 : 1;
}
