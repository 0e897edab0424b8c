/** Reads what decides which versions can go, in an order that minds releases under way, and deletes what a plan says. */

import { failureError, type AwsPlace } from '../calls/failure-error';
import {
  describe,
  isAmbiguous,
  stopsEverything,
  type AwsFailure,
  type AwsResult,
} from '../model/aws-failure';
import { storedBytes } from '../apply/code-storage';
import type { RateLimiter } from '../calls/rate';
import { forEachLimited, paced, withRetries, type RetryPolicy } from '../calls/send';
import { numberOfKey, ownPrefix, stagesPrefix } from '../records/record';
import { lastRecords, lockFailure, type RecordAccess } from '../records/record-store';
import { isHeld, lockedError, lookAtLock } from '../records/release-lock';
import {
  versionsToDelete,
  type FunctionVersions,
  type PlannedVersion,
  type PublishedVersion,
  type StageRecords,
  type VersionPlan,
  type VersionService,
} from './version-prune';

export interface VersionPorts extends RetryPolicy {
  versions: VersionService;
  /** Listing takes from the same pool as the writes of deploys. */
  writes: RateLimiter;
  place: AwsPlace;
}

/** What it takes to read the records of every stage of an account and region. */
export interface StageAccess extends Omit<RecordAccess, 'releases' | 'earlier' | 'subject'> {
  account: string;
  prefix: string;
  project: string;
  /** Whether a release under way is not a reason to stop. */
  force: boolean;
}

const LISTS_IN_FLIGHT = 8;

/**
 * Versions, then locks, then records, then aliases. A release that published a version of this list either still
 * holds its lock, which is refused, or has ended, and its record and alias are read after that. What is published
 * later is not in the list.
 * @throws RELEASE_LOCKED, and what AWS refuses: without all of them nothing can be decided
 */
export async function readVersionFacts(
  names: readonly string[],
  keep: number,
  ports: VersionPorts,
  access: StageAccess,
): Promise<{ functions: Map<string, FunctionVersions | null>; stages: StageRecords[] }> {
  const functions = new Map<string, FunctionVersions | null>(names.map((name) => [name, null]));
  // One goes ahead: its answer names the account, by whose rate the others are let through.
  for (const some of [names.slice(0, 1), names.slice(1)]) {
    await forEachLimited(some, LISTS_IN_FLIGHT, async (name) => {
      functions.set(name, await readVersions(name, ports));
    });
  }
  const stages = await readStages(keep, access);
  // All versions of a function that has no more are kept anyway, whatever its aliases.
  const surplus = [...functions.values()].filter((one) => (one?.versions.length ?? 0) > keep);
  await forEachLimited(surplus, LISTS_IN_FLIGHT, async (one) => {
    if (one === null) return;
    const list = (marker?: string) => ports.versions.listAliases(one.name, marker);
    const pages = await everyPage(one.name, list, ports);
    const aliases = pages?.flatMap((page) => page.aliases);
    functions.set(one.name, aliases === undefined ? null : { ...one, aliases });
  });
  return { functions, stages };
}

async function readVersions(name: string, ports: VersionPorts): Promise<FunctionVersions | null> {
  const pages = await everyPage(name, (marker) => ports.versions.listVersions(name, marker), ports);
  if (pages === null) return null;
  // `arn:aws:lambda:<region>:<account>:function:…`
  const account = pages.map(({ arn }) => arn?.split(':')[4]).find(Boolean) ?? null;
  return { name, account, versions: pages.flatMap(({ versions }) => versions), aliases: [] };
}

/** Null where the function does not exist. */
async function everyPage<Page extends { marker?: string }>(
  name: string,
  list: (marker?: string) => Promise<AwsResult<Page>>,
  ports: VersionPorts,
): Promise<Page[] | null> {
  const pages: Page[] = [];
  do {
    const page = await paced(() => list(pages.at(-1)?.marker), ports.writes, ports);
    if (page.ok) pages.push(page.value);
    else if (page.failure.kind === 'not-found') return null;
    else throw failureError(page.failure, `function \`${name}\``, ports.place);
  } while (pages.at(-1)?.marker !== undefined);
  return pages;
}

/**
 * The plan without the versions that a durable execution runs on: no alias starts any more there.
 * @throws what AWS refuses: an execution may take a year, and can't be brought back
 */
export async function withoutRunning(plan: VersionPlan, ports: VersionPorts): Promise<VersionPlan> {
  const running = new Set<string>();
  const asked = plan.functions.flatMap((one) =>
    versionsToDelete(one)
      .filter(({ isDurable }) => isDurable)
      .map(({ version }) => [one.name, version] as const),
  );
  await forEachLimited(asked, LISTS_IN_FLIGHT, async ([name, version]) => {
    const answer = await paced(
      () => ports.versions.hasRunningExecution(name, version),
      ports.writes,
      ports,
    );
    if (!answer.ok) {
      throw failureError(answer.failure, `function \`${name}:${version}\``, ports.place);
    }
    if (answer.value) running.add(`${name}:${version}`);
  });
  const functions = plan.functions.map(({ name, versions }) => ({
    name,
    versions: versions.map((one): PlannedVersion =>
      running.has(`${name}:${one.version}`)
        ? { ...one, status: 'keep', reasons: [...one.reasons, 'running executions'] }
        : one,
    ),
  }));
  return { ...plan, functions, bytes: storedBytes(functions.flatMap(versionsToDelete)) };
}

