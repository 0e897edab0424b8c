/** The command that goes on with a rollback of which a part failed. */

import { listReleases, readRecord, type RecordAccess } from '../release/records/record-store';
import type { RollbackRequest } from './rollback-request';

/**
 * Without `--to` the same command would undo the rollback itself: what ran before the undone release is
 * named by the last good one before it. Null where there is none, or AWS does not say: the report comes first.
 */
export async function commandAgain(
  { command, to }: Pick<RollbackRequest, 'command' | 'to'>,
  undone: number,
  access: RecordAccess,
): Promise<string | null> {
  if (to !== undefined) return `${command} --to=${to}`;
  try {
    const earlier = (await listReleases(access)).filter((number) => number < undone);
    for (const number of earlier.reverse()) {
      const found = await readRecord(number, access);
      if (found?.record.status === 'succeeded') return `${command} --to=${number}`;
    }
  } catch {
    return null;
  }
  return null;
}
