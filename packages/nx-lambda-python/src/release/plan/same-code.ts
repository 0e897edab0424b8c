/** With `updates: reached`: which functions can stay with the package that they run, because the new one has the same code for them. */

import type { BuildManifest } from '../../packaging/manifest';
import { forEachLimited } from '../calls/send';
import type { PackageReference } from '../model/function-state';
import type { RemoteFunction } from '../model/remote-function';
import {
  packageReach,
  readReach,
  type ManifestAccess,
  type PackageReach,
} from '../upload/manifest-object';
import { packageKey, type PackagePlace } from '../upload/package-object';

/** The package that a function runs, if it is known to have the same code for it; Lambda's handler string names the code. */
export type SameCode = (handler: string, remote: RemoteFunction) => PackageReference | null;

const READS_IN_FLIGHT = 8;

/**
 * Asks the bucket for the manifest of every other package that functions run.
 * @param onUnknown is told of each package of which nothing is known, with the number of functions that run it
 */
export async function readSameCode(
  manifest: BuildManifest,
  remote: ReadonlyMap<string, RemoteFunction | null>,
  place: PackagePlace,
  access: ManifestAccess,
  onUnknown: (sha256: string, functions: number) => void,
): Promise<SameCode> {
  const wanted = packageReach(manifest);
  const running = new Map<string, number>();
  for (const one of remote.values()) {
    const code = one && codeOf(one);
    if (code && code !== manifest.package.sha256) running.set(code, (running.get(code) ?? 0) + 1);
  }
  const known = new Map<string, PackageReach>();
  await forEachLimited(running, READS_IN_FLIGHT, async ([sha256, functions]) => {
    const reach = await readReach(sha256, place, access);
    if (reach === null) onUnknown(sha256, functions);
    else known.set(sha256, reach);
  });
  return (handler, one) => {
    const sha256 = codeOf(one);
    const reach = sha256 && known.get(sha256)?.get(handler);
    if (!sha256 || !reach || reach !== wanted.get(handler)) return null;
    const { bucket, prefix, project } = place;
    const key = packageKey(prefix, project, sha256);
    return { sha256, bucket: bucket.name, key, versionId: null };
  };
}

/** What callers reach. That $LATEST has the same is for the plan to see. */
function codeOf({ alias, codeSha256 }: RemoteFunction): string | null {
  return (alias === undefined ? codeSha256 : alias?.codeSha256) ?? null;
}
