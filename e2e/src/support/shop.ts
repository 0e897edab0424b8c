/** A service of two handlers, its functions in a simulated account of the test's own process, and nx between them. */

import type { LambdaClient } from '@aws-sdk/client-lambda';
import {
  startSimulatedAccount,
  type SimulatedAccount,
} from '../../../packages/nx-lambda-python/src/testing';
import { awsEnvironment, codeDigests, lambdaClient } from './account';
import { runNx, succeedNx } from './nx-process';
import { HANDLER, serviceFiles, Workspace, type Environment, type NxResult } from './workspace';

export const SHOP = 'services/shop';
export const SHOP_MARKER = 'package = "shop"\nruntime = "python3.11"\n';
export const SHOP_NAMES = ['shop-a', 'shop-b'];

interface Setup {
  marker?: string;
  /** Of both handlers. */
  handler?: string;
  build?: Record<string, unknown>;
  deploy?: Record<string, unknown>;
  /** More of nx's environment than what leads to the account. */
  environment?: () => Environment;
  /** They are created by the deploy. */
  withoutFunctions?: boolean;
}

export interface Shop {
  workspace: Workspace;
  account: SimulatedAccount;
  lambda: LambdaClient;
  environment(): Environment;
  nx(...args: string[]): Promise<NxResult>;
  succeed(...args: string[]): Promise<string>;
  /** What each function runs, each digest once. */
  live(): Promise<string[]>;
  stop(): Promise<void>;
}

export async function openShop(name: string, setup: Setup = {}): Promise<Shop> {
  const { marker = SHOP_MARKER, handler = HANDLER, build = {}, deploy = {} } = setup;
  const files = { 'shop/handlers/a.py': handler, 'shop/handlers/b.py': handler };
  const upload = { bucket: 'packages' };
  const workspace = new Workspace(name).init(serviceFiles(SHOP, marker, files), {
    ...{ build, upload, deploy },
  });
  const account = await startSimulatedAccount({ updateMilliseconds: 0 });
  await account.createBucket('packages', { versioning: true });
  for (const one of setup.withoutFunctions ? [] : SHOP_NAMES) {
    await account.createFunction({
      name: one,
      handler: `shop.handlers.${one.at(-1)}.handler`,
      runtime: 'python3.11',
      architecture: 'x86_64',
    });
  }
  const lambda = lambdaClient(account);
  const environment = () => ({ ...awsEnvironment(account), ...setup.environment?.() });
  return {
    ...{ workspace, account, lambda, environment },
    nx: (...args) => runNx(workspace, args, environment()),
    succeed: (...args) => succeedNx(workspace, args, environment()),
    live: () => codeDigests(account, SHOP_NAMES),
    async stop() {
      lambda.destroy();
      await account.stop();
    },
  };
}
