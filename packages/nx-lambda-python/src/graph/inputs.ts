/** What decides a package, as inputs that Nx hashes. Too much only costs a build, too little serves a stale one. */

import type { TargetConfiguration } from '@nx/devkit';
import ignore from 'ignore';
import { posix } from 'node:path';
import { BUILD_FORMAT, BUILD_FORMAT_INPUT } from '../packaging/inputs/decision';
import type { PackageInputs } from '../packaging/inputs/package-inputs';
import { TEST_PATTERNS } from '../service/files';
import type { Marker } from '../service/marker';

export type Inputs = NonNullable<TargetConfiguration['inputs']>;

/** Makes every cached package of an older plugin stale. */
export const BUILD_FORMAT_INPUTS: Record<string, Inputs> = {
  [BUILD_FORMAT_INPUT]: [{ env: `NX_LAMBDA_PYTHON_BUILD_FORMAT_${BUILD_FORMAT}` }],
};

/** Only the zip matters downstream: a change that leaves its bytes alone uploads and deploys nothing. */
export const PACKAGE_INPUTS: Inputs = [{ dependentTasksOutputFiles: '**/*.zip', transitive: true }];

/**
 * Inputs of the build target.
 *
 * All of them begin at the workspace's root: `{projectRoot}` stands for the files that Nx gives to the project, which
 * are not those of a project in one of its folders, and Nx reads special characters of the root as a glob.
 *
 * @param root of the project, relative to the workspace
 */
export function buildInputs(marker: Marker, root: string, inputs: PackageInputs): Inputs {
  const { files, directories, variables } = inputs;
  const named = [
    posix.join(root, 'pyproject.toml'),
    ...files,
    ...directories.flatMap((path) => [path, `${path}/**/*`]),
  ];
  return [
    ...sourceGlobs(marker, root, [...files, ...directories]),
    ...[...new Set(named)].map(fromRoot),
    '^{projectRoot}/**/*.py',
    BUILD_FORMAT_INPUT,
    ...variables.map((env) => ({ env })),
    // Without this Nx hashes every npm package of the workspace.
    { externalDependencies: [] },
  ];
}

/** Of a service whose marker or requirements cannot be read: the build reports the fault, and Nx caches no failure. */
export const BROKEN_INPUTS: Inputs = [
  '{projectRoot}/**/*',
  BUILD_FORMAT_INPUT,
  { externalDependencies: [] },
];

function fromRoot(path: string): string {
  return posix.join(
    '{workspaceRoot}',
    path.endsWith('/**/*') ? `${literal(path.slice(0, -5))}/**/*` : literal(path),
  );
}

/** Special characters of Nx's globs as `?`, which stands for any one: no way to quote them works in all versions. */
function literal(path: string): string {
  return path.replace(/[*?[\]{}()!+@|,\\]/g, '?');
}

/** @param named whatever else decides, none of which an exclusion may hide: Nx applies it to every input */
function sourceGlobs(
  { root: below, include, exclude }: Marker,
  root: string,
  named: readonly string[],
): string[] {
  const base = posix.join(root, below);
  const start = posix.join('{workspaceRoot}', literal(base));
  const patterns = include.filter((pattern) => !pattern.startsWith('!'));
  const selected = patterns.flatMap((pattern) => fileGlobs(start, pattern));
  return [...new Set([...selected, ...(isTestFree(base, named, exclude) ? excluded(start) : [])])];
}

/**
 * Tests are left out but where `exclude` may take some back, where they may be more than the service's own, and where
 * something else would go with them.
 */
function isTestFree(base: string, named: readonly string[], exclude: readonly string[]): boolean {
  if (base === '.' || literal(base) !== base) return false;
  if (exclude.some((pattern) => pattern.startsWith('!'))) return false;
  const tests = ignore({ ignorecase: false }).add([...TEST_PATTERNS]);
  return !named.some(
    (path) => path.startsWith(`${base}/`) && tests.ignores(`${path.slice(base.length + 1)}/x`),
  );
}

function excluded(start: string): string[] {
  return TEST_PATTERNS.flatMap((pattern) => fileGlobs(start, pattern)).map((glob) => `!${glob}`);
}

/**
 * A gitignore pattern as globs: with a slash before its end it is anchored, without one it matches at any depth, and a
 * directory stands for all in it.
 */
function fileGlobs(base: string, pattern: string): string[] {
  const body = wildcards(pattern).replace(/^\/|\/$/g, '');
  const isAnchored = /\/./.test(pattern);
  const path = isAnchored || body.startsWith('**') ? `${base}/${body}` : `${base}/**/${body}`;
  if (path.endsWith('/**')) return [`${path}/*`];
  if (pattern.endsWith('/')) return [`${path}/**/*`];
  return [path, `${path}/**/*`];
}

/** Of gitignore's syntax only `*` and `?` mean the same to Nx; everything else becomes any one character. */
function wildcards(pattern: string): string {
  return pattern.replace(/\\.|\[(?:\\.|[^\]])+\]/gs, '?').replace(/[[\]{}()!+@|,\\]/g, '?');
}
