/** The account that a command works in, AWS or the simulated one of this workspace, and everything it is asked through. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import { callerAccount } from '../platform/aws/caller-identity';
import { connectFunctions, connectInvocations, connectStorage } from '../platform/aws/connect';
import type { AwsSettings } from '../platform/aws/settings';
import { dayClock, sharedRate } from '../platform/aws/shared-rate';
import { ratesDirectory } from '../platform/store/layout';
import type { LayerAccess } from '../release/apply/code-storage';
import { credentialsError, type AwsPlace } from '../release/calls/failure-error';
import { accountRates, type AccountRates, type RateLimiter } from '../release/calls/rate';
import { withRetries, type RetryPolicy } from '../release/calls/send';
import { isTransient, type AwsFailure, type AwsResult } from '../release/model/aws-failure';
import { systemClock } from '../release/model/clock';
import type { ReleaseFacts } from '../release/model/plan';
import type { FunctionReader } from '../release/plan/remote-states';
import type { ManifestAccess } from '../release/upload/manifest-object';
import type { TextStorage } from '../release/upload/object-storage';
import type { StorageAccess } from '../release/upload/package-object';
import type { VersionPorts } from '../release/versions/version-calls';
import type { Destination } from '../targets/chain';
import { normalizeAccount } from '../targets/options';
import type * as Testing from '../testing';

/** Relative to the workspace; it ignores itself in git. */
export const ACCOUNT_DIRECTORY = '.nx-lambda-python/account';

/** Which account a command works in. */
export interface AccountRequest {
  destination: Destination;
  workspaceRoot: string;
  /** The only one that may be written to; any if undefined. */
  accountId: string | undefined;
}

/** The only account that may be written to; any if undefined: the simulated one has its own id. */
export function soleAccount(
  { simulated }: Destination,
  accountId: string | number | undefined,
): string | undefined {
  return simulated ? undefined : normalizeAccount(accountId);
}

/** Whose releases: records and lock are kept by it. */
export type ReleaseScope = Pick<ReleaseFacts, 'service' | 'stage'>;

/** S3 of the account. */
export interface BucketAccess {
  aws: AwsSettings;
  storage: StorageAccess;
  records: TextStorage;
  place: AwsPlace;
  policy: RetryPolicy;
  /** Null in AWS. Nobody else creates buckets and functions in a simulated account. */
  simulated: Testing.SimulatedAccount | null;
  /** Makes the bucket in a simulated account, where it exists as soon as it is needed; one that exists stays. */
  ensure(): Promise<void>;
  /**
   * Where a command writes: `orders: deploys to stage prod, account 111122223333, region eu-west-1, bucket acme-packages`
   * @param account null where AWS does not tell
   */
  line(action: string, scope: ReleaseScope, account: string | null): string;
  /** The account's number, from the service that gives out the credentials. */
  ask(): Promise<AwsResult<string>>;
  close(): Promise<void>;
}

/** S3 and Lambda of the account. */
export interface AccountAccess extends BucketAccess {
  /** Settles once AWS has told the account. Reads may go ahead of it, writes never. */
  account: Promise<AccountNumber>;
  functions: FunctionReader;
  layers: LayerAccess;
  versions: VersionPorts;
  /** For what follows once the first limiter was opened: the same rate, shared in the same way. */
  writesAgain(): RateLimiter;
}

/** The account that is written to. */
export interface AccountNumber {
  id: string;
  /** AWS said so; false if it is `accountId`, since AWS could not be asked. */
  isKnown: boolean;
}

const POLICY: RetryPolicy = { clock: systemClock, random: Math.random };

/** What manifests beside packages are read and written through. */
export function manifestAccess({ records, place, policy }: BucketAccess): ManifestAccess {
  return { ...policy, records, place };
}

/** Opens S3 alone, for what changes no function. The caller closes it in any case. */
export async function openBucket(
  destination: Destination,
  workspaceRoot: string,
): Promise<BucketAccess> {
  const { name: bucket } = destination.bucket;
  const simulated = destination.simulated ? await startAccount(workspaceRoot) : null;
  const { endpoint, region, credentials } = simulated ?? {};
  const aws = simulated ? { endpoint, region, credentials } : destination.aws;
  try {
    const { storage, parts, records, place, close } = await connectStorage(aws);
    return {
      ...{ aws, records, place, policy: POLICY, simulated },
      async ensure() {
        await simulated?.createBucket(bucket, { versioning: true });
      },
      line(action, { service, stage }, account) {
        const places = [
          ...(stage === null ? [] : [`stage ${stage}`]),
          account === null ? 'an unknown account' : `account ${account}`,
          `region ${place.region}`,
          `bucket ${bucket}`,
        ];
        return `${service}: ${action} ${places.join(', ')}`;
      },
      storage: { ...POLICY, storage, parts, place, isBucketOnDemand: destination.simulated },
      ask: async () => (simulated ? { ok: true, value: simulated.accountId } : askAccount(aws)),
      async close() {
        close();
        await simulated?.stop();
      },
    };
  } catch (error) {
    await simulated?.stop();
    throw error;
  }
}

