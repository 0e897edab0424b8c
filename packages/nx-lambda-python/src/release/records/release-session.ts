/** One release from its lock to the end of its record; what was killed on the way is taken up by the next. */

import { LambdaPythonError } from '../../errors';
import { saidBy, type AwsResult } from '../model/aws-failure';
import { isNumbered } from '../model/remote-function';
import { objectUrl } from '../upload/object-storage';
import {
  liveCode,
  recordKey,
  type RecordedFunction,
  type ReleaseDraft,
  type ReleaseRecord,
  type ReleaseStatus,
} from './record';
import {
  lastNumber,
  lockFailure,
  readRecord,
  recordLocation,
  writeRecord,
  type RecordAccess,
  type StoredRecord,
} from './record-store';
import {
  isHeld,
  keepLock,
  RENEW_SECONDS,
  takeLock,
  type LockFile,
  type LockHolder,
  type LockKeeper,
  type LockView,
} from './release-lock';

export interface ReleaseAccess extends RecordAccess {
  holder: LockHolder;
  /** Takes the lock even if another deploy holds it. */
  force: boolean;
  /** Date.now */
  wallNow: () => number;
  /**
   * Has this done before the process ends by Ctrl-C or a request to end, and until what it returns is called.
   * A killed release keeps its lock for minutes, and the next deploy may run on another machine.
   */
  onInterruption: (work: () => Promise<unknown>) => () => void;
  /** Has this done so often, until what it returns is called. */
  every: (seconds: number, work: () => void) => () => void;
}

export interface ReleaseSession {
  number: number;
  record: ReleaseRecord;
  lock: LockKeeper;
  /** Writes the end and gives the lock back; what of that failed, in words, since the functions are what counts. */
  end(status: ReleaseStatus, functions: RecordedFunction[]): Promise<string[]>;
  /** Gives the lock back, unless that is done; the record stays as it is, and the next release takes it up. */
  leave(): Promise<void>;
}

const MAX_NUMBERS = 20;

/**
 * Takes the lock that was looked at before the plan was made, and writes the record before anything else
 * is written. Null if another release was faster: look and plan again.
 * @throws RELEASE_LOCKED, RECORDS_UNSUPPORTED, ACCESS_DENIED: nothing is deployed without its record
 */
export async function beginRelease(
  view: LockView,
  draft: ReleaseDraft,
  access: ReleaseAccess,
): Promise<ReleaseSession | null> {
  const number = (view.file?.number ?? (await lastNumber(access))) + 1;
  const held = await holdLock(view, number, access);
  if (held === null) return null;
  try {
    // Read under the lock: its own end may just have been written.
    const previous = await previousRecord(view, number - 1, access);
    const functions = carriedOver(draft.functions, previous?.record ?? null);
    const stored = await writeFirst({ ...draft, functions }, number, held.lock, access);
    return session(stored, held, access);
  } catch (error) {
    await held.giveBack(null);
    throw error;
  }
}

/** A lock that an interruption gives back, from the moment when it is asked for. */
interface Hold {
  lock: LockKeeper;
  /** The release whose end is not written: an interruption leaves its number in the lock. */
  started: number | null;
  giveBack(last: LockFile['last']): Promise<AwsResult<unknown>>;
}

async function holdLock(
  view: LockView,
  number: number,
  access: ReleaseAccess,
): Promise<Hold | null> {
  const taking = takeLock(view, number, access.holder, access).then((held): Hold | null => {
    if (held === null) return null;
    const lock = keepLock(held, access, access.wallNow);
    const rest = access.every(RENEW_SECONDS, () => void lock.renew());
    const giveBack: Hold['giveBack'] = (last) => {
      rest();
      return lock.free(last).finally(forget);
    };
    return { lock, started: null, giveBack };
  });
  const forget = access.onInterruption(async () => {
    const hold = await taking;
    return hold?.lock.free(
      hold.started === null ? null : { number: hold.started, status: 'started' },
    );
  });
  const hold = await taking.catch((error: unknown) => {
    forget();
    throw error;
  });
  if (hold === null) forget();
  return hold;
}

/** The last release, if it failed or its end was never recorded. */
async function previousRecord(
  { file }: LockView,
  lastKnown: number,
  access: RecordAccess,
): Promise<StoredRecord | null> {
  if (file?.state === 'free') {
    const isGood = file.last === null || file.last.status === 'succeeded';
    return isGood || file.last === null ? null : readIfAny(file.last.number, access);
  }
  const newest = await readIfAny(file?.number ?? lastKnown, access);
  if (newest !== null || !file?.last) return newest;
  return readIfAny(file.last.number, access);
}

/**
 * What a function ran before the last good release ended: a deploy that resumes one that was killed or
 * failed finds some functions with that release's package, which is not a state to go back to.
 */
export function carriedOver(
  functions: readonly RecordedFunction[],
  previous: ReleaseRecord | null,
): RecordedFunction[] {
  if (previous === null || (previous.status !== 'started' && previous.status !== 'failed')) {
    return [...functions];
  }
  const earlier = new Map(previous.functions.map((one) => [one.name, one]));
  return functions.map((one) => {
    const last = earlier.get(one.name);
    if (last === undefined || one.before === null) return one;
    const code = liveCode(one.before);
    const isAsBefore = last.before !== null && code === liveCode(last.before);
    if (code !== last.goal && !isAsBefore) return one;
    // Its alias was taken from $LATEST meanwhile: only now it has a version to go back to.
    const { alias } = last.before ?? {};
    if (isAsBefore && alias && !isNumbered(alias.version)) return one;
    return { ...one, before: last.before, beforePackage: last.beforePackage };
  });
}

