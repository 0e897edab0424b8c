/** `nx releases <service>`: what was released, when, by whom and of which commit. */

import type { ExecutorContext } from '@nx/devkit';
import { connectStorage } from '../platform/aws/connect';
import { systemClock } from '../release/model/clock';
import { lastRecords, listReleases } from '../release/records/record-store';
import { renderReleases } from '../release/documents/release-list';
import { renderError } from '../report/error-text';
import { recordAccess } from '../releasing/journal';
import { accountNumber, openAccount } from '../releasing/account';
import { releasesRequest } from '../releasing/releases-request';
import { DEFAULT_DEPLOY_TARGET } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import type { ReleasesExecutorSchema } from '../schemas/releases';
import { commandsOf } from '../targets/project';
import { asTyped } from '../targets/options';

export default async function releasesExecutor(
  options: ReleasesExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    console.log(
      (
        await list(
          asTyped(options),
          inConfiguration(context, options.deployTarget ?? DEFAULT_DEPLOY_TARGET),
        )
      ).trimEnd(),
    );
    return { success: true };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}

async function list(options: ReleasesExecutorSchema, context: ExecutorContext): Promise<string> {
  const { limit = 20, format = 'table' } = options;
  const request = releasesRequest(options, context);
  const account = await openAccount(request.settings, request.workspaceRoot);
  try {
    // As upload does: a bucket of the simulated account is there when it is needed.
    await account.simulated?.createBucket(request.settings.bucket.name, { versioning: true });
    const connection = await connectStorage(account.aws);
    try {
      const policy = { clock: systemClock, random: Math.random };
      const asking = { place: connection.place, ...policy };
      const number = await accountNumber(account, request.accountId, asking);
      const access = recordAccess(request, { ...connection, ...policy, account: number });
      const numbers = await listReleases(access);
      const records = await lastRecords(numbers, limit, access);
      const place = connection.place.region;
      return renderReleases(records, { subject: access.subject, place, format });
    } finally {
      connection.close();
    }
  } finally {
    await account.close();
  }
}
