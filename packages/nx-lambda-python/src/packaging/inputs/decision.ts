/** What decided a package, as digests that any machine can compute again from the same sources. */

import type { Marker } from '../../service/marker';
import { digestOf, type Json } from '../requirements/canonical-json';
import type { RequirementsMeaning } from '../requirements/collect';
import { withoutCredentials } from '../requirements/parse';

/** Raised whenever the same service gives another package or another manifest than before. */
export const BUILD_FORMAT = 6;

/** The named input that carries it: Nx hashes its text. Inputs of a build target without it are not the plugin's. */
export const BUILD_FORMAT_INPUT = 'lambdaPythonBuildFormat';

/** SHA-256, hex, of each part of it. Variables of the environment and the engine's image are in none of them. */
export interface Decision {
  /** The marker, and paths, modes and bytes of the files that it selects. */
  service: string;
  /** What requirement files and locks say, and the files of the workspace that they name. */
  requirements: string;
  /** The build target's options, and the format of builds. */
  options: string;
}

/** Options of a build that change what is in its package. */
export interface DecidingOptions {
  image: string | undefined;
  container: ContainerMeaning | undefined;
  pipArgs: readonly string[];
  content: DecidingContent;
}

/** What the user changed in the container: targets of volumes, and variables with their values, none of them secret. */
export interface ContainerMeaning {
  volumes: readonly string[];
  environment: Readonly<Record<string, string>>;
}

export interface DecidingContent {
  dependencies: string;
  excludeDistributions: readonly string[];
  /** In their order, which matters to patterns that include again. */
  excludeFiles: readonly string[];
  acceptIncompleteRecords: readonly string[];
  collisions: Readonly<Record<string, string>>;
  scripts: boolean;
  /** Millions of bytes that bytecode may take; null for none. */
  bytecodeMb: number | null;
  /** Only of the modules that handlers import. */
  bytecodeImported: boolean;
  layer: boolean;
}

/**
 * @param content see `contentDigest`
 * @param meaning with variables of the environment as they are written
 */
export function decisionOf(
  options: DecidingOptions,
  marker: Marker,
  content: string,
  { requirements, constraints, options: given, content: files = {} }: RequirementsMeaning,
): Decision {
  return {
    service: digestOf({ marker: markerFacts(marker), content }),
    requirements: digestOf({ requirements, constraints, options: given, files }),
    options: digestOf({ format: BUILD_FORMAT, ...optionFacts(options) }),
  };
}

const NAMES: Readonly<Record<keyof Decision, string>> = {
  service: "the service's files or its marker",
  requirements: 'its requirements',
  options: 'the options of the build',
};

/** What differs, in words; empty if the same things decided. */
export function decisionChanges(built: Decision, present: Decision): string[] {
  const keys = Object.keys(NAMES) as (keyof Decision)[];
  return keys.filter((key) => built[key] !== present[key]).map((key) => NAMES[key]);
}

/** Without what only creates functions: it may hold values that are secret. */
function markerFacts({ runtime, functions, ...marker }: Marker): Json {
  const {
    root,
    roots,
    importPackage = null,
    architecture,
    handlers,
    handlerName,
    ...files
  } = marker;
  return {
    ...{ root, importPackage, runtime: runtime.name, architecture, handlers, handlerName },
    ...{ include: files.include, exclude: files.exclude },
    // Younger than the format, as some options are.
    ...(roots.length > 0 && { roots: [...roots] }),
    functions: functions.map(({ key, handler = null, name = null }) => ({ key, handler, name })),
  };
}

function optionFacts({ image, container, pipArgs, content }: DecidingOptions) {
  const {
    excludeDistributions,
    excludeFiles,
    acceptIncompleteRecords: accepted,
    bytecodeMb: bytecode,
    bytecodeImported,
    ...others
  } = content;
  return {
    ...others,
    bytecode,
    excludeDistributions: [...excludeDistributions].sort(),
    // Options that are younger than the format: unset, they leave the decision as it was.
    ...(excludeFiles.length > 0 && { excludeFiles }),
    ...(bytecodeImported && { bytecodeImported }),
    ...(accepted.length > 0 && { acceptIncompleteRecords: [...accepted].sort() }),
    image: image ?? null,
    container: container ? containerFacts(container) : null,
    pipArgs: pipArgs.map(withoutCredentials),
  };
}

/** As digests have it. */
export function containerFacts({ volumes, environment }: ContainerMeaning) {
  return { volumes: [...volumes].sort(), environment: valuesWithoutCredentials(environment) };
}

export function valuesWithoutCredentials(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, withoutCredentials(value)]),
  );
}
