/** Brings functions back to what they ran: `nx rollback`, and `rollbackOnFailure` of a deploy. */

import type { ExecutorContext } from '@nx/devkit';
import { applyPlan } from '../release/apply/apply';
import {
  readFunction,
  readRemoteStates,
  type AliasReading,
  type FunctionReader,
} from '../release/plan/remote-states';
import { forEachLimited } from '../release/calls/send';
import type {
  FunctionOutcome,
  FunctionState,
  PackageReference,
} from '../release/model/function-state';
import { placeOf, type BackPlan } from '../release/model/plan';
import type { RemoteFunction } from '../release/model/remote-function';
import { selectFunctions } from '../release/plan/functions';
import type { ReleaseRecord } from '../release/records/record';
import {
  listReleases,
  readRecord,
  readRecords,
  type RecordAccess,
} from '../release/records/record-store';
import { unendedRelease, type LockView } from '../release/records/release-lock';
import { neededPackages, neededVersions, planRollback } from '../release/records/rollback-plan';
import {
  backTo,
  interruptedUndo,
  packageOrigins,
  undoLast,
  type PackageOrigin,
  type RollbackTarget,
} from '../release/records/rollback-target';
import type { ObjectLocation } from '../release/upload/object-storage';
import { findReference, packageKey, type StorageAccess } from '../release/upload/package-object';
import { renderError } from '../report/error-text';
import type { RollbackExecutorSchema } from '../schemas/rollback';
import { buildOutput, type Destination } from '../targets/chain';
import { commandOf, nxCommand } from '../targets/project';
import { soleAccount } from './account';
import { DEFAULT_WAIT_TIMEOUT_SECONDS, DEFAULT_WRITES_PER_SECOND } from './deploy-options';
import { releasesRequest } from './releases';
import { runRelease, type Desk, type PlannedRelease, type RunOptions, type Undone } from './run';

export interface RollbackRequest {
  run: RunOptions;
  /** Undefined undoes the last release. */
  to: number | undefined;
  only: readonly string[];
  /** Of the target that lists releases, if the project has one. */
  releasesCommand: string | undefined;
}

/** @throws OPTION_INVALID, BUCKET_NOT_SET */
export function rollbackRequest(
  options: RollbackExecutorSchema,
  context: ExecutorContext,
): RollbackRequest {
  const { scope, account, deploy, upload } = releasesRequest(options, context);
  const accountId = soleAccount(account.destination, options.accountId ?? deploy.accountId);
  return {
    run: {
      scope,
      account: { ...account, accountId },
      rules: { missing: 'error', accountId },
      pacing: {
        writesPerSecond:
          options.writesPerSecond ?? deploy.writesPerSecond ?? DEFAULT_WRITES_PER_SECOND,
        waitTimeoutSeconds:
          options.waitTimeoutSeconds ?? deploy.waitTimeoutSeconds ?? DEFAULT_WAIT_TIMEOUT_SECONDS,
      },
      lock: {
        records: true,
        force: options.forceUnlock ?? false,
        command: nxCommand(context, context.targetName ?? 'rollback'),
      },
      output: {
        dryRun: options.dryRun ?? false,
        format: options.format ?? 'table',
        reportDirectory: buildOutput(context, upload.buildTarget).directory,
      },
    },
    to: options.to,
    only: options.only ?? [],
    releasesCommand: commandOf(context, 'nx-lambda-python:releases') ?? undefined,
  };
}

/** @throws RELEASE_NOT_FOUND, ROLLBACK_IMPOSSIBLE, and what AWS refuses */
export function rollback(request: RollbackRequest): Promise<boolean> {
  const { run } = request;
  return runRelease(run, {
    action: run.output.dryRun ? 'would roll back in' : 'rolls back in',
    readsRecords: true,
    prepare: () => (desk) => planRelease(request, desk),
  });
}

