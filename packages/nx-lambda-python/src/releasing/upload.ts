/** Puts the deployment package of a service into S3, and the layer of a build that made one: deploy publishes it from there. */

import type { ExecutorContext } from '@nx/devkit';
import { usePackage } from '../assembly/present';
import { readPackage } from '../platform/files/built-package';
import { uploadManifest } from '../release/upload/manifest-object';
import { packageKey, type UploadRequest } from '../release/upload/package-object';
import { planUpload, uploadPackage, type UploadOutcome } from '../release/upload/upload';
import { warn } from '../report/error-text';
import { oneLine, renderBytes } from '../report/text';
import type { UploadExecutorSchema } from '../schemas/upload';
import { readDestination } from '../targets/chain';
import { currentProject } from '../targets/project';
import { manifestAccess, openBucket } from './account';

/** Prints where it writes, and what became of each object. @throws what forbids the upload, and what AWS refuses */
export async function upload(
  options: UploadExecutorSchema,
  context: ExecutorContext,
): Promise<void> {
  const destination = readDestination(options, context, context.targetName ?? 'upload');
  const { name: service } = currentProject(context);
  const { manifest, output } = await usePackage(context, options.buildTarget, options.sources);
  const { package: zip, layer } = manifest;
  const requests: UploadRequest[] = [];
  for (const part of layer ? [layer, zip] : [zip]) {
    const file = await readPackage(output, part);
    const key = packageKey(destination.prefix, service, file.sha256);
    requests.push({ location: { bucket: destination.bucket, key }, file });
  }
  const bucket = await openBucket(destination, context.root);
  try {
    const account = await bucket.ask();
    const action = options.dryRun ? 'would upload to' : 'uploads to';
    const number = account.ok ? account.value : null;
    console.log(bucket.line(action, { service, stage: null }, number));
    if (!options.dryRun) await bucket.ensure();
    const send = options.dryRun ? planUpload : uploadPackage;
    const outcomes: UploadOutcome[] = [];
    for (const request of requests) outcomes.push(await send(request, bucket.storage));
    for (const outcome of outcomes) console.log(oneLine(describe(outcome)));
    if (options.dryRun) return;
    const place = { ...destination, project: service };
    warn((await uploadManifest(manifest, place, manifestAccess(bucket))) ?? []);
  } finally {
    await bucket.close();
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
