/** What a rollback goes back to, from the records alone; the plan compares that with AWS and decides what to write. */

import { LambdaPythonError } from '../../errors';
import {
  identityOf,
  type DesiredFunction,
  type FunctionState,
  type PackageReference,
} from '../model/function-state';
import type { ReleaseFacts } from '../model/plan';
import { isNumbered } from '../model/remote-function';
import { liveCode, type RecordedFunction, type ReleaseRecord } from './record';
import { readRecords, type RecordAccess } from './record-store';

export interface RollbackFunction extends DesiredFunction, WayBack {
  /** What it is to run. */
  state: FunctionState;
  /** Null where only the digest is known: then the package's key is made of it. */
  package: PackageReference | null;
}

/** How one function is brought back. Only a numbered version still is what it was; else the code itself is. */
interface WayBack {
  /** The version that its alias goes back to; null: to one that is published of the code, if it has an alias. */
  version: string | null;
  /** Whether $LATEST gets code. */
  putsCode: boolean;
  /** Base64; null if unknown. */
  code: string | null;
}

export interface RollbackTarget {
  /** The release that is undone, or gone back to. */
  of: number;
  /** `undo release 12`, `back to release 9` */
  description: string;
  /** The release that is undone, or gone back to. */
  record: ReleaseRecord;
  /** What callers use now: going back to a release from before the alias moves the alias, too. */
  alias: string | null;
  /** Some release since then has changed what $LATEST runs for its callers, and not only behind an alias. */
  isLatestCalled: boolean;
  functions: RollbackFunction[];
  /** Functions for which no record says what they ran, with the reason. */
  unknown: { name: string; reason: string }[];
}

/**
 * The default: all that the last release found before it, whatever kind of release it was; one that was
 * brought back already has left nothing to undo, and an undoing that did not come to its end is gone on
 * with. Needs the records from that one on, and the one that `interruptedUndo` names.
 * @param lockedFor the release whose end is missing according to the lock; null if there is none
 * @throws RELEASE_NOT_FOUND
 */
export function undoLast(
  records: readonly ReleaseRecord[],
  subject: string,
  lockedFor: number | null = null,
): RollbackTarget {
  const last = records.findLast(({ status }) => status !== 'rolled-back');
  if (last === undefined) {
    throw new LambdaPythonError('RELEASE_NOT_FOUND', {
      message: `${subject} has no release to undo: none was recorded, or all were rolled back`,
      hint: 'list them: `nx releases <service>`; `--to=<number>` goes back to one of them',
    });
  }
  const earlier = records.find(({ number }) => number === interruptedUndo(last, lockedFor));
  const isResumed = earlier !== undefined && undoes(last, earlier);
  const undone = isResumed ? earlier : last;
  const functions = undone.functions.filter(
    // One that did not exist and was skipped needs no undoing.
    ({ status, before }) => before !== null || status !== 'skipped',
  );
  const isLatestCalled = undone.alias === null;
  return {
    of: undone.number,
    description: `undo release ${undone.number}${isResumed ? `, as release ${last.number} began to` : ''}`,
    record: undone,
    alias: undone.alias,
    isLatestCalled,
    ...split(
      functions.map((one) => ({ one, state: one.before, reason: CREATED })),
      isLatestCalled,
    ),
  };
}

/**
 * The release that this one may have undone to undo; null unless it is a rollback without a good end.
 * Who holds the lock still has not told anybody of its end, whatever the record says.
 */
export function interruptedUndo(
  { kind, status, of, number }: ReleaseRecord,
  lockedFor: number | null,
): number | null {
  const isEnded = status === 'succeeded' || status === 'rolled-back';
  return kind === 'rollback' && (!isEnded || number === lockedFor) ? of : null;
}

/**
 * What ran right after a release: what it wrote itself, and for every function that it did not touch
 * or did not finish, what the next release with that function found. Functions that no later release
 * touched still run what they ran then. Needs the records from that one to the newest.
 * @throws RELEASE_NOT_FOUND
 */
