/** The account that an executor speaks to: AWS, or the simulated one of this workspace. */

import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import { callerAccount } from '../platform/aws/caller-identity';
import { isTransient, type AwsFailure, type AwsResult } from '../release/model/aws-failure';
import { credentialsError, type AwsPlace } from '../release/calls/failure-error';
import { withRetries, type RetryPolicy } from '../release/calls/send';
import type { AwsSettings } from '../platform/aws/settings';
import { startSimulatedAccount, type SimulatedAccount } from '../testing';
import { type Destination } from '../targets/chain';

/** Relative to the workspace; it ignores itself in git. */
export const ACCOUNT_DIRECTORY = '.nx-lambda-python/account';

export interface OpenAccount {
  aws: AwsSettings;
  /** Its number, from whoever gives out the credentials. */
  number(): Promise<AwsResult<string>>;
  /** Present where it is simulated: nobody else creates buckets and functions there. */
  simulated: SimulatedAccount | null;
  close(): Promise<void>;
}

/** The caller closes it, whatever happens. */
export async function openAccount(
  settings: Pick<Destination, 'aws' | 'simulated'>,
  workspaceRoot: string,
): Promise<OpenAccount> {
  if (!settings.simulated) {
    return {
      aws: settings.aws,
      number: () => callerAccount(settings.aws),
      simulated: null,
      close: async () => undefined,
    };
  }
  const account = await startSimulatedAccount({
    directory: join(workspaceRoot, ACCOUNT_DIRECTORY),
  });
  const { endpoint, region, credentials, accountId } = account;
  return {
    number: async () => ({ ok: true, value: accountId }),
    aws: { endpoint, region, credentials },
    simulated: account,
    close: () => account.stop(),
  };
}

/** The account that is written to. */
export interface AccountNumber {
  id: string;
  /** Said by AWS; false where it is what `accountId` says, since AWS could not be asked. */
  isKnown: boolean;
}

/** A way to STS that is closed must not be waited for as long as one that is slow. */
const MAX_QUESTIONS = 3;

/**
 * Asks whose the credentials are before anything is written with them.
 *
 * @param accountId the only one that may be written to; any without it
 * @throws FUNCTION_MISMATCH for another one, ACCOUNT_UNKNOWN where nothing tells it, and what is wrong with credentials
 */
export async function accountNumber(
  account: OpenAccount,
  accountId: string | undefined,
  { place, ...policy }: RetryPolicy & { place: AwsPlace },
): Promise<AccountNumber> {
  const asked = await askAccount(account, policy);
  if (!asked.ok) {
    const aboutCredentials = credentialsError(
      asked.failure,
      place.credentials ?? { kind: 'none' },
      place.ignored,
    );
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

export function askAccount(account: OpenAccount, policy: RetryPolicy): Promise<AwsResult<string>> {
  let questions = 0;
  return withRetries(
    () => account.number(),
    policy,
    (failure) => isTransient(failure) && ++questions < MAX_QUESTIONS,
  );
}

function unknownAccount(failure: AwsFailure): LambdaPythonError {
  return new LambdaPythonError('ACCOUNT_UNKNOWN', {
    message: `AWS does not tell the account of these credentials, which release records are kept for: sts:GetCallerIdentity got ${failure.name}: ${failure.message}; nothing was changed`,
    hint: 'allow access to STS in this region (AWS_ENDPOINT_URL_STS sets another endpoint), or set "accountId" on the deploy target',
    cause: failure,
  });
}
