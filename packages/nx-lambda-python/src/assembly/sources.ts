/** The files of a service on disk, of all of its roots. */

import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import { SourceChangedError } from '../packaging/package';
import { isInside, listFiles, type SourceFile } from '../platform/files/local-files';
import { attempt } from '../platform/process/attempt';
import { groupBy } from '../report/document';
import { shellCommand } from '../report/error-text';
import { selectFiles, sourceTrees, type WalkRules } from '../service/files';
import type { Marker } from '../service/marker';
import { entryName } from '../service/roots';
import type { ServicePlace } from '../targets/build-target';

export type Place = Pick<ServicePlace, 'sourceRoot' | 'projectRoot'>;

/**
 * @param any rules for all roots, in place of the marker's
 * @throws MARKER_INVALID, ENTRY_COLLISION, ENTRY_INVALID
 */
export function listSources(place: Place, marker: Marker, any?: WalkRules): SourceFile[] {
  const { sourceRoot, projectRoot } = place;
  const listed = sourceTrees(marker).flatMap(({ directory, prefix, rules }) => {
    if (directory !== projectRoot) checkDirectory(place, marker, directory);
    const files = listFiles(join(sourceRoot, directory), sourceRoot, any ?? rules);
    if (prefix === '') return files;
    if (!files.some(({ path }) => rules.selects(path))) throw emptyRoot(marker, directory);
    return files.map((file) => ({ ...file, path: prefix + file.path }));
  });
  return marker.roots.length > 0 ? withoutTwins(place, marker, listed) : listed;
}

/** @throws MARKER_INVALID */
function checkDirectory({ sourceRoot }: Place, { path, roots }: Marker, directory: string): void {
  const target = attempt(() => realpathSync(join(sourceRoot, directory)));
  const isThere = target !== undefined && isInside(target, realpathSync(sourceRoot));
  if (isThere && statSync(target).isDirectory()) return;
  const why =
    target === undefined
      ? 'does not exist'
      : isThere
        ? 'is a file'
        : 'is a link that leads out of the workspace';
  const key = roots.length > 0 ? 'roots' : 'root';
  throw new LambdaPythonError('MARKER_INVALID', {
    message: `\`${key}\` of \`${path}\` names \`${directory}\`, which ${why}`,
    hint: `correct it: \`${key}\` names directories of the workspace, relative to \`${path}\``,
  });
}

function emptyRoot({ path, includeGiven }: Marker, directory: string): LambdaPythonError {
  return new LambdaPythonError('MARKER_INVALID', {
    message: `\`roots\` of \`${path}\` names \`${directory}\`, of which no file is in the package`,
    hint: includeGiven
      ? 'add what is in it to `include`, which selects in all roots, or remove it from `roots`'
      : 'correct it, or remove it from `roots`',
  });
}

/** @throws ENTRY_COLLISION for files of several roots at one path of the package whose bytes differ; of equal ones the first stays */
function withoutTwins(
  { sourceRoot }: Place,
  marker: Marker,
  listed: readonly SourceFile[],
): SourceFile[] {
  const root = join(sourceRoot, marker.directory);
  const dropped = new Set<string>();
  const paths = listed.map(({ path }) => path);
  for (const [name, group] of groupBy(paths, (path) => entryName(marker, path) ?? path)) {
    if (group.length === 1) continue;
    const selected = new Set(selectFiles(marker, group));
    const [first = '', ...others] = group.filter((path) => selected.has(path));
    for (const other of others) {
      const isEqual = readListed(root, first).equals(readListed(root, other));
      if (!isEqual) throw twins(name, first, other, marker);
      dropped.add(other);
    }
  }
  return listed.filter(({ path }) => !dropped.has(path));
}

function twins(name: string, one: string, other: string, { directory }: Marker): LambdaPythonError {
  const [first, second] = [one, other].map((path) => posix.join(directory, path));
  return new LambdaPythonError('ENTRY_COLLISION', {
    message: `\`${first}\` and \`${second}\` would both be \`${name}\` in the package, and they differ`,
    hint: `run \`git diff --no-index ${shellCommand([first ?? '', second ?? ''])}\` to compare them, and rename one of them or make them equal`,
  });
}

/** @throws SourceChangedError for a file that has just gone */
export function readListed(root: string, path: string): Buffer {
  try {
    return readFileSync(join(root, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new SourceChangedError(path);
    throw error;
  }
}