export function backTo(
  number: number,
  records: readonly ReleaseRecord[],
  subject: string,
): RollbackTarget {
  const index = records.findIndex((record) => record.number === number);
  const goal = records[index];
  if (goal === undefined) {
    throw new LambdaPythonError('RELEASE_NOT_FOUND', {
      message: `${subject} has no release ${number}`,
      hint: 'name one that `nx releases <service>` lists (of another stage: `--stage`)',
    });
  }
  const wanted = new Map<string, Wanted>();
  for (const one of goal.functions) {
    if (one.after) wanted.set(one.name, { one, state: one.after, reason: '' });
  }
  const since = records.slice(index);
  for (const record of since.slice(1)) {
    for (const one of record.functions) {
      if (wanted.has(one.name)) continue;
      // Of a release that undid nothing of it, `before` is what ran all the time.
      wanted.set(one.name, { one, state: one.before, reason: CREATED_LATER });
    }
  }
  for (const one of goal.functions) {
    if (!wanted.has(one.name)) wanted.set(one.name, { one, state: null, reason: UNFINISHED });
  }
  const isLatestCalled = since.slice(1).some(({ alias }) => alias === null);
  return {
    of: number,
    description: `back to release ${number}`,
    record: goal,
    alias: since.findLast(({ alias }) => alias !== null)?.alias ?? null,
    isLatestCalled,
    ...split([...wanted.values()], isLatestCalled),
  };
}

/** A rollback with `--to` also names a release, but brings back what ran after it. */
function undoes(rollback: ReleaseRecord, release: ReleaseRecord): boolean {
  const before = new Map(release.functions.map((one) => [one.name, one.before]));
  return rollback.functions.every(({ name, goal }) => {
    const state = before.get(name);
    return state !== undefined && state !== null && liveCode(state) === goal;
  });
}

const CREATED = 'was created by this release';
const CREATED_LATER = 'was created later';
const UNFINISHED = 'failed in that release, and no later release has touched it';

/** With the reason why no record says it, if the state is null. */
interface Wanted {
  one: RecordedFunction;
  state: FunctionState | null;
  reason: string;
}

function split(
  all: readonly Wanted[],
  isLatestCalled: boolean,
): Pick<RollbackTarget, 'functions' | 'unknown'> {
  const functions: RollbackFunction[] = [];
  const unknown: RollbackTarget['unknown'] = [];
  for (const { one, state, reason } of all) {
    if (state === null) unknown.push({ name: one.name, reason });
    else {
      const { beforePackage } = one;
      const source = beforePackage?.sha256 === state.codeSha256 ? beforePackage : null;
      const way = wayBack(state, isLatestCalled);
      functions.push({ ...identityOf(one), ...way, state, package: source });
    }
  }
  functions.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { functions, unknown };
}

function wayBack(state: FunctionState, isLatestCalled: boolean): WayBack {
  const { alias, codeSha256 } = state;
  return alias === null || !isNumbered(alias.version)
    ? { version: null, putsCode: true, code: liveCode(state) }
    : { version: alias.version, putsCode: isLatestCalled, code: codeSha256 };
}

export type PackageOrigin = Pick<ReleaseFacts, 'runtime' | 'architecture'>;

const BATCH = 8;

/** Releases that are looked through: beyond, the one that is undone speaks for all. */
const MOST = 48;

/**
 * By digest; what no record names is left out. The records from that release on, backwards.
 * @throws what S3 refuses
 */
export async function packageOrigins(
  digests: readonly string[],
  newest: number,
  access: RecordAccess,
): Promise<Map<string, PackageOrigin>> {
  const found = new Map<string, PackageOrigin>();
  const isFound = (): boolean => digests.every((one) => found.has(one));
  for (let last = newest; last > Math.max(0, newest - MOST) && !isFound(); last -= BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, last) }, (_, index) => last - index);
    for (const { package: source, functions, ...origin } of await readable(numbers, access)) {
      // A deploy leaves functions only with packages that were built for the same.
      const kept = source === null ? [] : functions.map(({ goal }) => goal);
      for (const sha256 of new Set([source?.sha256, ...kept])) {
        if (!sha256 || !digests.includes(sha256) || found.has(sha256)) continue;
        found.set(sha256, { runtime: origin.runtime, architecture: origin.architecture });
      }
    }
  }
  return found;
}

/** One that cannot be read any more is in no rollback's way. */
async function readable(numbers: readonly number[], access: RecordAccess) {
  try {
    return await readRecords(numbers, access);
  } catch (error) {
    if (error instanceof LambdaPythonError && error.code === 'RELEASE_NOT_FOUND') return [];
    throw error;
  }
}
