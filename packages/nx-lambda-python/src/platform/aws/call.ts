/** Turns a call that throws into one that answers. */

import type { AwsResult } from '../../release/model/aws-failure';
import type { AwsOperation } from '../../release/model/permissions';
import { isClockCorrected, toFailure } from './failure';

/** @throws what is not AWS's doing. */
export async function call<T>(
  operation: AwsOperation,
  send: () => Promise<T>,
): Promise<AwsResult<T>> {
  try {
    return { ok: true, value: await sendInTime(send) };
  } catch (error) {
    return { ok: false, failure: toFailure(error, operation) };
  }
}

/**
 * The SDK learns AWS's time from each answer and signs the next request by it. What was refused for this
 * machine's clock was not carried out, so it is sent once more, whatever it is.
 */
async function sendInTime<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!isClockCorrected(error)) throw error;
    return send();
  }
}
