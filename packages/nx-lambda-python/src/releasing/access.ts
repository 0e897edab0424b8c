/** Everything that a deploy speaks through, opened and closed as one. */

import { join } from 'node:path';
import { connectFunctions, connectStorage } from '../platform/aws/connect';
import { dayClock, sharedRate } from '../platform/aws/shared-rate';
import { ratesDirectory } from '../platform/store/layout';
import { accountRates, type AccountRates, type RateLimiter } from '../release/calls/rate';
import type { RecordStorage } from '../release/records/record-store';
import type { VersionService } from '../release/versions/version-prune';
import { systemClock } from '../release/model/clock';
import type { FunctionService } from '../release/calls/function-service';
import type { LayerAccess } from '../release/apply/layer-version';
import { ACCOUNT_DIRECTORY, accountNumber, openAccount, type AccountNumber } from './account';
import type { PackageAccess } from './deploy-plan';
import type { DeployRequest } from './deploy-request';

export interface DeployAccess extends PackageAccess, LayerAccess {
  account: AccountNumber;
  records: RecordStorage;
  versions: VersionService;
  /** For what follows once the first limiter was opened: the same rate, shared as that is. */
  writesAgain(): RateLimiter;
  close(): Promise<void>;
}

type RateRequest = Pick<DeployRequest, 'settings' | 'workspaceRoot' | 'writesPerSecond' | 'rules'>;

/** GetFunction has a quota of 100 a second of its own; the rest is left to others. */
const READS_PER_SECOND = 80;
/** Below a second's worth of AWS's bucket: ten deploys that start on two cores send late, hence in bunches. */
const READ_BURST = 60;

/** The caller closes it, whatever happens. */
export async function openDeployAccess(request: RateRequest): Promise<DeployAccess> {
  const { settings, workspaceRoot } = request;
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
    const policy = { clock: systemClock, random: Math.random };
    const asking = { place: lambda.place, ...policy };
    const number = await accountNumber(account, request.rules.accountId, asking);
    const rates = openRates(request, lambda.place.region);
    return {
      ...policy,
      account: number,
      functions: informing(lambda.functions, rates),
      layers: lambda.layers,
      // Where versions are removed, nothing else tells the account.
      versions: {
        ...lambda.versions,
        listVersions: async (...asked) => rates.learn(await lambda.versions.listVersions(...asked)),
      },
      storage: s3.storage,
      records: s3.records,
      simulated: account.simulated,
      isBucketOnDemand: settings.simulated,
      place: lambda.place,
      reads: rates.reads,
      writes: rates.writes,
      writesAgain: () => rates.writesAgain(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Shared by all deploys of this machine to one account and region. */
function openRates(request: RateRequest, region: string): AccountRates {
  const { writesPerSecond } = request;
  const place = `${region}\n${accountPlace(request)}`;
  let isWarned = false;
  return accountRates((kind, account) => {
    const perSecond = kind === 'reads' ? READS_PER_SECOND : writesPerSecond;
    return sharedRate({
      directory: ratesDirectory(),
      key: `${kind}\n${account}\n${place}`,
      perSecond,
      burst: kind === 'reads' ? READ_BURST : Math.max(1, Math.floor(perSecond)),
      // A plan that is read in one go lets its deploy begin while others still read.
      together: kind === 'reads' ? perSecond : 1,
      clock: dayClock,
      onUnusable(reason) {
        if (!isWarned) console.warn(`warning: other deploys are not waited for: ${reason}`);
        isWarned = true;
      },
    });
  });
}

/** Stand-ins all have the same account number; a simulated account has another address in each process. */
function accountPlace({ settings, workspaceRoot }: RateRequest): string {
  if (settings.simulated) return join(workspaceRoot, ACCOUNT_DIRECTORY);
  const { AWS_ENDPOINT_URL_LAMBDA: ofLambda, AWS_ENDPOINT_URL: ofAll } = process.env;
  return settings.aws.endpoint ?? ofLambda ?? ofAll ?? 'AWS';
}

function informing(functions: FunctionService, rates: AccountRates): FunctionService {
  return { ...functions, get: (...asked) => rates.read(() => functions.get(...asked)) };
}
