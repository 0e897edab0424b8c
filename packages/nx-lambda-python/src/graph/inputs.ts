/** What decides a build: the files and variables that Nx hashes. Too much only costs a build, too little serves a stale one. */

import type { TargetConfiguration } from '@nx/devkit';
import { posix } from 'node:path';
import { collectRequirements, type ReadFile } from '../packaging/requirements/collect';
import { decidingVariables } from '../packaging/requirements/secrets';
import { TEST_PATTERNS } from '../service/content';
import type { Marker } from '../service/marker';

export type Inputs = NonNullable<TargetConfiguration['inputs']>;

/**
 * Stands in the project's named inputs, which Nx hashes by their text: raised whenever the same service gives
 * other bytes than before, it makes every cached package of an older plugin stale.
 */
export const BUILD_FORMAT_INPUT = 'lambdaPythonBuildFormat';
export const BUILD_FORMAT: Inputs = [{ env: 'NX_LAMBDA_PYTHON_BUILD_FORMAT_1' }];

// Requirements at the root are often shared: `-r ../../requirements.txt`.
const REQUIREMENTS = [
  '{projectRoot}/pyproject.toml',
  '{projectRoot}/requirements*.txt',
  '{projectRoot}/requirements/**/*.txt',
  '{projectRoot}/constraints*.txt',
  '{projectRoot}/*.lock',
  '{projectRoot}/pylock*.toml',
  '{workspaceRoot}/requirements*.txt',
  '{workspaceRoot}/constraints*.txt',
];

const ENVIRONMENT = ['PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL'];

/**
 * Inputs of the build target.
 *
 * @param marker undefined where it is broken: then all Python files count, and the build reports the fault
 * @param root of the project, relative to the workspace
 */
export function buildInputs(marker: Marker | undefined, root: string, read: ReadFile): Inputs {
  return [
    ...(marker ? sourceGlobs(marker) : ['{projectRoot}/**/*.py']),
    ...REQUIREMENTS,
    ...includedRequirements(root, read),
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

// Files that requirements.txt includes from anywhere in the workspace, and variables that decide something in
// them: a token that changes leaves the package as it is. Faults in them are the build's to report.
function includedRequirements(root: string, read: ReadFile): Inputs {
  const file = posix.join(root, 'requirements.txt');
  if (read(file) === undefined) return [];
  try {
    const { files } = collectRequirements({ requirements: [file], constraints: [] }, read);
    const included = [...files.keys()].filter((path) => path !== file).sort();
    const variables = new Set([...files.values()].flatMap(decidingVariables));
    return [
      ...included.map((path) => `{workspaceRoot}/${path}`),
      ...[...variables].sort().map((env) => ({ env })),
    ];
  } catch {
    return [];
  }
}
