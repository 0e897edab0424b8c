/** Everything that a deploy speaks through, opened and closed as one. */

import { connectFunctions, connectStorage } from '../../platform/aws/connect';
import { systemClock } from '../../release/clock';
import type { PackageAccess } from './prepare';
import { tokenBucket, type RateLimiter } from '../../release/rate';
import { READ_RATE } from '../../release/remote-states';
import { openAccount } from '../upload/account';
import type { DeployRequest } from './request';

export interface DeployAccess extends PackageAccess {
  writes: RateLimiter;
  close(): Promise<void>;
}

/** Two at once after a rest, so that a timer that is late by a millisecond costs no token. */
const WRITE_BURST = 2;

/** The caller closes it, whatever happens. */
export async function openDeployAccess(request: DeployRequest): Promise<DeployAccess> {
  const { settings, workspaceRoot, writesPerSecond } = request;
  const account = await openAccount(settings, workspaceRoot);
  const closers = [() => account.close()];
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const lambda = await connectFunctions(account.aws);
    closers.push(async () => lambda.close());
    const s3 = await connectStorage(account.aws);
    closers.push(async () => s3.close());
    return {
      functions: lambda.functions,
      storage: s3.storage,
      simulated: account.simulated,
      isBucketOnDemand: settings.simulated,
      place: lambda.place,
      reads: tokenBucket(READ_RATE, systemClock),
      writes: tokenBucket({ perSecond: writesPerSecond, burst: WRITE_BURST }, systemClock),
      clock: systemClock,
      random: Math.random,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
