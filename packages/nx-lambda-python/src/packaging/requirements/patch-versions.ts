/**
 * Markers may ask for the patch version of Python, the one thing that a runtime does not fix. Between the versions
 * that they name all is decided: each such range is one environment.
 */

import type { MarkerEnvironment } from './requirement';

/** Patch versions from one up to the next range. */
export interface PatchRange {
  first: number;
  environment: MarkerEnvironment;
}

/**
 * @param texts with all markers
 * @param environment of the runtime, in which the patch version is open
 * @returns at least one range, in their order
 */
export function patchRanges(texts: Iterable<string>, environment: MarkerEnvironment): PatchRange[] {
  const minor = environment.values['python_version'] ?? '';
  const version = new RegExp(`\\b${minor.replace('.', '\\.')}(?:\\.(\\d+)|(?=['"]))`, 'g');
  const firsts = new Set([0]);
  for (const text of texts) {
    if (!text.includes('_version')) continue;
    // `==` and `>` begin or end after the version that they name.
    for (const [, patch = '0'] of text.matchAll(version))
      firsts.add(Number(patch)).add(Number(patch) + 1);
  }
  return [...firsts]
    .sort((a, b) => a - b)
    .map((first) => ({ first, environment: fixed(environment, `${minor}.${first}`) }));
}

function fixed({ values, ranges }: MarkerEnvironment, version: string): MarkerEnvironment {
  const known = Object.fromEntries(Object.keys(ranges).map((name) => [name, version]));
  return { values: { ...values, ...known }, ranges: {} };
}

/**
 * The marker that holds in these ranges alone; empty if they are all.
 * @param taken of `all`
 */
export function rangesMarker(taken: ReadonlySet<PatchRange>, all: readonly PatchRange[]): string {
  if (taken.size === all.length) return '';
  const version = ({ first, environment }: PatchRange) =>
    `'${environment.values['python_version']}.${first}'`;
  const spans = all.flatMap((range, at): string[] => {
    const before = all[at - 1];
    if (!taken.has(range) || (before && taken.has(before))) return [];
    const end = all.slice(at).find((one) => !taken.has(one));
    const limits = [
      ...(before ? [`python_full_version >= ${version(range)}`] : []),
      ...(end ? [`python_full_version < ${version(end)}`] : []),
    ];
    return [limits.join(' and ')];
  });
  return spans.join(' or ');
}
