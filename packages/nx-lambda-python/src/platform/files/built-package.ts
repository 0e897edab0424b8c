/** Reads the build target's output folder. */

import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { Crc64Nvme } from '../../packaging/crc64-nvme';
import { MANIFEST_FILE, type BuildManifest } from '../../packaging/manifest';
import type { PackageFile } from '../../release/upload/package-object';

/** Names the folder as the user knows it and the command that fills it. */
export interface BuildOutput {
  /** Absolute. */
  directory: string;
  /** Relative to the workspace, for messages. */
  displayed: string;
  /** `npx nx build orders` */
  command: string;
  /** Why that command does not make a package of this plugin, if it does not. */
  unbuildable?: LambdaPythonError;
}

/** @throws PACKAGE_NOT_BUILT when the manifest is missing or not one of this plugin's. */
export function readManifest(output: BuildOutput): BuildManifest {
  const file = `${output.displayed}/${MANIFEST_FILE}`;
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(join(output.directory, MANIFEST_FILE), 'utf8'));
  } catch (cause) {
    throw notBuilt(
      output,
      cause instanceof SyntaxError ? `\`${file}\` is not JSON` : `\`${file}\` is missing`,
      cause,
    );
  }
  if (!isManifest(manifest)) {
    throw notBuilt(
      output,
      `\`${file}\` has a format that this version of the plugin does not read: expected 1 to 3`,
    );
  }
  const { commit, source = commit === undefined ? null : { commit, dirty: false } } = manifest;
  return { ...manifest, source };
}

/**
 * @param described the package or the layer in the manifest
 * @throws PACKAGE_NOT_BUILT when the zip is missing or is not that of the manifest.
 */
export async function readPackage(
  output: BuildOutput,
  described: Pick<BuildManifest['package'], 'file' | 'sha256' | 'dependencies'>,
): Promise<PackageFile> {
  const path = join(output.directory, described.file);
  const file = `${output.displayed}/${described.file}`;
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk);
  } catch (cause) {
    throw notBuilt(output, `\`${file}\` is missing or unreadable`, cause);
  }
  const { size } = statSync(path);
  const sha256 = hash.digest('base64');
  if (sha256 !== described.sha256) {
    throw notBuilt(
      output,
      `\`${file}\` does not match its manifest: got SHA-256 ${sha256}, expected ${described.sha256}`,
    );
  }
  const open = (start = 0) => createReadStream(path, { start });
  const { dependencies } = described;
  const crc64 = async (start = 0) => {
    const crc = new Crc64Nvme();
    const bytes = createReadStream(path, { start, highWaterMark: 1 << 20 });
    for await (const chunk of bytes as AsyncIterable<Buffer>) crc.update(chunk);
    return crc.digest();
  };
  return { open, size, sha256, dependencies, crc64 };
}

function notBuilt(output: BuildOutput, message: string, cause?: unknown): LambdaPythonError {
  const { unbuildable } = output;
  return new LambdaPythonError('PACKAGE_NOT_BUILT', {
    message: unbuildable ? `${message}, and ${unbuildable.message}` : message,
    hint: unbuildable
      ? unbuildable.hint
      : `run \`${output.command}\`, or set \`outputPath\` to the folder that has the package`,
    cause,
  });
}

/** Format 1 has no `source`. */
type ReadManifest = Omit<BuildManifest, 'source'> & Partial<Pick<BuildManifest, 'source'>>;

function isManifest(value: unknown): value is ReadManifest {
  if (typeof value !== 'object' || value === null) return false;
  const { format, package: zip, handlers } = value as Partial<BuildManifest>;
  return (
    [1, 2, 3].includes(format ?? 0) && typeof zip?.sha256 === 'string' && Array.isArray(handlers)
  );
}
