/** The releases of a service: where they are kept, and the list of them. */

import type { ExecutorContext } from '@nx/devkit';
import { LambdaPythonError } from '../errors';
import type { BuildManifest } from '../packaging/manifest';
import { renderReleases } from '../release/documents/release-list';
import type { ReleaseRecord } from '../release/records/record';
import {
  lastRecords,
  listReleases,
  readRecord,
  type RecordAccess,
} from '../release/records/record-store';
import { readUploadedManifest } from '../release/upload/manifest-object';
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
export function listed(
  request: ReleasesRequest,
  { limit = 20, format = 'table' }: { limit?: number; format?: OutputFormat },
): Promise<string> {
  return withRecords(request, async (access) => {
    const records = await lastRecords(await listReleases(access), limit, access);
    const place = access.place.region;
    return renderReleases(records, { subject: access.subject, place, format });
  });
}

/**
 * What a release deployed.
 * @param which its number, or `last` for the newest that deployed a package
 * @throws RELEASE_NOT_FOUND, and what AWS refuses
 */
export function releasedManifest(
  request: ReleasesRequest,
  which: string,
): Promise<{ number: number; manifest: BuildManifest }> {
  return withRecords(request, async (access) => {
    const record = await findRecord(which, access);
    const missing = (message: string) =>
      new LambdaPythonError('RELEASE_NOT_FOUND', {
        message,
        hint: 'name another one that `nx releases <service>` lists (of another stage: `--stage`)',
      });
    if (!record)
      throw missing(
        `${access.subject} has no release ${which === 'last' ? 'of a package' : which}`,
      );
    const { number } = record;
    const release = `release ${number} of ${access.subject}`;
    if (!record.package) throw missing(`${release} is a rollback, which has no package of its own`);
    const { bucket, prefix } = request.account.destination;
    const place = { bucket, prefix, project: request.scope.service };
    const manifest = await readUploadedManifest(record.package.sha256, place, access);
    if (manifest) return { number, manifest };
    throw missing(
      `the bucket has no manifest that can be read of ${release}: an earlier version of nx-lambda-python uploaded its package, or s3:GetObject is denied`,
    );
  });
}

async function findRecord(which: string, access: RecordAccess): Promise<ReleaseRecord | undefined> {
  if (which !== 'last') return (await readRecord(Number(which), access))?.record;
  for (const number of (await listReleases(access)).reverse()) {
    const { record } = (await readRecord(number, access)) ?? {};
    if (record?.package) return record;
  }
  return undefined;
}

async function withRecords<T>(
  { scope, account }: ReleasesRequest,
  read: (access: RecordAccess) => Promise<T>,
): Promise<T> {
  const { destination, workspaceRoot, accountId } = account;
  const bucket = await openBucket(destination, workspaceRoot);
  try {
    await bucket.ensure();
    const number = accountNumber(await bucket.ask(), accountId, bucket.place);
    return await read(recordAccess(scope, destination, number, bucket));
  } finally {
    await bucket.close();
  }
}
