/** Where code that is adopted says what it requires. */

import { joinPathFragments, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import { MARKER_FILE } from '../../service/marker';
import { declaredDependencies } from '../../service/pyproject';
import { DEFAULT_FILES, PIPFILE, uvLockAbove } from '../../service/required-files';

export interface Requirements {
  kind:
    /** A file that builds take by default. */
    | 'default'
    /** What `nx lock` makes a requirements.txt of. */
    | 'input'
    /** Files that the marker has to name. */
    | 'elsewhere'
    | 'none';
  /** Relative to the directory. */
  files: string[];
}

const REQUIREMENTS = /(^|\/)requirements([^/]*|\/[^/]+)\.txt$/;
const FOR_TOOLS = /dev|test|lint|doc|format|typing|ci\b/;

/**
 * @param files of the directory, relative to it
 * @param codes directories that are packaged, relative to it
 */
export function findRequirements(
  tree: Tree,
  root: string,
  files: readonly string[],
  codes: readonly string[],
): Requirements {
  // What is packaged with the code is for it; what lies above may be for tools.
  const ofCode = [...new Set(codes)].filter(Boolean).flatMap((code) => {
    const inCode = [...DEFAULT_FILES, PIPFILE].map((name) => posix.join(code, name));
    return inCode.find((file) => files.includes(file)) ?? [];
  });
  if (ofCode.length > 0) return { kind: 'elsewhere', files: ofCode.sort() };
  const taken = DEFAULT_FILES.find((name) => files.includes(name));
  if (taken !== undefined) return { kind: 'default', files: [taken] };
  const lock = uvLockAbove(root, (path) => tree.read(path, 'utf-8') ?? undefined);
  if (lock !== undefined) return { kind: 'default', files: [posix.relative(root, lock)] };
  if (files.includes('requirements.in')) return { kind: 'input', files: ['requirements.in'] };
  if (declares(tree, root)) return { kind: 'default', files: [MARKER_FILE] };
  if (files.includes(PIPFILE)) return { kind: 'default', files: [PIPFILE] };
  const named = files.filter((file) => REQUIREMENTS.test(file) && !FOR_TOOLS.test(file));
  const texts = named.map(
    (file) => [file, tree.read(joinPathFragments(root, file), 'utf-8') ?? ''] as const,
  );
  const included = texts.flatMap(([file, text]) =>
    [...text.matchAll(/^\s*(?:-r|--requirement)[ =]*(\S+)/gm)].map(([, path = '']) =>
      posix.join(posix.dirname(file), path),
    ),
  );
  const tops = named.filter((file) => !included.includes(file));
  return tops.length > 0 ? { kind: 'elsewhere', files: tops } : { kind: 'none', files: [] };
}

function declares(tree: Tree, root: string): boolean {
  const text = tree.read(joinPathFragments(root, MARKER_FILE), 'utf-8') ?? '';
  return declaredDependencies(text) !== undefined;
}
