/** Build manifests beside their packages in S3, so that any machine can ask what a function does in the package that it runs. */

import { renderManifest, type BuildManifest } from '../../packaging/manifest';
import { failureError, type AwsPlace } from '../calls/failure-error';
import { withRetries, type RetryPolicy } from '../calls/send';
import { isTransient, saidBy } from '../model/aws-failure';
import { objectUrl, type ObjectLocation, type TextStorage } from './object-storage';
import { packageKey, type PackagePlace } from './package-object';

export interface ManifestAccess extends RetryPolicy {
  records: TextStorage;
  place: AwsPlace;
}

/** `<prefix>/<project>/<sha256 hex>.manifest.json`: a policy can name these without the release records. */
export function manifestLocation(
  { bucket, prefix, project }: PackagePlace,
  sha256: string,
): ObjectLocation {
  return { bucket, key: packageKey(prefix, project, sha256).replace(/zip$/, 'manifest.json') };
}

/**
 * Written once for each package, and never replaced. Nothing but a saving is lost
 * where it is missing, so a refusal forbids nothing.
 * @returns a warning, if it could not be written
 */
export async function uploadManifest(
  manifest: BuildManifest,
  place: PackagePlace,
  { records, ...policy }: ManifestAccess,
): Promise<string | null> {
  // Those of earlier formats do not say what is asked of them.
  if (manifest.format < 3) return null;
  const location = manifestLocation(place, manifest.package.sha256);
  const written = await withRetries(
    () => records.write(location, renderManifest(manifest), 'absent'),
    policy,
    (failure) => isTransient(failure) || failure.kind === 'conflict',
  );
  if (written.ok || written.failure.kind === 'precondition') return null;
  return `the manifest was not written to ${objectUrl(location)}, so a later deploy with "updates": "reached" updates all functions that run this package; S3 said ${saidBy(written.failure)}`;
}

/** What handlers do in a package: digests by Lambda's handler string. */
export type PackageReach = ReadonlyMap<string, string>;

/** What is known of a package; null if nothing is. @throws as `readUploadedManifest` */
export async function readReach(
  sha256: string,
  place: PackagePlace,
  access: ManifestAccess,
): Promise<PackageReach | null> {
  const manifest = await readUploadedManifest(sha256, place, access);
  return manifest?.format === 3 ? packageReach(manifest) : null;
}

/**
 * The manifest of a package; null if it is missing, unreadable, or of another package.
 * @throws what S3 refuses for other reasons than that the manifest is missing or forbidden
 */
export async function readUploadedManifest(
  sha256: string,
  place: PackagePlace,
  { records, place: aws, ...policy }: ManifestAccess,
): Promise<BuildManifest | null> {
  const location = manifestLocation(place, sha256);
  const found = await withRetries(() => records.read(location), policy);
  if (found.ok) return found.value && parseManifest(found.value.text, sha256, place.project);
  // Without s3:ListBucket S3 says 403 of what is missing.
  if (found.failure.kind === 'denied') return null;
  throw failureError(found.failure, objectUrl(location), aws);
}

function parseManifest(text: string, sha256: string, project: string): BuildManifest | null {
  try {
    const manifest = JSON.parse(text) as BuildManifest;
    const { package: zip, project: owner, handlers } = manifest;
    const isWhole = handlers.every(({ handler }) => typeof handler === 'string');
    return zip.sha256 === sha256 && owner === project && isWhole ? manifest : null;
  } catch {
    return null;
  }
}

export function packageReach({ handlers }: Pick<BuildManifest, 'handlers'>): PackageReach {
  return new Map(
    handlers.flatMap(({ handler, reach }) =>
      // It comes from elsewhere, so anything may stand there.
      typeof reach === 'string' && /^[0-9a-f]{64}$/.test(reach) ? [[handler, reach]] : [],
    ),
  );
}
