/** Turns a call that throws into one that answers. */

import type { AwsOperation, AwsResult } from '../../release/calls/aws-failure';
import { toFailure } from './failure';

/** @throws what is not AWS's doing. */
export async function call<T>(
  operation: AwsOperation,
  send: () => Promise<T>,
): Promise<AwsResult<T>> {
  try {
    return { ok: true, value: await send() };
  } catch (error) {
    return { ok: false, failure: toFailure(error, operation) };
  }
}