async function planRelease(
  { run, to, only, releasesCommand }: RollbackRequest,
  { access, records, output }: Desk,
): Promise<PlannedRelease> {
  if (records === null) throw new Error('a rollback is planned from records');
  const target = await findTarget(to, only, records.view, records.access);
  for (const { name, reason } of target.unknown) output.note(`left as it is: ${name} ${reason}`);
  const originsOf = (digests: readonly string[]) =>
    packageOrigins(digests, target.of, records.access);
  const { destination } = run.account;
  const plan = await planBack(target, destination, access.functions, access.storage, originsOf);
  return {
    plan,
    title: `${plan.service} in ${placeOf(plan)}, ${target.description}`,
    async commands({ outcomes }) {
      const isGood = outcomes.every(({ status }) => status !== 'failed');
      const { command } = run.lock;
      const again = isGood ? null : await commandAgain(command, to, target.of, records.access);
      return { again, releases: releasesCommand };
    },
  };
}

/** @throws RELEASE_NOT_FOUND, OPTION_INVALID for an `only` that matches nothing */
async function findTarget(
  to: number | undefined,
  only: readonly string[],
  { file }: LockView,
  access: RecordAccess,
): Promise<RollbackTarget> {
  const numbers = await listReleases(access);
  const target =
    to === undefined
      ? await lastTarget(numbers, unendedRelease(file), access)
      : backTo(
          to,
          await readRecords(
            numbers.filter((number) => number >= to),
            access,
          ),
          access.subject,
        );
  const chosen = new Set(selectFunctions(target.functions, only).map(({ name }) => name));
  return { ...target, functions: target.functions.filter(({ name }) => chosen.has(name)) };
}

/** One record is enough, unless the newest ones were brought back already. */
async function lastTarget(
  numbers: readonly number[],
  lockedFor: number | null,
  access: RecordAccess,
): Promise<RollbackTarget> {
  for (const number of [...numbers].reverse()) {
    const [record] = await readRecords([number], access);
    if (record === undefined || record.status === 'rolled-back') continue;
    const undone = interruptedUndo(record, lockedFor);
    const before = undone === null ? [] : await readRecords([undone], access);
    return undoLast([...before, record], access.subject, lockedFor);
  }
  return undoLast([], access.subject);
}

/**
 * The command that continues a rollback of which a part failed. Without `--to` the same command would undo the
 * rollback itself: what ran before the undone release is named by the last good one before it. Null if there is
 * none, or AWS does not say: the report comes first.
 */
async function commandAgain(
  command: string,
  to: number | undefined,
  undone: number,
  access: RecordAccess,
): Promise<string | null> {
  if (to !== undefined) return `${command} --to=${to}`;
  try {
    const earlier = (await listReleases(access)).filter((number) => number < undone);
    for (const number of earlier.reverse()) {
      const stored = await readRecord(number, access);
      if (stored?.record.status === 'succeeded') return `${command} --to=${number}`;
    }
  } catch {
    return null;
  }
  return null;
}

const READS_IN_FLIGHT = 8;

type Place = Pick<Destination, 'bucket' | 'prefix'>;

/**
 * Reads all that a rollback needs and makes its plan; writes nothing.
 *
 * @param originsOf what packages of these digests were built for, as far as records say it
 * @throws ROLLBACK_IMPOSSIBLE, OBJECT_CONFLICT, and what AWS refuses
 */
async function planBack(
  target: RollbackTarget,
  place: Place,
  functions: FunctionReader,
  storage: StorageAccess,
  originsOf: (digests: readonly string[]) => Promise<ReadonlyMap<string, PackageOrigin>>,
): Promise<BackPlan> {
  const { region } = functions.place;
  const remote = await readRemoteStates(
    target.functions.map(({ name }) => name),
    functions,
    aliasReading(target),
  );
  const versions = new Map<string, RemoteFunction | null>();
  const needed = neededVersions({ target, remote });
  await forEachLimited(needed, READS_IN_FLIGHT, async ([name, version]) => {
    versions.set(name, await readFunction(name, version, functions));
  });
  const digests = neededPackages({ target, remote });
  const packages = await findPackages(digests, target, place, storage);
  const origins = await originsOf(digests);
  return planRollback({ target, region, remote, versions, packages, origins });
}

