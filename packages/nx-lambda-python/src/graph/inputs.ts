/** What decides a build: the files and variables that Nx hashes. Too much only costs a build, too little serves a stale one. */

import type { TargetConfiguration } from '@nx/devkit';
import { posix } from 'node:path';
import { TEST_PATTERNS } from '../service/content';
import type { Marker } from '../service/marker';
import type { NamedFiles } from './requirements';

export type Inputs = NonNullable<TargetConfiguration['inputs']>;

/**
 * Stands in the project's named inputs, which Nx hashes by their text: raised whenever the same service gives
 * other bytes than before, it makes every cached package of an older plugin stale.
 */
export const BUILD_FORMAT_INPUT = 'lambdaPythonBuildFormat';
export const BUILD_FORMAT: Inputs = [{ env: 'NX_LAMBDA_PYTHON_BUILD_FORMAT_2' }];

// Requirements and locks at the root are often shared: `-r ../../requirements.txt`, a workspace of uv.
const REQUIREMENTS = [
  '{projectRoot}/pyproject.toml',
  '{projectRoot}/requirements*.txt',
  '{projectRoot}/requirements/**/*.txt',
  '{projectRoot}/constraints*.txt',
  '{projectRoot}/*.lock',
  '{projectRoot}/pylock*.toml',
  '{workspaceRoot}/requirements*.txt',
  '{workspaceRoot}/constraints*.txt',
  '{workspaceRoot}/uv.lock',
  '{workspaceRoot}/pylock*.toml',
];

const ENVIRONMENT = ['PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL'];

/**
 * Inputs of the build target.
 *
 * @param marker undefined where it is broken: then all Python files count, and the build reports the fault
 * @param root of the project, relative to the workspace
 * @param named what its requirements name
 */
export function buildInputs(marker: Marker | undefined, root: string, named: NamedFiles): Inputs {
  return [
    ...(marker ? sourceGlobs(marker) : ['{projectRoot}/**/*.py']),
    ...REQUIREMENTS,
    ...namedInputs(root, named),
    '^{projectRoot}/**/*.py',
    BUILD_FORMAT_INPUT,
    ...ENVIRONMENT.map((env) => ({ env })),
    // Without this Nx hashes every npm package of the workspace.
    { externalDependencies: [] },
  ];
}

/** Only the zip matters downstream: a change that leaves its bytes alone uploads and deploys nothing. */
export const PACKAGE_INPUTS: Inputs = [{ dependentTasksOutputFiles: '**/*.zip', transitive: true }];

function sourceGlobs({ root, include, exclude }: Marker): string[] {
  const base = posix.join('{projectRoot}', root);
  const selected = include
    .filter((pattern) => !pattern.startsWith('!'))
    .flatMap((pattern) => fileGlobs(base, pattern));
  // Only tests are left out, and not where `exclude` may take some back. Nx applies an exclusion to every input
  // of the project: one from `exclude`, such as `*.txt`, would take requirements.txt with it.
  const excluded = exclude.some((pattern) => pattern.startsWith('!'))
    ? []
    : TEST_PATTERNS.flatMap((pattern) => fileGlobs(base, pattern));
  return [...new Set([...selected, ...excluded.map((glob) => `!${glob}`)])];
}

// A gitignore pattern as globs: with a slash before its end it is anchored, without one it matches at any depth,
// and a directory stands for all in it.
function fileGlobs(base: string, pattern: string): string[] {
  const body = pattern.replace(/^\/|\/$/g, '');
  const isAnchored = /\/./.test(pattern);
  const path = isAnchored || body.startsWith('**') ? `${base}/${body}` : `${base}/**/${body}`;
  if (path.endsWith('/**')) return [`${path}/*`];
  if (pattern.endsWith('/')) return [`${path}/**/*`];
  return [path, `${path}/**/*`];
}

// Files that the requirements include or name anywhere in the workspace, and libraries, whose edits change the
// package as the service's own do; and variables that decide something in them: a token that changes leaves the
// package as it is.
function namedInputs(root: string, { files, local, variables }: NamedFiles): Inputs {
  const own = posix.join(root, 'requirements.txt');
  return [
    ...files
      .filter((path) => path !== own)
      .sort()
      .map((path) => `{workspaceRoot}/${path}`),
    ...local.map((path) =>
      posix.join('{workspaceRoot}', path, ...(isArchive(path) ? [] : ['**/*'])),
    ),
    ...variables.map((env) => ({ env })),
  ];
}

function isArchive(path: string): boolean {
  return /\.(whl|zip|tar|t?gz|tbz|bz2|t?xz)$/.test(path);
}