async function readStages(keep: number, access: StageAccess): Promise<StageRecords[]> {
  const { bucket, prefix, project, records } = access;
  const root = stagesPrefix(prefix, project);
  const listed = await withRetries(() => records.list(bucket, root), access);
  if (!listed.ok) {
    throw lockFailure(listed.failure, { bucket, key: root }, { ...access, releases: root });
  }
  const stages: StageRecords[] = [];
  const owner = { account: access.account, region: access.place.region };
  const ownRoot = ownPrefix(root, owner);
  for (const [stage, numbers] of stagesOf([ownRoot, root], listed.value)) {
    const subject = `\`${project}\` (stage ${stage})`;
    const earlier = { releases: `${root}${stage}/`, owner };
    const own: RecordAccess = { ...access, releases: `${ownRoot}${stage}/`, earlier, subject };
    const lock = await lookAtLock(own);
    if (isHeld(lock, own) && !access.force) throw lockedError(lock, own);
    stages.push({ stage, records: await lastRecords(numbers, keep, own) });
  }
  return stages;
}

/** By the folders right below the roots: the numbers of their records, ascending; none if there is only a lock. */
function stagesOf(roots: readonly string[], keys: readonly string[]): Map<string, number[]> {
  const stages = new Map<string, Set<number>>();
  for (const root of roots) {
    for (const key of keys.filter((one) => one.startsWith(root))) {
      const [stage = '', file, ...deeper] = key.slice(root.length).split('/');
      if (file === undefined || deeper.length > 0) continue;
      const number = numberOfKey(`${root}${stage}/`, key);
      const numbers = stages.get(stage) ?? new Set();
      stages.set(stage, number === null ? numbers : numbers.add(number));
    }
  }
  return new Map([...stages].map(([stage, found]) => [stage, [...found].sort((a, b) => a - b)]));
}

/**
 * - deleted: it is gone
 * - kept: an alias points to it by now
 * - failed: AWS refused for another reason
 * - skipped: not tried, since every further deletion would have been refused as well
 */
export type DeletionStatus = 'deleted' | 'kept' | 'failed' | 'skipped';
export const DELETION_STATUSES: readonly DeletionStatus[] = [
  'deleted',
  'kept',
  'skipped',
  'failed',
];

export interface Deletion extends Pick<PublishedVersion, 'version' | 'size'> {
  /** Of the function. */
  name: string;
  status: DeletionStatus;
  /** In AWS's words where it was AWS. */
  reason?: string;
}

const DELETIONS_IN_FLIGHT = 8;

/** In the order of the plan; the oldest of a function goes first. */
export async function deleteVersions(
  plan: VersionPlan,
  ports: VersionPorts & { onDeletion?: (deletion: Deletion) => void },
): Promise<Deletion[]> {
  const items = plan.functions.flatMap((one) =>
    versionsToDelete(one).map(({ version, size }) => ({ name: one.name, version, size })),
  );
  const deletions: Deletion[] = [];
  let stopped: AwsFailure | null = null;
  await forEachLimited(items.entries(), DELETIONS_IN_FLIGHT, async ([index, item]) => {
    const end = stopped === null ? await deleteOne(item, ports, () => stopped) : notTried(stopped);
    const { failure, ...ending } = end;
    if (failure && stopsEverything(failure) && stopped === null) {
      stopped = failure;
      // Those that wait for the rate send nothing more.
      ports.writes.open();
    }
    const deletion: Deletion = { ...item, ...ending };
    deletions[index] = deletion;
    ports.onDeletion?.(deletion);
  });
  return deletions;
}

/** Bytes of the zips of what is gone. */
export function freedBytes(deletions: readonly Deletion[]): number {
  return storedBytes(deletions.filter(({ status }) => status === 'deleted'));
}

type End = Pick<Deletion, 'status' | 'reason'> & { failure?: AwsFailure };

async function deleteOne(
  { name, version }: { name: string; version: string },
  ports: VersionPorts,
  stoppedBy: () => AwsFailure | null,
): Promise<End> {
  let mayBeGone = false;
  const result = await paced(
    async () => {
      const stop = stoppedBy();
      if (stop !== null) return { ok: false, failure: stop } as const;
      const sent = await ports.versions.deleteVersion(name, version);
      mayBeGone ||= !sent.ok && isAmbiguous(sent.failure.kind);
      return sent;
    },
    ports.writes,
    ports,
  );
  if (result.ok) return { status: 'deleted' };
  const { failure } = result;
  if (failure === stoppedBy()) return notTried(failure);
  const reason = describe(failure);
  if (failure.kind === 'conflict') return { status: 'kept', reason };
  if (failure.kind !== 'not-found') return { status: 'failed', reason, failure };
  // Deleted by an earlier call whose answer was lost, or by another process.
  return { status: 'deleted', ...(!mayBeGone && { reason: 'was already gone' }) };
}

function notTried(failure: AwsFailure): End {
  return { status: 'skipped', reason: `not tried after ${describe(failure)}` };
}
