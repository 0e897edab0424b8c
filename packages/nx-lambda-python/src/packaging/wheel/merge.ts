/** Puts the files of several distributions into one tree, or says why they cannot share one. */

import { LambdaPythonError } from '../../errors';
import { BOTH, collisionError, titleOf, type Clash } from './collision';
import { isSameContent, type InstallEntry } from './layout';
import { compareText, normalizeName } from './names';

/** A distribution with the files that it installs. */
export interface Installable {
  name: string;
  version: string;
  entries: readonly InstallEntry[];
}

export interface MergedEntry<T extends Installable> {
  entry: InstallEntry;
  distribution: T;
}

/** Which distribution's file to take for a path: `{ "google/__init__.py": "protobuf" }`. */
export type Collisions = Readonly<Record<string, string>>;

/**
 * Entries by distribution (normalized name, then version), then path, all by code units. Equal
 * files (same CRC-32 and size) are taken once, from the first distribution that has them.
 * @throws LambdaPythonError ENTRY_COLLISION for files that differ or only differ in case, and for a
 * path that is a file in one and a directory in another; OPTION_INVALID for a choice that is not
 * one of them.
 */
export function mergeInstallations<T extends Installable>(
  distributions: readonly T[],
  collisions: Collisions = {},
): readonly MergedEntry<T>[] {
  const ordered = [...distributions].sort(compareDistributions);
  const all = ordered.flatMap((distribution) =>
    [...distribution.entries]
      .sort((a, b) => compareText(a.path, b.path))
      .map((entry) => ({ entry, distribution })),
  );
  const dropped = new Set<MergedEntry<T>>();
  const keepOnly = (group: Group<MergedEntry<T>>, kept: readonly MergedEntry<T>[]) =>
    group.filter((candidate) => !kept.includes(candidate)).forEach((one) => dropped.add(one));
  const clashes: Clash[] = [];
  for (const group of duplicates(all, ({ entry }) => entry.path)) {
    keepOnly(group, [pickContent(group, collisions, clashes)]);
  }
  const distinct = without(all, dropped);
  for (const group of duplicates(distinct, ({ entry }) => entry.path.toLowerCase())) {
    keepOnly(group, pickCase(group, collisions, clashes));
  }
  if (clashes.length > 0) throw collisionError(clashes);
  const merged = without(all, dropped);
  checkDirectories(merged);
  return merged;
}

function compareDistributions(a: Installable, b: Installable): number {
  return (
    compareText(normalizeName(a.name), normalizeName(b.name)) || compareText(a.version, b.version)
  );
}

type Group<T> = readonly [first: T, ...others: T[]];

/** Groups of items that share a key, in the order of first appearance; few of thousands of items do. */
function duplicates<T>(items: readonly T[], keyOf: (item: T) => string): Group<T>[] {
  const first = new Map<string, T>();
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, item);
      continue;
    }
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [other, item]);
  }
  return [...groups.values()];
}

function without<T>(items: readonly T[], dropped: ReadonlySet<T>): readonly T[] {
  return dropped.size === 0 ? items : items.filter((item) => !dropped.has(item));
}

/** One of the entries of a path. */
function pickContent<T extends Installable>(
  candidates: Group<MergedEntry<T>>,
  collisions: Collisions,
  clashes: Clash[],
): MergedEntry<T> {
  const [first] = candidates;
  const others = candidates.filter(({ entry }) => !isSameContent(entry.source, first.entry.source));
  if (others.length === 0) return first;
  const { path } = first.entry;
  const choice = choiceFor(path, collisions);
  if (choice !== undefined) return pickDistribution(path, choice, candidates);
  clashes.push(...others.map((other) => clashOf(first, other)));
  return first;
}

/**
 * Paths that differ in case only are two files in Lambda and one on macOS or Windows. Within one
 * distribution that is intended; between two it is usually a wrong requirement.
 */
function pickCase<T extends Installable>(
  candidates: Group<MergedEntry<T>>,
  collisions: Collisions,
  clashes: Clash[],
): readonly MergedEntry<T>[] {
  const [first] = candidates;
  const other = candidates.find(({ distribution }) => distribution !== first.distribution);
  if (!other) return candidates;
  for (const { entry } of candidates) {
    const choice = choiceFor(entry.path, collisions);
    if (choice === BOTH) return candidates;
    if (choice === undefined) continue;
    const { distribution } = pickDistribution(entry.path, choice, candidates);
    return candidates.filter((candidate) => candidate.distribution === distribution);
  }
  clashes.push(clashOf(first, other));
  return candidates;
}

function clashOf<T extends Installable>(first: MergedEntry<T>, other: MergedEntry<T>): Clash {
  const side = ({ entry, distribution }: MergedEntry<T>) => ({
    path: entry.path,
    title: titleOf(distribution),
    name: distribution.name,
  });
  return { first: side(first), other: side(other) };
}

function choiceFor(path: string, collisions: Collisions): string | undefined {
  return Object.hasOwn(collisions, path) ? collisions[path] : undefined;
}

function pickDistribution<T extends Installable>(
  path: string,
  choice: string,
  candidates: Group<MergedEntry<T>>,
): MergedEntry<T> {
  const wanted = normalizeName(choice);
  const match = candidates.find(({ distribution }) => normalizeName(distribution.name) === wanted);
  if (match) return match;
  const names = candidates.map(({ distribution }) => `\`${distribution.name}\``).join(' or ');
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`collisions\` names \`${choice}\` for \`${path}\`, which only ${names} contain`,
    hint: `set \`"collisions": { ${JSON.stringify(path)}: ... }\` to ${names}`,
  });
}

function checkDirectories<T extends Installable>(entries: readonly MergedEntry<T>[]): void {
  const files = new Map(entries.map((merged) => [merged.entry.path, merged]));
  const checked = new Set<string>();
  for (const inside of entries) {
    const { path } = inside.entry;
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const directory = path.slice(0, end);
      if (checked.has(directory)) break;
      checked.add(directory);
      const file = files.get(directory);
      if (!file) continue;
      throw new LambdaPythonError('ENTRY_COLLISION', {
        message: `\`${directory}\` is a file in ${titleOf(file.distribution)} and a directory in ${titleOf(inside.distribution)}`,
        hint: `leave one of them out: \`"excludeDistributions": [${JSON.stringify(file.distribution.name)}]\``,
      });
    }
  }
}