function aliasReading(target: RollbackTarget): AliasReading | undefined {
  if (target.alias === null) return undefined;
  const ways = new Map(target.functions.map((one) => [one.name, one]));
  return {
    name: target.alias,
    isRight: ({ name, alias }) => {
      const way = ways.get(name);
      return way?.putsCode === false && alias?.version === way.version;
    },
    // A gradual shift leaves the alias at the version that it had.
    needsWeights: (_, isRight) => isRight,
  };
}

async function findPackages(
  digests: readonly string[],
  { functions, record }: RollbackTarget,
  { bucket, prefix }: Place,
  storage: StorageAccess,
): Promise<Map<string, PackageReference>> {
  const packages = new Map<string, PackageReference>();
  await forEachLimited(digests, READS_IN_FLIGHT, async (sha256) => {
    const recorded = functions.find((one) => one.package?.sha256 === sha256)?.package;
    // Of this bucket: another one's is not where the records are, and the prefix may have changed since.
    const isHere = recorded?.bucket === bucket.name;
    const key = isHere ? recorded.key : packageKey(prefix, record.service, sha256);
    const location: ObjectLocation = { bucket, key };
    const reference = await findReference(location, sha256, storage);
    if (reference !== null) packages.set(sha256, reference);
  });
  return packages;
}

/**
 * `rollbackOnFailure`: brings back what a failed deploy has changed, under the deploy's own lock and record.
 * Functions that could not be brought back say so and stay failed; never throws for what AWS answers: the report
 * of the deploy must be seen.
 */
export async function bringBack(
  record: ReleaseRecord,
  outcomes: readonly FunctionOutcome[],
  place: Place,
  {
    functions: reader,
    storage,
    waitTimeoutSeconds,
  }: { functions: FunctionReader; storage: StorageAccess; waitTimeoutSeconds: number },
): Promise<Undone> {
  const changed = new Set(
    outcomes.flatMap(({ name, status }) => (isDone(status) || status === 'failed' ? name : [])),
  );
  const functions = record.functions.filter(({ name }) => changed.has(name));
  if (functions.length === 0) return { complete: true, outcomes: [...outcomes] };
  try {
    const target = undoLast([{ ...record, functions }], `\`${record.service}\``);
    // Functions took the deploy's package: one that its record does not know was for the same runtime.
    const plan = await planBack(target, place, reader, storage, async () => new Map());
    const undone = await applyPlan(plan, { ...reader, waitTimeoutSeconds });
    const back = new Map(undone.map((one) => [one.name, one]));
    const left = new Map(target.unknown.map(({ name, reason }) => [name, reason]));
    const isBack = (name: string): boolean => {
      const status = back.get(name)?.status;
      return status === 'updated' || status === 'unchanged';
    };
    const told = outcomes.map((one) => {
      if (!changed.has(one.name)) return one;
      const { error, after = null } = back.get(one.name) ?? {};
      if (isBack(one.name)) return undoneOutcome(one, after);
      return notUndone(one, error ?? left.get(one.name) ?? 'not tried');
    });
    return { complete: [...changed].every(isBack), outcomes: told };
  } catch (error) {
    const reason = renderError(error).split('\n')[0] ?? '';
    const told = outcomes.map((one) => (changed.has(one.name) ? notUndone(one, reason) : one));
    return { complete: false, outcomes: told };
  }
}

function undoneOutcome(one: FunctionOutcome, after: FunctionState | null): FunctionOutcome {
  const { name, handlerName, handler, seconds } = one;
  const rest = { name, handlerName, handler, seconds };
  if (isDone(one.status)) return { ...rest, after, status: 'skipped', error: 'rolled back' };
  return { ...rest, after, status: 'failed', error: `${one.error ?? 'failed'}; rolled back` };
}

function notUndone(one: FunctionOutcome, reason: string): FunctionOutcome {
  const was = isDone(one.status) ? 'runs the new package' : (one.error ?? 'failed');
  return { ...one, status: 'failed', error: `${was}; could not be rolled back: ${reason}` };
}

function isDone(status: FunctionOutcome['status']): boolean {
  return status === 'updated' || status === 'created';
}
