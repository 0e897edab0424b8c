/** The inputs of a service's build target as Nx will have them, and whether Nx sees all that decides the package. */

import type { NxJsonConfiguration } from '@nx/devkit';
import { projectPath } from '../packaging/inputs/option-paths';
import {
  packageInputs,
  type MachineInputs,
  type PackageInputs,
  type Unseen,
} from '../packaging/inputs/package-inputs';
import type { RequirementOptions } from '../packaging/inputs/requirements';
import { findSources } from '../packaging/inputs/sources';
import type { WorkspaceFiles } from '../packaging/inputs/workspace-files';
import { stringsOf, tableOf, type TomlTable } from '../packaging/requirements/toml';
import type { Marker } from '../service/marker';
import type { DeclaredTarget } from './declared-targets';
import { BROKEN_INPUTS, BUILD_FORMAT_INPUTS, buildInputs, type Inputs } from './inputs';

export interface InferredInputs {
  inputs: Inputs;
  /** Of the project. */
  namedInputs: Record<string, Inputs>;
  /** If there is something, Nx must not cache the target. */
  unseen: Unseen[];
  /** Relative to the service, sorted; none where they cannot be told. */
  files: string[];
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

/** Nothing is thrown: what cannot be read is the build's to report, and Nx is told to cache nothing meanwhile. */
export function inferInputs(
  place: ServicePlace,
  workspace: WorkspaceFiles,
  machine: MachineInputs,
  namedInputs: NxJsonConfiguration['namedInputs'],
): InferredInputs {
  const { root, marker, declared } = place;
  const { files } = findSources(marker, root, workspace);
  let found: PackageInputs;
  try {
    const variants = optionVariants(declared).map((options) =>
      requirementOptions(root, workspace.root, options),
    );
    found = packageInputs(variants, marker, root, workspace, machine);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const unseen = [{ what: 'its requirements', why }];
    return { inputs: BROKEN_INPUTS, namedInputs: BUILD_FORMAT_INPUTS, unseen, files };
  }
  const inputs = buildInputs(marker, root, found);
  const given = declared.findLast((one) => one.inputs !== undefined);
  if (given?.inputs === undefined || given.inputs.includes('...')) {
    return { inputs, namedInputs: BUILD_FORMAT_INPUTS, unseen: found.unseen, files };
  }
  const name = given.inputs
    .map(nameOf)
    .find((one) => one !== undefined && !place.ownNames.includes(one));
  if (name === undefined) {
    const replaced = {
      what: `what \`inputs\` of \`${given.place}\` leave out`,
      why: "they replace the plugin's inputs",
    };
    return { inputs, namedInputs: BUILD_FORMAT_INPUTS, unseen: [...found.unseen, replaced], files };
  }
  // What they name is this project's to define, and takes the plugin's inputs in.
  const own = inputs.filter((input) => typeof input !== 'string' || !input.startsWith('^'));
  const carried = { ...BUILD_FORMAT_INPUTS, [name]: [...usualInputs(name, namedInputs), ...own] };
  return { inputs, namedInputs: carried, unseen: found.unseen, files };
}

/** What nx.json says of a named input, without exclusions: Nx would apply them to the plugin's inputs, too. */
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

/** The options in each configuration: any of them may be built, and Nx has one list of inputs for all. */
export function optionVariants(
  declared: readonly Pick<DeclaredTarget, 'options' | 'configurations'>[],
): TomlTable[] {
  const base: TomlTable = Object.assign({}, ...declared.map(({ options }) => options));
  const names = new Set(declared.flatMap(({ configurations }) => Object.keys(configurations)));
  const variants = [...names].map((name): TomlTable =>
    Object.assign({}, base, ...declared.map(({ configurations }) => configurations[name] ?? {})),
  );
  return [base, ...variants];
}

/**
 * As the build reads its options: paths relative to the workspace.
 * @throws OPTION_INVALID for a path outside of it
 */
export function requirementOptions(
  projectRoot: string,
  workspaceRoot: string,
  options: TomlTable,
): RequirementOptions {
  const base = { projectRoot, workspaceRoot };
  const paths = (option: string) =>
    stringsOf(options[option]).map((path) => projectPath(option, path, base));
  return {
    ...base,
    requirements: Array.isArray(options['requirements']) ? paths('requirements') : undefined,
    constraints: paths('constraints'),
    pipArgs: stringsOf(options['pipArgs']),
  };
}
