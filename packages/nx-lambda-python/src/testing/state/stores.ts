/** Where the state is kept: in memory, or in a directory that several processes share. */

import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../../platform/files/locks';
import type { Collection, Documents, State, StateStore } from './model';
import { COLLECTIONS, sha256Hex } from './model';

/** State that ends with the process: for tests. */
export function memoryStore(): StateStore {
  const state = new MemoryState();
  return { run: async (work) => work(state) };
}

class MemoryState implements State {
  private readonly documents = new Map<string, string>();
  private readonly bytes = new Map<string, Buffer>();

  read<C extends Collection>(collection: C, id: string): Documents[C] | undefined {
    const text = this.documents.get(`${collection}/${id}`);
    // Kept as text, so that what a handler changes is only stored when it says so, as on disk.
    return text === undefined ? undefined : (JSON.parse(text) as Documents[C]);
  }

  write<C extends Collection>(collection: C, id: string, document: Documents[C]): void {
    this.documents.set(`${collection}/${id}`, JSON.stringify(document));
  }

  remove(collection: Collection, id: string): void {
    this.documents.delete(`${collection}/${id}`);
  }

  list<C extends Collection>(collection: C): Documents[C][] {
    return [...this.documents]
      .filter(([key]) => key.startsWith(`${collection}/`))
      .map(([, text]) => JSON.parse(text) as Documents[C]);
  }

  readBytes(sha256: string): Buffer {
    const bytes = this.bytes.get(sha256);
    if (bytes === undefined) throw new Error(`no bytes with SHA-256 ${sha256}`);
    return bytes;
  }

  writeBytes(sha256: string, bytes: Buffer): void {
    this.bytes.set(sha256, bytes);
  }
}

/** Milliseconds between two attempts to take the lock: it is held for milliseconds, and often. */
const LONGEST_PAUSE = 5;

/** Raised when the documents change their meaning; an older version's are left alone. */
const FORMAT = 'v1';

/**
 * Opens or creates the state on disk, and drops what killed processes and replaced code left behind.
 *
 *     <directory>/.gitignore            *
 *     <directory>/v1/state.lock/        while a process works
 *     <directory>/v1/<collection>/      one small JSON file per document
 *     <directory>/v1/bytes/<sha256>     objects and function code, each stored once
 */
export async function openDirectoryStore(directory: string): Promise<StateStore> {
  const root = join(directory, FORMAT);
  const state = new DirectoryState(root);
  const run = inBatches((work) => {
    state.prepare();
    return withLock(join(root, 'state'), async () => work(), { longestPause: LONGEST_PAUSE });
  });
  const store: StateStore = { run: (work) => run(() => work(state)) };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, '.gitignore'), '*\n');
  await store.run(() => state.collectGarbage());
  return store;
}

class DirectoryState implements State {
  constructor(private readonly root: string) {}

  /** Called before each use: people delete the directory to start over, even while a server runs. */
  prepare(): void {
    for (const name of [...COLLECTIONS, 'bytes']) {
      mkdirSync(join(this.root, name), { recursive: true });
    }
  }

  read<C extends Collection>(collection: C, id: string): Documents[C] | undefined {
    return readDocument<C>(this.documentPath(collection, id));
  }

  write<C extends Collection>(collection: C, id: string, document: Documents[C]): void {
    const text = `${JSON.stringify(document, null, 2)}\n`;
    writeWhole(this.documentPath(collection, id), Buffer.from(text));
  }

  remove(collection: Collection, id: string): void {
    rmSync(this.documentPath(collection, id), { force: true });
  }

  list<C extends Collection>(collection: C): Documents[C][] {
    const directory = join(this.root, collection);
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => readDocument<C>(join(directory, name)) ?? []);
  }

  readBytes(sha256: string): Buffer {
    return readFileSync(this.bytesPath(sha256));
  }

  writeBytes(sha256: string, bytes: Buffer): void {
    // Named by its content and written whole: a file that exists has the same bytes.
    if (!existsSync(this.bytesPath(sha256))) writeWhole(this.bytesPath(sha256), bytes);
  }

  /** Called under the lock, so an unfinished file cannot belong to a living process. */
  collectGarbage(): void {
    for (const name of [...COLLECTIONS, 'bytes']) {
      for (const file of readdirSync(join(this.root, name))) {
        if (file.endsWith('.tmp')) rmSync(join(this.root, name, file), { force: true });
      }
    }
    const used = this.usedDigests();
    for (const file of readdirSync(join(this.root, 'bytes'))) {
      if (used.has(file)) continue;
      rmSync(join(this.root, 'bytes', file), { force: true });
      this.remove('archives', file);
    }
  }

  private usedDigests(): Set<string> {
    const objects = this.list('objects').flatMap(({ versions }) =>
      versions.flatMap(({ content }) => content?.sha256 ?? []),
    );
    const code = this.list('functions').flatMap(({ latest, versions }) =>
      [latest, ...versions].flatMap((version) => [
        version.code.sha256,
        version.liveSha256,
        ...(version.settings.attachedLayers ?? []).map(({ sha256 }) => sha256),
      ]),
    );
    const layers = this.list('layers').flatMap(({ versions }) =>
      versions.map((version) => version.code.sha256),
    );
    const parts = this.list('uploads').flatMap((upload) =>
      Object.values(upload.parts).map(({ sha256 }) => sha256),
    );
    return new Set([...objects, ...parts, ...code, ...layers]);
  }

  /** Readable, of any id, and never two for ids that differ only in case or in odd characters. */
  private documentPath(collection: Collection, id: string): string {
    const readable = id.replace(/[^a-z0-9-]+/gi, '_').slice(-80);
    return join(this.root, collection, `${readable}.${sha256Hex(id).slice(0, 16)}.json`);
  }

  private bytesPath(sha256: string): string {
    return join(this.root, 'bytes', sha256);
  }
}

function readDocument<C extends Collection>(path: string): Documents[C] | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Documents[C]) : undefined;
}

/** A reader, or the next process after a kill, finds the old file or the new one, never a part. */
function writeWhole(path: string, bytes: Buffer): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  writeFileSync(draft, bytes);
  renameSync(draft, path);
}

/** Then other processes have their turn. */
const MOST = 32;

/**
 * @param exclusively runs work while no other process touches the state
 * @returns a function that runs works in the order in which they came
 */
export function inBatches(
  exclusively: (work: () => void) => Promise<void>,
): <T>(work: () => T) => Promise<T> {
  const waiting: { run: () => void; fail: (reason: unknown) => void }[] = [];
  let draining = false;

  const drain = async (): Promise<void> => {
    draining = true;
    while (waiting.length > 0) {
      try {
        await exclusively(() => waiting.splice(0, MOST).forEach(({ run }) => run()));
      } catch (error) {
        // The lock could not be taken: nothing has run, and all waiting requests fail.
        waiting.splice(0).forEach(({ fail }) => fail(error));
      }
    }
    draining = false;
  };

  return <T>(work: () => T) =>
    new Promise<T>((resolve, reject) => {
      const run = () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      waiting.push({ run, fail: reject });
      if (!draining) void drain();
    });
}
