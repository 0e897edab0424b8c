/** Puts the deployment package of a service into S3. */

import type { ExecutorContext } from '@nx/devkit';
import { connectStorage } from '../platform/aws/connect';
import { destinationLine } from '../release/documents/plan-document';
import {
  packageKey,
  type StorageAccess,
  type UploadRequest,
} from '../release/upload/package-object';
import { planUpload, uploadPackage, type UploadOutcome } from '../release/upload/upload';
import { renderError } from '../report/error-text';
import { oneLine, renderBytes } from '../report/text';
import { readPackage } from '../platform/files/built-package';
import { systemClock } from '../release/model/clock';
import { usePackage } from '../assembly/present';
import { askAccount, openAccount } from '../releasing/account';
import { inConfiguration } from '../targets/configuration';
import type { UploadExecutorSchema } from '../schemas/upload';
import { commandsOf, currentProject } from '../targets/project';
import { readDestination } from '../targets/chain';
import { asTyped } from '../targets/options';

export default async function uploadExecutor(
  options: UploadExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    for (const outcome of await upload(asTyped(options), inConfiguration(context)))
      console.log(oneLine(describe(outcome)));
    return { success: true };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}

/** The package, and the layer of a build that made one: deploy publishes it from there. */
async function upload(
  options: UploadExecutorSchema,
  context: ExecutorContext,
): Promise<UploadOutcome[]> {
  const settings = readDestination(options, context, context.targetName ?? 'upload');
  const { manifest, output } = await usePackage(context, options.buildTarget, options.sources);
  const { package: zip, layer } = manifest;
  const requests: UploadRequest[] = [];
  for (const part of layer ? [layer, zip] : [zip]) {
    const file = await readPackage(output, part);
    const key = packageKey(settings.prefix, currentProject(context).name, file.sha256);
    requests.push({ location: { bucket: settings.bucket, key }, file });
  }

  const account = await openAccount(settings, context.root);
  try {
    const connection = await connectStorage(account.aws);
    const policy = { clock: systemClock, random: Math.random };
    const access: StorageAccess = {
      ...policy,
      storage: connection.storage,
      parts: connection.parts,
      place: connection.place,
      isBucketOnDemand: settings.simulated,
    };
    try {
      const asked = await askAccount(account, policy);
      console.log(
        destinationLine(options.dryRun ? 'would upload to' : 'uploads to', {
          service: currentProject(context).name,
          stage: null,
          account: asked.ok ? asked.value : null,
          region: connection.place.region,
          bucket: settings.bucket.name,
        }),
      );
      // Leaves a bucket that exists as it is.
      if (!options.dryRun) {
        await account.simulated?.createBucket(settings.bucket.name, { versioning: true });
      }
      const send = options.dryRun ? planUpload : uploadPackage;
      const outcomes: UploadOutcome[] = [];
      for (const request of requests) outcomes.push(await send(request, access));
      return outcomes;
    } finally {
      connection.close();
    }
  } finally {
    await account.close();
  }
}

function describe({ status, url, versionId, size, sent, seconds }: UploadOutcome): string {
  const version = versionId === null ? '' : ` (version ${versionId})`;
  if (status === 'present') return `already there: ${url}${version}`;
  if (status === 'absent') return `would upload ${renderBytes(size)}: ${url}`;
  if (sent < size) {
    return `sent ${renderBytes(sent)} of ${renderBytes(size)}, the rest was copied in S3, in ${seconds.toFixed(1)} s: ${url}${version}`;
  }
  const rate = renderBytes(size / Math.max(seconds, 0.001));
  return `uploaded ${renderBytes(size)} in ${seconds.toFixed(1)} s (${rate}/s): ${url}${version}`;
}
