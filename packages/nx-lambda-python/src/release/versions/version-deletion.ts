/** Deletes what a plan of versions says, one call for each, under the rate of the account's writes. */

import { describe, isAmbiguous, stopsEverything, type AwsFailure } from '../model/aws-failure';
import { forEachLimited, paced } from '../calls/send';
import { storedBytes } from '../plan/code-storage';
import { versionsToDelete, type VersionPlan } from './version-prune';
import type { VersionPorts } from './version-reading';

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

export interface Deletion {
  /** Of the function. */
  name: string;
  version: string;
  /** Bytes of its zip. */
  size: number;
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
  let isSent = true;
  let mayBeGone = false;
  const result = await paced(
    async () => {
      const stop = stoppedBy();
      if (stop !== null) {
        isSent = false;
        return { ok: false, failure: stop } as const;
      }
      const sent = await ports.versions.deleteVersion(name, version);
      mayBeGone ||= !sent.ok && isAmbiguous(sent.failure.kind);
      return sent;
    },
    ports.writes,
    ports,
  );
  if (result.ok) return { status: 'deleted' };
  const { failure } = result;
  if (!isSent) return notTried(failure);
  const reason = describe(failure);
  switch (failure.kind) {
    case 'not-found':
      // Deleted by an earlier call whose answer was lost, or by another process.
      return mayBeGone ? { status: 'deleted' } : { status: 'deleted', reason: 'was already gone' };
    case 'conflict':
      return { status: 'kept', reason };
    default:
      return { status: 'failed', reason, failure };
  }
}

function notTried(failure: AwsFailure): End {
  return { status: 'skipped', reason: `not tried after ${describe(failure)}` };
}