/** Opens what calls functions, and changes nothing. The caller closes it in any case. */
export async function openInvocations(
  destination: Pick<Destination, 'aws' | 'simulated'>,
  workspaceRoot: string,
): Promise<Awaited<ReturnType<typeof connectInvocations>>> {
  const simulated = destination.simulated ? await startAccount(workspaceRoot) : null;
  const { endpoint, region, credentials } = simulated ?? {};
  try {
    const opened = await connectInvocations(
      simulated ? { endpoint, region, credentials } : destination.aws,
    );
    return {
      ...opened,
      async close() {
        await opened.close();
        await simulated?.stop();
      },
    };
  } catch (error) {
    await simulated?.stop();
    throw error;
  }
}

/** Opens S3 and Lambda, and asks for the account meanwhile. The caller closes it in any case. */
export async function openAccess(
  { destination, workspaceRoot, accountId }: AccountRequest,
  writesPerSecond: number,
): Promise<AccountAccess> {
  const bucket = await openBucket(destination, workspaceRoot);
  const lambda = await connectFunctions(bucket.aws).catch(async (error: unknown) => {
    await bucket.close();
    throw error;
  });
  const { place } = lambda;
  const account = bucket.ask().then((asked) => accountNumber(asked, accountId, place));
  // Awaiting it throws the error; until then it must not end the process.
  account.catch(() => undefined);
  const where = accountPlace(destination, workspaceRoot);
  const rates = openRates(writesPerSecond, `${place.region}\n${where}`);
  const { reads, writes } = rates;
  const common = { ...POLICY, writes, place };
  const { get } = lambda.functions;
  const { listVersions } = lambda.versions;
  return {
    ...{ ...bucket, account },
    functions: {
      ...{ ...common, reads },
      functions: { ...lambda.functions, get: (...asked) => rates.read(() => get(...asked)) },
    },
    layers: { ...common, layers: lambda.layers },
    versions: {
      ...common,
      // When versions are deleted, nothing else tells the account.
      versions: {
        ...lambda.versions,
        listVersions: async (...asked) => rates.learn(await listVersions(...asked)),
      },
    },
    writesAgain: () => rates.writesAgain(),
    async close() {
      lambda.close();
      await bucket.close();
    },
  };
}

function startAccount(workspaceRoot: string): Promise<Testing.SimulatedAccount> {
  // Loaded here alone: AWS needs none of it. `import()` would keep its path as it is, which has no extension in tests.
  const { startSimulatedAccount } = createRequire(__filename)('../testing') as typeof Testing;
  return startSimulatedAccount({ directory: join(workspaceRoot, ACCOUNT_DIRECTORY) });
}

/** STS that cannot be reached must not be waited for as long as one that is slow. */
const MAX_QUESTIONS = 3;

function askAccount(aws: AwsSettings): Promise<AwsResult<string>> {
  let questions = 0;
  return withRetries(
    () => callerAccount(aws),
    POLICY,
    (failure) => isTransient(failure) && ++questions < MAX_QUESTIONS,
  );
}

/**
 * The account that may be written to, from what AWS has answered.
 * @param accountId the only one that may be; any if undefined
 * @throws FUNCTION_MISMATCH for another one, ACCOUNT_UNKNOWN if nothing tells it, and what is wrong with credentials
 */
export function accountNumber(
  asked: AwsResult<string>,
  accountId: string | undefined,
  place: AwsPlace,
): AccountNumber {
  if (!asked.ok) {
    const aboutCredentials = credentialsError(asked.failure, place);
    if (aboutCredentials) throw aboutCredentials;
    if (accountId === undefined) throw unknownAccount(asked.failure);
    return { id: accountId, isKnown: false };
  }
  if (accountId === undefined || asked.value === accountId) {
    return { id: asked.value, isKnown: true };
  }
  throw new LambdaPythonError('FUNCTION_MISMATCH', {
    message: `the credentials are of an identity in account ${asked.value}, expected ${accountId}; nothing was changed`,
    hint: `use credentials of ${accountId} (--profile), or correct \`accountId\``,
  });
}

function unknownAccount(failure: AwsFailure): LambdaPythonError {
  return new LambdaPythonError('ACCOUNT_UNKNOWN', {
    message: `AWS does not tell the account of these credentials, by which release records are kept: sts:GetCallerIdentity got ${failure.name}: ${failure.message}; nothing was changed`,
    hint: 'allow access to STS in this region (AWS_ENDPOINT_URL_STS sets another endpoint), or set "accountId" on the deploy target',
    cause: failure,
  });
}

/** GetFunction has its own quota of 100 a second; the rest is left to others. */
const READS_PER_SECOND = 80;
/** Below a second's worth of AWS's bucket: ten deploys that start on two cores send late, hence in bunches. */
const READ_BURST = 60;

/** Shared by all deploys of this machine to one account and region. */
function openRates(writesPerSecond: number, place: string): AccountRates {
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
        if (!isWarned) console.warn(`warning: not waiting for other deploys: ${reason}`);
        isWarned = true;
      },
    });
  });
}

/** Stand-ins all have the same account number; a simulated account has another address in each process. */
function accountPlace({ simulated, aws }: Destination, workspaceRoot: string): string {
  if (simulated) return join(workspaceRoot, ACCOUNT_DIRECTORY);
  const { AWS_ENDPOINT_URL_LAMBDA: ofLambda, AWS_ENDPOINT_URL: ofAll } = process.env;
  return aws.endpoint ?? ofLambda ?? ofAll ?? 'AWS';
}
