/** One deploy at a time for each service, account, region and stage: an object that S3 replaces only under its ETag. */

import { LambdaPythonError } from '../../errors';
import type { FunctionService } from '../calls/function-service';
import { withRetries } from '../calls/send';
import type { AwsFailure, AwsResult } from '../model/aws-failure';
import type { AwsOperation } from '../model/permissions';
import {
  objectUrl,
  type ObjectLocation,
  type StoredText,
  type WriteCondition,
} from '../upload/object-storage';
import type { ReleaseStatus } from './record';
import {
  readText,
  writeText,
  lockFailure,
  unguardedError,
  type RecordAccess,
} from './record-store';

/** The holder renews it so often, */
export const RENEW_SECONDS = 60;

/** and one that was not renewed for so long, by S3's clock alone, belongs to a process that is gone. */
const STALE_SECONDS = 300;

export interface LockHolder {
  owner: string;
  host: string;
  pid: number;
  /** Names the process on its machine: one that has ended there is not waited for. */
  process: string;
  /** The URL of the CI run. */
  run: string | null;
  /** `nx deploy orders -c production` */
  command: string;
  /** ISO 8601, by the holder's clock: to read, never to decide by. */
  heldSince: string;
}

/** `lock.json`. No two writes of it are ever the same bytes: an ETag must not come back. */
export interface LockFile {
  format: 1;
  /** A free lock is written, not deleted: deploying needs no s3:DeleteObject. */
  state: 'held' | 'free';
  /** The release that it is, or was, held for. */
  number: number;
  /** Of the one who took it: tells our own write, whose answer was lost, from anybody else's. */
  token: string;
  renewed: number;
  /** Whether the storage was seen to refuse what does not fit its condition: some take the header and ignore it. */
  guarded: boolean;
  /** The last release that ended while the lock was held. */
  last: { number: number; status: ReleaseStatus } | null;
  holder: LockHolder | null;
}

/** What a look at the lock has shown. */
export interface LockView {
  file: LockFile | null;
  condition: WriteCondition;
  /** By S3's clock, since the last renewal; 0 without a lock. */
  seconds: number;
}

const NO_LOCK: LockView = { file: null, condition: 'absent', seconds: 0 };

/** A lock that this process holds. */
interface HeldLock {
  file: LockFile;
  etag: string;
}

function lockLocation(access: RecordAccess): ObjectLocation {
  return { bucket: access.bucket, key: `${access.releases}lock.json` };
}

/** @throws ACCESS_DENIED and what else S3 refuses; a lock that may not be seen counts as none until it is written */
export async function lookAtLock(access: RecordAccess & { force?: boolean }): Promise<LockView> {
  const location = lockLocation(access);
  const result = await withRetries(() => access.records.read(location), access);
  if (result.ok && result.value === null) await refuseEarlier(access);
  if (result.ok) return viewOf(result.value, location);
  // Without s3:ListBucket, S3 says 403 of what is missing.
  if (result.failure.kind === 'denied') return NO_LOCK;
  throw lockFailure(result.failure, location, access);
}

/**
 * Before the first release of an account and region: one by an earlier version of the plugin may be under way,
 * whose lock does not tell which account it is for.
 * @throws RELEASE_LOCKED
 */
async function refuseEarlier(access: RecordAccess & { force?: boolean }): Promise<void> {
  if (access.earlier === undefined) return;
  const key = `${access.earlier.releases}lock.json`;
  const location = { bucket: access.bucket, key };
  const result = await withRetries(() => access.records.read(location), access);
  if (!result.ok || result.value === null) return;
  const view = viewOf(result.value, location);
  if (isHeld(view, access) && !access.force) throw lockedError(view, access);
}

/** Whether another release is running under the lock. */
export function isHeld({ file, seconds }: LockView, access: RecordAccess): boolean {
  if (file?.state !== 'held' || seconds >= STALE_SECONDS) return false;
  return file.holder === null || !access.isGone(file.holder.process);
}

/** The release whose end was never recorded: it was killed while it held the lock, or left without an end. */
export function unendedRelease(file: LockFile | null): number | null {
  if (file?.state === 'held') return file.number;
  return file?.last?.status === 'started' ? file.last.number : null;
}

/**
 * Takes the lock that was looked at. Null where it has changed since: what was read meanwhile may be
 * out of date, so the caller looks and plans again.
 * @throws RELEASE_LOCKED while another holds it, unless forced
 */