/**
 * Functions that already have this release's package from an earlier release that failed or was killed: the
 * package was never seen to work there.
 * @param rows with what they ran before that one
 */
export function unprovenFunctions(rows: readonly RecordedFunction[]): Set<string> {
  const changed = rows.filter(({ before, goal }) => before === null || liveCode(before) !== goal);
  return new Set(changed.map(({ name }) => name));
}

/**
 * Every function runs what a killed release was to bring: this completes that release's record.
 * Left as it is where another holds the lock, or anything fails: no deploy depends on it.
 * @param isProven whether its package works
 */
export async function settleUnfinished(
  view: LockView,
  { kind, of, package: source, functions }: ReleaseDraft,
  access: ReleaseAccess,
  isProven: (record: ReleaseRecord) => Promise<boolean> = async () => true,
): Promise<number | null> {
  if (view.file === null || isHeld(view, access)) return null;
  const previous = await previousRecord(view, 0, access);
  const { record } = previous ?? {};
  const isThis =
    record?.kind === kind && record.of === of && record.package?.sha256 === source?.sha256;
  const names = new Set(functions.map(({ name }) => name));
  if (!previous || !record || !isThis || !record.functions.every(({ name }) => names.has(name))) {
    return null;
  }
  if (!(await isProven(record))) return null;
  const held = await holdLock(view, view.file.number, { ...access, force: false });
  if (held === null) return null;
  const now = new Map(functions.map((one) => [one.name, one.before]));
  const done = record.functions.map((one): RecordedFunction => {
    const after = now.get(one.name) ?? null;
    const isAsBefore = JSON.stringify(after) === JSON.stringify(one.before);
    const status = one.status === 'unchanged' || isAsBefore ? 'unchanged' : 'updated';
    return { ...one, after, status, error: undefined };
  });
  await session(previous, held, access).end('succeeded', done);
  return record.number;
}

async function writeFirst(
  draft: ReleaseDraft,
  first: number,
  lock: LockKeeper,
  access: ReleaseAccess,
): Promise<StoredRecord> {
  for (let number = first; number < first + MAX_NUMBERS; number += 1) {
    // A lock that was deleted has forgotten the number.
    const failure = number === first ? null : await lock.setNumber(number);
    if (failure !== null) {
      throw new LambdaPythonError('RELEASE_LOCKED', {
        message: `${access.subject} is no longer locked by this release: ${failure.message}; nothing was changed`,
        hint: 'wait for the end of the other deploy, and run the same command again',
        cause: failure,
      });
    }
    const record: ReleaseRecord = {
      format: 1,
      number,
      ...draft,
      status: 'started',
      startedAt: timestamp(access),
      endedAt: null,
    };
    const written = await writeRecord(record, 'absent', access);
    if (written.ok) return { record, etag: written.value.etag };
    // The number is taken. Anything else forbids the release: without its record nothing is deployed.
    if (written.failure.kind === 'precondition') continue;
    throw lockFailure(written.failure, recordLocation(number, access), access);
  }
  const url = objectUrl({ bucket: access.bucket, key: recordKey(access.releases, first) });
  throw new LambdaPythonError('OBJECT_CONFLICT', {
    message: `${url} and the ${MAX_NUMBERS - 1} keys after it already exist, expected a free release number; nothing was changed`,
    hint: 'allow s3:ListBucket on the bucket for this prefix, so that the last release is found',
  });
}

function session(stored: StoredRecord, hold: Hold, access: ReleaseAccess): ReleaseSession {
  const { record } = stored;
  const unended = { number: record.number, status: 'started' as const };
  hold.started = record.number;
  return {
    number: record.number,
    record,
    lock: hold.lock,
    async leave() {
      await hold.giveBack(unended);
    },
    async end(status, functions) {
      const ended = { ...record, status, endedAt: timestamp(access), functions };
      const written = await writeRecord(ended, { etag: stored.etag }, access);
      // A record without its end is read by the next release, which completes it or carries it over.
      const freed = await hold.giveBack(written.ok ? { ...unended, status } : unended);
      return [
        ...(written.ok
          ? []
          : [`release ${record.number} stays recorded as started: ${saidBy(written.failure)}`]),
        ...(freed.ok
          ? []
          : [`the release lock was not released: ${saidBy(freed.failure)}; it expires in 5 min`]),
      ];
    },
  };
}

async function readIfAny(number: number, access: RecordAccess): Promise<StoredRecord | null> {
  if (number < 1) return null;
  try {
    return await readRecord(number, access);
  } catch (error) {
    // Optional: without a readable record of the last release the deploy goes on.
    if (
      error instanceof LambdaPythonError &&
      /^(RELEASE_NOT_FOUND|ACCESS_DENIED)$/.test(error.code)
    ) {
      return null;
    }
    throw error;
  }
}

function timestamp({ wallNow }: ReleaseAccess): string {
  return new Date(wallNow()).toISOString();
}
