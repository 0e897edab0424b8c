/** Which distributions cannot share a tree, told once for each two of them, and what to do about it. */

import { LambdaPythonError } from '../../errors';
import { topLevelModule } from '../../python/names';
import { groupBy } from '../../report/document';
import { codeList } from '../../report/nearest';

/** Two files at one path, or at paths that differ in case only. */
export interface Clash {
  first: ClashingFile;
  other: ClashingFile;
}

interface ClashingFile {
  path: string;
  /** Of its distribution, as messages have it. */
  title: string;
  name: string;
}

/** A choice for paths that differ in case only: keep both, which Lambda's file system allows. */
export const BOTH = '*';

/** How many pairs of distributions a message names, and how many paths of each. */
const SHOWN = 3;

export function titleOf({ name, version }: { name: string; version: string }): string {
  return `\`${name} ${version}\``;
}

/** @returns ENTRY_COLLISION */
export function collisionError(clashes: readonly Clash[]): LambdaPythonError {
  const pairs = groupBy(clashes, (clash) =>
    JSON.stringify([clash.first.title, clash.other.title, isSamePath(clash)]),
  );
  const shown = [...pairs.values()].slice(0, SHOWN) as [Clash, ...Clash[]][];
  const rest = pairs.size - shown.length;
  const more = rest > 0 ? [`${rest} more pairs of distributions collide`] : [];
  return new LambdaPythonError('ENTRY_COLLISION', {
    message: [...shown.map(describe), ...more].join('; '),
    hint: [...new Set(shown.map(advise))].join('; '),
  });
}

type Pair = readonly [Clash, ...Clash[]];

function isSamePath({ first, other }: Clash): boolean {
  return first.path === other.path;
}

function describe(pair: Pair): string {
  const [clash] = pair;
  const { first, other } = clash;
  const paths = codeList(
    pair.map(({ first: { path } }) => path),
    SHOWN,
  );
  if (isSamePath(clash)) {
    return pair.length === 1
      ? `\`${first.path}\` differs between ${first.title} and ${other.title}`
      : `${first.title} and ${other.title} differ in ${pair.length} files: ${paths}`;
  }
  return pair.length === 1
    ? `\`${first.path}\` of ${first.title} and \`${other.path}\` of ${other.title} differ only in case`
    : `${first.title} and ${other.title} have ${pair.length} paths that differ only in case: ${paths}`;
}

function advise(pair: Pair): string {
  const [clash] = pair;
  const { first, other } = clash;
  const paths = pair.map(({ first: { path } }) => path);
  const leaveOut = `\`"excludeDistributions": ${JSON.stringify([first.name])}\` or \`${JSON.stringify([other.name])}\``;
  const choices = paths
    .slice(0, SHOWN)
    .map((path) => `${JSON.stringify(path)}: ${JSON.stringify(first.name)}`);
  const rest = paths.length > SHOWN ? ', …' : '';
  const pick = `pick one: \`"collisions": { ${choices.join(', ')}${rest} }\``;
  if (!isSamePath(clash))
    return `leave the wrong one out: ${leaveOut}; or ${pick}, or keep both: \`"${BOTH}"\``;
  const module = sharedModule(paths);
  if (module !== undefined) return `both provide \`${module}\`: leave one of them out, ${leaveOut}`;
  const folders = [...new Set(paths.map((path) => path.slice(0, path.indexOf('/') + 1)))];
  if (!folders.every((folder) => NEVER_IMPORTED.test(folder))) return pick;
  return `leave these files out: \`"excludeFiles": ${JSON.stringify(folders.map((folder) => `/${folder}`))}\``;
}

/** What distributions have at the top by mistake. */
const NEVER_IMPORTED = /^(tests?|docs?|examples?|benchmarks?)\//;

/**
 * The import package of which each has a version of its own, as docker and docker-py do. Parts of one namespace differ
 * in its `__init__.py` at most.
 */
function sharedModule(paths: readonly string[]): string | undefined {
  return paths
    .filter((path) => !path.endsWith('/__init__.py') && !NEVER_IMPORTED.test(path))
    .map((path) => topLevelModule(path)?.name)
    .find((name) => name !== undefined);
}