export async function takeLock(
  view: LockView,
  number: number,
  holder: LockHolder,
  access: RecordAccess & { force?: boolean },
): Promise<HeldLock | null> {
  if (isHeld(view, access) && !access.force) throw lockedError(view, access);
  const file: LockFile = {
    format: 1,
    state: 'held',
    number,
    token: access.token(),
    renewed: 0,
    guarded: view.file?.guarded ?? false,
    last: view.file?.last ?? null,
    holder,
  };
  const written = await writeLock(file, view.condition, access);
  if (written.ok) return proven({ file, etag: written.value.etag }, access);
  const { failure } = written;
  if (failure.kind === 'not-found') return null;
  if (failure.kind !== 'precondition') throw lockFailure(failure, lockLocation(access), access);
  // S3 says that there is a lock: it must not stay hidden.
  if (view.condition === 'absent') await readText(lockLocation(access), access);
  return null;
}

/** Gives it back. A lock that another has taken over is left to it. */
export function freeLock(
  held: HeldLock,
  last: LockFile['last'],
  access: RecordAccess,
): Promise<AwsResult<HeldLock>> {
  const changes = { state: 'free', last: last ?? held.file.last, holder: null } as const;
  return renewLock(held, access, changes);
}

/** The lock with a later renewal; a failure of kind `lock-lost` where another has it now. */
export async function renewLock(
  held: HeldLock,
  access: RecordAccess,
  changes: Partial<LockFile> = {},
): Promise<AwsResult<HeldLock>> {
  const file: LockFile = { ...held.file, ...changes, renewed: held.file.renewed + 1 };
  const written = await writeLock(file, { etag: held.etag }, access);
  if (written.ok) return { ok: true, value: { file, etag: written.value.etag } };
  const { failure } = written;
  if (failure.kind !== 'precondition' && failure.kind !== 'not-found') return written;
  const message = `the release lock ${objectUrl(lockLocation(access))} was taken over by another deploy`;
  return { ok: false, failure: { ...failure, kind: 'lock-lost', name: 'LockLost', message } };
}

function writeLock(file: LockFile, condition: WriteCondition, access: RecordAccess) {
  return writeText(lockLocation(access), renderLock(file), condition, access);
}

