/** The inputs of a service's build target, as Nx hashes them. Too many only cost a build, too few serve a stale one. */

import type { NxJsonConfiguration, TargetConfiguration } from '@nx/devkit';
import ignore from 'ignore';
import { posix } from 'node:path';
import { BUILD_FORMAT, BUILD_FORMAT_INPUT } from '../packaging/inputs/decision';
import {
  packageInputs,
  type MachineInputs,
  type PackageInputs,
  type Unseen,
} from '../packaging/inputs/package-inputs';
import { requirementOptions } from '../packaging/inputs/requirements';
import { findSources } from '../packaging/inputs/sources';
import type { WorkspaceFiles } from '../packaging/inputs/workspace-files';
import { tableOf, type TomlTable } from '../packaging/requirements/toml';
import type { BuildExecutorSchema } from '../schemas/build';
import { sourceTrees, TEST_PATTERNS } from '../service/files';
import { MARKER_FILE, type Marker } from '../service/marker';
import type { DeclaredTarget } from './declared-targets';

export type Inputs = NonNullable<TargetConfiguration['inputs']>;

/** Makes every cached package of an older plugin stale. */
const BUILD_FORMAT_INPUTS: Record<string, Inputs> = {
  [BUILD_FORMAT_INPUT]: [{ env: `NX_LAMBDA_PYTHON_BUILD_FORMAT_${BUILD_FORMAT}` }],
};

/** Only the zip matters to later targets: a change that keeps its bytes uploads and deploys nothing. */
export const PACKAGE_INPUTS: Inputs = [{ dependentTasksOutputFiles: '**/*.zip', transitive: true }];

/** Of a service whose marker or requirements cannot be read: the build reports the fault, and Nx does not cache a failure. */
export const BROKEN: InferredInputs = {
  inputs: ['{projectRoot}/**/*', BUILD_FORMAT_INPUT, { externalDependencies: [] }],
  namedInputs: BUILD_FORMAT_INPUTS,
  unseen: [],
  files: [],
  options: {},
};

export interface InferredInputs {
  inputs: Inputs;
  /** Of the project. */
  namedInputs: Record<string, Inputs>;
  /** What decides the package without being an input: if there is any, Nx must not cache the target. */
  unseen: Unseen[];
  /** Relative to the service, sorted; empty if they are unknown. */
  files: string[];
  /** Of the build target, as the marker sets them. */
  options: Pick<BuildExecutorSchema, 'requirements'>;
}

/** @param root of the project, relative to the workspace */
export interface ServicePlace {
  root: string;
  marker: Marker;
  /** What the workspace says of the build target, see `declaredTarget`. */
  declared: readonly DeclaredTarget[];
  /** Named inputs that project.json or package.json define for the project. */
  ownNames: readonly string[];
}

/** Throws nothing: the build reports what cannot be read, and until then Nx must not cache it. */
export function inferInputs(
  { root, marker, declared, ownNames }: ServicePlace,
  workspace: WorkspaceFiles,
  machine: MachineInputs,
  namedInputs: NxJsonConfiguration['namedInputs'],
): InferredInputs {
  const { requirements } = marker;
  const options = requirements === undefined ? {} : { requirements };
  let decided: PackageInputs;
  try {
    const variants = optionVariants(declared, options).map((variant) =>
      requirementOptions(root, workspace.root, variant),
    );
    decided = packageInputs(variants, marker, workspace, machine);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const { files } = findSources(marker, workspace);
    return { ...BROKEN, unseen: [{ what: 'its requirements', why }], files, options };
  }
  const { unseen } = decided;
  const { files } = decided.sources;
  const inputs = buildInputs(marker, root, decided);
  const inferred = { inputs, namedInputs: BUILD_FORMAT_INPUTS, unseen, files, options };
  const given = declared.findLast((one) => one.inputs !== undefined);
  if (given?.inputs === undefined || given.inputs.includes('...')) return inferred;
  const name = given.inputs.map(nameOf).find((one) => one !== undefined && !ownNames.includes(one));
  if (name === undefined) {
    const replaced = {
      what: `what \`inputs\` of \`${given.place}\` leave out`,
      why: "they replace the plugin's inputs",
    };
    return { ...inferred, unseen: [...unseen, replaced] };
  }
  // The project defines the named input itself, with the plugin's inputs in it.
  const own = inputs.filter((input) => typeof input !== 'string' || !input.startsWith('^'));
  const carried = { ...BUILD_FORMAT_INPUTS, [name]: [...usualInputs(name, namedInputs), ...own] };
  return { ...inferred, namedInputs: carried };
}

