/** The account that an executor speaks to: AWS, or the simulated one of this workspace. */

import { join } from 'node:path';
import type { AwsSettings } from '../../platform/aws/settings';
import { startSimulatedAccount, type SimulatedAccount } from '../../testing';
import type { StorageSettings } from './settings';

/** Relative to the workspace; it ignores itself in git. */
export const ACCOUNT_DIRECTORY = '.nx-lambda-python/account';

export interface OpenAccount {
  aws: AwsSettings;
  /** Present where it is simulated: nobody else creates buckets and functions there. */
  simulated: SimulatedAccount | null;
  close(): Promise<void>;
}

/** The caller closes it, whatever happens. */
export async function openAccount(
  settings: Pick<StorageSettings, 'aws' | 'simulated'>,
  workspaceRoot: string,
): Promise<OpenAccount> {
  if (!settings.simulated) {
    return { aws: settings.aws, simulated: null, close: async () => undefined };
  }
  const account = await startSimulatedAccount({
    directory: join(workspaceRoot, ACCOUNT_DIRECTORY),
  });
  const { endpoint, region, credentials } = account;
  return {
    aws: { endpoint, region, credentials },
    simulated: account,
    close: () => account.stop(),
  };
}