function renderLock(file: LockFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * One write that must be refused, once for each lock's life; the lock is given back where it is not.
 * @throws RECORDS_UNSUPPORTED if the write is accepted: such a lock would exclude no other deploy
 */
async function proven(held: HeldLock, access: RecordAccess): Promise<HeldLock> {
  const { file } = held;
  if (file.guarded) return held;
  const location = lockLocation(access);
  const condition = { etag: `"${'0'.repeat(32)}"` };
  try {
    const probe = await withRetries(
      () => access.records.write(location, renderLock(file), condition),
      access,
    );
    if (probe.ok) throw unguardedError(location);
    if (probe.failure.kind !== 'precondition') throw lockFailure(probe.failure, location, access);
  } catch (error) {
    await freeLock(held, null, access);
    throw error;
  }
  return { ...held, file: { ...file, guarded: true } };
}

function viewOf(stored: StoredText | null, location: ObjectLocation): LockView {
  if (stored === null) return NO_LOCK;
  const { text, etag, lastModified, now } = stored;
  return {
    file: parseLock(text, location),
    condition: { etag },
    seconds: Math.max(0, (now - lastModified) / 1000),
  };
}

function parseLock(text: string, location: ObjectLocation): LockFile {
  try {
    const file = JSON.parse(text) as Partial<LockFile>;
    const isKnown = file.format === 1 && (file.state === 'held' || file.state === 'free');
    if (isKnown && Number.isSafeInteger(file.number))
      return { last: null, guarded: false, ...file } as LockFile;
  } catch {
    // Told below.
  }
  throw new LambdaPythonError('RELEASE_LOCKED', {
    message: `${objectUrl(location)} is not a release lock that this version can read, so another deploy may be running; nothing was changed`,
    hint: `update nx-lambda-python if a newer version wrote it, or delete it: \`aws s3 rm ${objectUrl(location)}\``,
  });
}

export function lockedError({ file, seconds }: LockView, access: RecordAccess): LambdaPythonError {
  const { owner, host, pid, run, command, heldSince } = file?.holder ?? UNKNOWN_HOLDER;
  const where = run === null ? `${host}, process ${pid}` : `${host}, ${run}`;
  const left = Math.max(1, Math.ceil((STALE_SECONDS - seconds) / 60));
  return new LambdaPythonError('RELEASE_LOCKED', {
    message: `${access.subject} is being released by ${owner} (${where}) with \`${command}\` since ${heldSince}, last heard of ${Math.round(seconds)} s ago; nothing was changed`,
    hint: `wait until it ends; if that process is gone, run again in ${left} min, when the lock expires, or now with --forceUnlock`,
  });
}

const UNKNOWN_HOLDER: LockHolder = {
  owner: 'somebody',
  host: 'unknown host',
  pid: 0,
  process: '',
  run: null,
  command: 'nx deploy',
  heldSince: 'an unknown time',
};

/** Nothing is written under a lock that was not renewed for so long: others may soon take it over. */
const TRUSTED_SECONDS = STALE_SECONDS - 60;

export interface LockKeeper {
  /** To be called every RENEW_SECONDS; never throws. */
  renew(): Promise<void>;
  /** Null while the lock is ours; renews it first where that may have ceased, as after a laptop's sleep. */
  check(): Promise<AwsFailure | null>;
  /** The number under which the release is recorded, if it is not the planned one. */
  setNumber(number: number): Promise<AwsFailure | null>;
  /** Once; nothing is written under it from the moment of asking. */
  free(last: LockFile['last']): Promise<AwsResult<unknown>>;
}

/** `wallNow`: Date.now; some systems stop the other clock while they sleep. */
export function keepLock(first: HeldLock, access: RecordAccess, wallNow: () => number): LockKeeper {
  let held = first;
  let lost: AwsFailure | null = null;
  let renewed = [access.clock.now(), wallNow()] as const;
  let last: Promise<unknown> = Promise.resolve();
  let given: Promise<AwsResult<unknown>> | null = null;

  /** One write at a time: the ETag of each is the condition of the next. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  }

  async function renewNow(changes: { number?: number } = {}) {
    if (lost !== null) return lost;
    const asked = [access.clock.now(), wallNow()] as const;
    const result = await renewLock(held, access, changes);
    if (result.ok) {
      held = result.value;
      renewed = asked;
      return null;
    }
    if (result.failure.kind === 'lock-lost') lost = result.failure;
    return result.failure;
  }

  function isTrusted(): boolean {
    const [clock, wall] = renewed;
    const seconds = Math.max(access.clock.now() - clock, wallNow() - wall) / 1000;
    return seconds < TRUSTED_SECONDS;
  }

  return {
    renew: () =>
      inTurn(async () => {
        await renewNow();
      }),
    async check() {
      if (given !== null) return GIVEN_BACK;
      if (lost !== null || isTrusted()) return lost;
      return inTurn(async () => {
        if (lost !== null || isTrusted()) return lost;
        const failure = await renewNow();
        return failure === null ? null : { ...failure, kind: 'lock-lost' as const };
      });
    },
    setNumber: (number) => inTurn(() => renewNow({ number })),
    free: (ended) =>
      (given ??= inTurn(async () =>
        lost === null ? freeLock(held, ended, access) : { ok: false, failure: lost },
      )),
  };
}

const GIVEN_BACK: AwsFailure = {
  kind: 'lock-lost',
  operation: 'PutObject',
  name: 'Interrupted',
  message: 'the release was interrupted and has released its lock',
};

/** Every write asks first whether the lock is still ours; with a lost one it would race another deploy. */
export function guardedFunctions(
  functions: FunctionService,
  lock: Pick<LockKeeper, 'check'>,
): FunctionService {
  const guarded = async <T>(
    operation: AwsOperation,
    write: () => Promise<AwsResult<T>>,
  ): Promise<AwsResult<T>> => {
    const failure = await lock.check();
    return failure === null ? write() : { ok: false, failure: { ...failure, operation } };
  };
  return {
    get: (name, qualifier) => functions.get(name, qualifier),
    invoke: (name, payload, qualifier) => functions.invoke(name, payload, qualifier),
    codeStorage: () => functions.codeStorage(),
    aliasWeights: (name, alias) => functions.aliasWeights(name, alias),
    updateCode: (update) => guarded('UpdateFunctionCode', () => functions.updateCode(update)),
    updateLayers: (update) =>
      guarded('UpdateFunctionConfiguration', () => functions.updateLayers(update)),
    publish: (name, sha256) => guarded('PublishVersion', () => functions.publish(name, sha256)),
    createAlias: (alias) => guarded('CreateAlias', () => functions.createAlias(alias)),
    updateAlias: (alias) => guarded('UpdateAlias', () => functions.updateAlias(alias)),
    create: (request) => guarded('CreateFunction', () => functions.create(request)),
  };
}
