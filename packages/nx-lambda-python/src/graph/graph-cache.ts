/**
 * What inference learned of the workspace, kept on disk beside Nx's own graph: an entry counts for as long as every
 * look at the workspace that led to it answers the same. Every Nx command loads this, so it loads next to nothing.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import type { WorkspaceLooks } from '../packaging/inputs/workspace-files';
import type * as Write from '../platform/files/write';
import { attempt } from '../platform/process/attempt';

const load = createRequire(__filename);
/** Raised when a value is made otherwise, which each version of the plugin may do. */
const FORMAT = `1 ${(load('../../package.json') as { version: string }).version}`;

export interface GraphCache {
  /**
   * The value of an entry, made again if it is missing, or if a look at the workspace answers otherwise than before.
   * @param make gives JSON, or undefined for what is not to be kept, and goes by the key and by these looks alone
   */
  recall: <T>(key: string, make: (looks: WorkspaceLooks) => T | Promise<T>) => Promise<T>;
  /** Writes what was recalled and nothing else. A cache that cannot be written costs the next command time, no more. */
  save: () => void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where Nx keeps its graph, by Nx's own rule: its devkit takes longer to load than a command needs for all of this.
 * @param options of the plugin: nx.json may have it twice
 * @returns undefined where Nx is told to keep no graph
 */
export function graphCacheFile(
  name: string,
  options: unknown,
  root: string,
  environment: Environment = process.env,
): string | undefined {
  if (environment['NX_CACHE_PROJECT_GRAPH'] === 'false') return undefined;
  const directory =
    environment['NX_WORKSPACE_DATA_DIRECTORY'] ??
    environment['NX_PROJECT_GRAPH_CACHE_DIRECTORY'] ??
    '.nx/workspace-data';
  const base = isAbsolute(directory) ? directory : join(root, directory);
  return join(base, `nx-lambda-python-${name}-${fingerprint(options ?? null)}.json`);
}

/** Of any value that JSON has. */
export function fingerprint(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('hex').slice(0, 20);
}

interface Entry {
  value: unknown;
  /** `read services/orders/pyproject.toml` */
  looks: () => readonly string[];
}

/** Looks are many, and shared by the entries: an entry names them by their places. */
interface Stored {
  format: string;
  looks: [look: string, answer: string][];
  entries: Record<string, [value: unknown, looks: number[]]>;
}

/** @param file undefined to keep nothing */
export function openGraphCache(file: string | undefined, recorder: Recorder): GraphCache {
  const stored = readStored(file);
  const entries = new Map<string, Entry>();
  const verdicts: boolean[] = [];
  const isSame = (index: number): boolean => {
    const [look, answer] = stored.looks[index] ?? ['', undefined];
    return (verdicts[index] ??= recorder.answer(look) === answer);
  };
  let isNew = false;
  return {
    recall: async (key, make) => {
      const [value, indexes] = stored.entries[key] ?? [];
      if (indexes?.every(isSame)) {
        const taken = () => indexes.map((index) => stored.looks[index]?.[0] ?? '');
        entries.set(key, { value, looks: taken });
        return value as Awaited<ReturnType<typeof make>>;
      }
      isNew = true;
      const taken = new Set<string>();
      const made = await make(recorder.noting(taken));
      if (made !== undefined) entries.set(key, { value: made, looks: () => [...taken] });
      return made;
    },
    save: () => {
      if (file === undefined) return;
      if (!isNew && entries.size === Object.keys(stored.entries).length) return;
      const { writeTextWhole } = load('../platform/files/write') as typeof Write;
      attempt(() => writeTextWhole(file, JSON.stringify(toStored(entries, recorder.answer))));
    },
  };
}

const NOTHING: Stored = { format: FORMAT, looks: [], entries: {} };

function readStored(file: string | undefined): Stored {
  if (file === undefined) return NOTHING;
  const stored = attempt(() => JSON.parse(readFileSync(file, 'utf8')) as Stored);
  return stored?.format === FORMAT ? stored : NOTHING;
}

function toStored(entries: ReadonlyMap<string, Entry>, answer: (look: string) => string): Stored {
  const places = new Map<string, number>();
  const placeOf = (look: string): number => {
    if (!places.has(look)) places.set(look, places.size);
    return places.get(look) ?? 0;
  };
  const numbered = [...entries].map(
    ([key, { value, looks }]) => [key, [value, looks().map(placeOf)]] as const,
  );
  return {
    format: FORMAT,
    looks: [...places.keys()].map((look) => [look, answer(look)]),
    entries: Object.fromEntries(numbered) as Stored['entries'],
  };
}

type Look = 'read' | 'exists' | 'isDirectory' | 'list' | 'resolve' | 'outerRules';

export interface Recorder {
  /** Fingerprint of what a look answers now. */
  answer: (look: string) => string;
  /** The same looks, each of which is added to `taken`. */
  noting: (taken: Set<string>) => WorkspaceLooks;
}

/** Each look is taken once, and all that ask get the same answer. */
export function recordLooks(looks: WorkspaceLooks): Recorder {
  const seen = new Map<string, { give: () => unknown; print: string | undefined }>();
  const see = (kind: Look, path: string) => {
    const look = `${kind} ${path}`;
    let found = seen.get(look);
    if (found === undefined) {
      found = { give: outcome(() => looks[kind](path)), print: undefined };
      seen.set(look, found);
    }
    return found;
  };
  return {
    answer: (look) => {
      const space = look.indexOf(' ');
      const found = see(look.slice(0, space) as Look, look.slice(space + 1));
      return (found.print ??= printOf(attempt(() => [found.give()])));
    },
    noting: (taken) => {
      const note =
        <T>(kind: Look) =>
        (path = ''): T => {
          taken.add(`${kind} ${path}`);
          return see(kind, path).give() as T;
        };
      return {
        root: looks.root,
        ...{ read: note('read'), exists: note('exists'), isDirectory: note('isDirectory') },
        ...{ list: note('list'), resolve: note('resolve'), outerRules: note('outerRules') },
      };
    },
  };
}

/** Returns or throws what `work` did, each time. */
function outcome(work: () => unknown): () => unknown {
  try {
    const value = work();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** @param answer in a list; undefined if the look failed */
function printOf(answer: [unknown] | undefined): string {
  const [value] = answer ?? ['failed'];
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (value === undefined) return '';
  // Directories come in any order.
  const sorted = Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value;
  return fingerprint(sorted);
}
