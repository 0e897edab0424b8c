/** The table of docs/pip-differences.md: what a spliced package and pip's tree may differ in. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../tools/workspace-root';
import { compareTrees, type Tree } from './tree';

const PAGE = join(ROOT, 'packages', 'nx-lambda-python', 'docs', 'pip-differences.md');

export interface NamedDifference {
  /** As the page has it: `*.dist-info/RECORD`. */
  path: string;
  /** What a spliced package does with it. */
  kind: 'missing' | 'different' | 'with scripts';
}

const KINDS: Readonly<Record<string, NamedDifference['kind']>> = {
  omitted: 'missing',
  'as in the wheel': 'different',
  'with `"scripts": true` only': 'with scripts',
};

export function namedDifferences(): NamedDifference[] {
  const rows = [...readFileSync(PAGE, 'utf8').matchAll(/^\| `([^`]+)` +\| (.+?) +\|/gm)];
  return rows.map(([row, path = '', what = '']) => {
    const kind = KINDS[what];
    if (!kind) throw new Error(`${PAGE} has a row of no known kind: ${row}`);
    return { path, kind };
  });
}

/** Between a spliced package with its scripts and what pip installs, without what the page names. */
export function unnamedDifferences(spliced: Tree, installed: Tree): Record<string, string[]> {
  const named = namedDifferences();
  const ofKind = (kind: NamedDifference['kind']) => named.filter((one) => one.kind === kind);
  const { onlyFirst, onlySecond, different } = compareTrees(spliced, installed);
  return {
    onlySpliced: onlyFirst,
    onlyInstalled: onlySecond.filter((path) => !isNamed(ofKind('missing'), path)),
    different: different.filter((path) => !isNamed(ofKind('different'), path)),
  };
}

/** A star stands for all but a slash. */
export function isNamed(named: readonly NamedDifference[], path: string): boolean {
  return named.some(({ path: pattern }) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.]/g, '\\.'));
    return new RegExp(`^${parts.join('[^/]+')}$`).test(path);
  });
}
