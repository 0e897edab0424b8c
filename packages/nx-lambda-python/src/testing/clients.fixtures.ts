/** SDK clients on a simulated account, without retries: each call is one request. */

import { Lambda } from '@aws-sdk/client-lambda';
import { S3 } from '@aws-sdk/client-s3';
import type { SimulatedAccount, SimulatedAccountOptions } from './account';
import { startSimulatedAccount } from './account';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

export interface Bench {
  account: SimulatedAccount;
  s3: S3;
  lambda: Lambda;
}

const started: SimulatedAccount[] = [];

export async function startBench(
  options: SimulatedAccountOptions = {},
  sdk: { maxAttempts?: number; region?: string } = {},
): Promise<Bench> {
  const account = await startSimulatedAccount(options);
  started.push(account);
  const { endpoint, region, credentials } = account;
  const common = { endpoint, region, credentials, maxAttempts: 1, ...sdk };
  return { account, s3: new S3(common), lambda: new Lambda(common) };
}

/** For `afterEach`. */
export async function stopBenches(): Promise<void> {
  await Promise.all(started.splice(0).map((account) => account.stop()));
}

/** Time that stands still until it is told to pass. */
export function stoppedClock(): { now: () => number; pass: (milliseconds: number) => void } {
  let time = Date.UTC(2026, 10, 24);
  return {
    now: () => time,
    pass: (milliseconds) => {
      time += milliseconds;
    },
  };
}

export const ORDERS = {
  name: 'orders-create',
  runtime: 'python3.13',
  handler: 'orders.handlers.create.handler',
  architecture: 'arm64',
} as const;