/** A named input of nx.json without its exclusions, which Nx would also apply to the plugin's inputs. */
function usualInputs(name: string, all: NxJsonConfiguration['namedInputs'] = {}): Inputs {
  const { [name]: given = name === 'default' ? ['{projectRoot}/**/*'] : [], ...others } = all;
  return given.flatMap((input): Inputs => {
    const nested = nameOf(input);
    if (nested !== undefined) return nested === name ? [] : usualInputs(nested, others);
    return typeof input === 'string' && /^[!^]/.test(input) ? [] : [input];
  });
}

/** A named input of the project itself, such as `production`. */
function nameOf(input: unknown): string | undefined {
  const { input: name, projects, dependencies } = tableOf(input);
  const written = typeof input === 'string' ? input : projects || dependencies ? undefined : name;
  return typeof written === 'string' && /^[^{^!]/.test(written) ? written : undefined;
}

/** The options of every configuration: each may be built, and Nx has one list of inputs for all. */
export function optionVariants(
  declared: readonly Pick<DeclaredTarget, 'options' | 'configurations'>[],
  inferred: TomlTable = {},
): TomlTable[] {
  const base: TomlTable = Object.assign({}, inferred, ...declared.map(({ options }) => options));
  const names = new Set(declared.flatMap(({ configurations }) => Object.keys(configurations)));
  const variants = [...names].map((name): TomlTable =>
    Object.assign({}, base, ...declared.map(({ configurations }) => configurations[name] ?? {})),
  );
  return [base, ...variants];
}

/**
 * Inputs of the build target.
 *
 * All of them begin at the workspace's root: `{projectRoot}` stands for the files that Nx gives to the project, which
 * are not those of a project in one of its folders, and Nx reads special characters of the root as a glob.
 *
 * @param root of the project, relative to the workspace
 */
function buildInputs(marker: Marker, root: string, inputs: PackageInputs): Inputs {
  const { files, directories, environments, variables } = inputs;
  const named = [
    posix.join(root, MARKER_FILE),
    ...files,
    ...directories.flatMap((path) => [path, `${path}/**/*`]),
  ];
  return [
    ...sourceGlobs(marker, [...files, ...directories]),
    ...[...new Set(named)].map(fromRoot),
    ...environments.flatMap((path) =>
      isApart(path, named) ? [`!${fromRoot(`${path}/**/*`)}`] : [],
    ),
    '^{projectRoot}/**/*.py',
    BUILD_FORMAT_INPUT,
    ...variables.map((env) => ({ env })),
    // Without this Nx hashes every npm package of the workspace.
    { externalDependencies: [] },
  ];
}

/** Whether an exclusion of this directory hides no other input. */
function isApart(path: string, named: readonly string[]): boolean {
  return literal(path) === path && !named.some((one) => one.startsWith(`${path}/`));
}

function fromRoot(path: string): string {
  return posix.join(
    '{workspaceRoot}',
    path.endsWith('/**/*') ? `${literal(path.slice(0, -5))}/**/*` : literal(path),
  );
}

/** Special characters of Nx's globs become `?`, which matches any character: no quoting works in all versions of Nx. */
function literal(path: string): string {
  return path.replace(/[*?[\]{}()!+@|,\\]/g, '?');
}

/** @param named other inputs, which no exclusion may hide: Nx applies exclusions to every input */
function sourceGlobs(marker: Marker, named: readonly string[]): string[] {
  return sourceTrees(marker).flatMap(({ top, include }) => {
    const start = posix.join('{workspaceRoot}', literal(top));
    const patterns = include.filter((pattern) => !pattern.startsWith('!'));
    const selected = patterns.flatMap((pattern) => fileGlobs(start, pattern));
    const isFree = isTestFree(top, named, marker.exclude);
    return [...new Set([...selected, ...(isFree ? excluded(start) : [])])];
  });
}

/**
 * Whether tests can be left out: not if `exclude` may include some again, if the patterns may match files of other
 * projects, or if they would hide another input.
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
 * A gitignore pattern as globs: a slash before its end anchors it, without one it matches at any depth, and a directory
 * matches everything in it.
 */
function fileGlobs(base: string, pattern: string): string[] {
  const body = wildcards(pattern).replace(/^\/|\/$/g, '');
  const isAnchored = /\/./.test(pattern);
  const path = isAnchored || body.startsWith('**') ? `${base}/${body}` : `${base}/**/${body}`;
  if (path.endsWith('/**')) return [`${path}/*`];
  if (pattern.endsWith('/')) return [`${path}/**/*`];
  return [path, `${path}/**/*`];
}

/** Only `*` and `?` mean the same in gitignore and Nx; everything else becomes any character. */
function wildcards(pattern: string): string {
  return pattern.replace(/\\.|\[(?:\\.|[^\]])+\]/gs, '?').replace(/[[\]{}()!+@|,\\]/g, '?');
}
