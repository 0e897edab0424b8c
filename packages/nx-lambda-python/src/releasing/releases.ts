/** The releases of a service: where they are kept, and the list of them. */

import type { ExecutorContext } from '@nx/devkit';
import { renderReleases } from '../release/documents/release-list';
import { lastRecords, listReleases } from '../release/records/record-store';
import type { OutputFormat } from '../report/render';
import type { DeployExecutorSchema } from '../schemas/deploy';
import type { ReleasesExecutorSchema } from '../schemas/releases';
import type { UploadExecutorSchema } from '../schemas/upload';
import { readChain, readDestination } from '../targets/chain';
import { currentProject } from '../targets/project';
import {
  accountNumber,
  openBucket,
  soleAccount,
  type AccountRequest,
  type ReleaseScope,
} from './account';
import { recordAccess } from './journal';

export interface ReleasesRequest {
  scope: ReleaseScope;
  /** With the only account that the deploy target may write to. */
  account: AccountRequest;
  /** Options of the deploy target in this configuration. */
  deploy: Partial<DeployExecutorSchema>;
  /** The same of the upload target. */
  upload: Partial<UploadExecutorSchema>;
}

/** The command's own options, over those of the deploy target and its upload target. @throws OPTION_INVALID, BUCKET_NOT_SET */
export function releasesRequest(
  options: Pick<
    ReleasesExecutorSchema,
    'stage' | 'region' | 'profile' | 'endpoint' | 'simulated' | 'deployTarget'
  >,
  context: ExecutorContext,
): ReleasesRequest {
  const project = currentProject(context);
  const chain = readChain(project, context.configurationName, options.deployTarget);
  const { deploy, upload, uploadTarget } = chain;
  const destination = readDestination(upload, context, uploadTarget, deploy, options);
  return {
    scope: { service: project.name, stage: options.stage ?? deploy.stage ?? null },
    account: {
      destination,
      workspaceRoot: context.root,
      accountId: soleAccount(destination, deploy.accountId),
    },
    deploy,
    upload,
  };
}

/** The newest releases, as text. @throws what AWS refuses */
export async function listed(
  { scope, account }: ReleasesRequest,
  { limit = 20, format = 'table' }: { limit?: number; format?: OutputFormat },
): Promise<string> {
  const { destination, workspaceRoot, accountId } = account;
  const bucket = await openBucket(destination, workspaceRoot);
  try {
    await bucket.ensure();
    const number = accountNumber(await bucket.ask(), accountId, bucket.place);
    const access = recordAccess(scope, destination, number, bucket);
    const records = await lastRecords(await listReleases(access), limit, access);
    const place = bucket.place.region;
    return renderReleases(records, { subject: access.subject, place, format });
  } finally {
    await bucket.close();
  }
}
