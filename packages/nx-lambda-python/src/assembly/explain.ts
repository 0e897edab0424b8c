/** What a build would do about its dependencies, found out without doing it, and how that reads. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  componentName,
  renderChange,
  type KeyChange,
  type KeyComponents,
} from '../packaging/requirements-key';
import type { FileCount, PartDistribution } from '../packaging/dependency-part';
import { findLock, planLock } from '../packaging/locked-wheels';
import { packageInputs, type PackageInputs } from '../packaging/inputs/package-inputs';
import {
  nameOf,
  requirementSources,
  type RequirementSources,
} from '../packaging/requirements/sources';
import { workspaceFiles } from '../platform/files/workspace-files';
import { machineInputs } from '../platform/pip/configuration';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { counted, renderBytes } from '../report/text';
import type { Marker } from '../service/marker';
import { codeDirectories } from '../service/roots';
import type { BuildOptions } from '../targets/build-target';
import { readResolution } from './decide';
import { modeOf } from './dependencies';
import { ABSENT, changesSince, findLocalImage, lookUp } from './resolve';
import { readMarker } from './service';

export interface Explanation {
  project: string;
  /** `unknown` if the key depends on an image that is not on this machine yet. */
  outcome: 'hit' | 'miss' | 'unknown';
  requirementsKey: string | null;
  /** Build image, with its digest if that is known. */
  image: string | null;
  /** Where pip would run, or ran on a hit. */
  engine: string | null;
  /** Whether a build would start a container. */
  startsContainer: boolean;
  /** Where the service says what it requires: what is read, and what is not. */
  requirements: Pick<RequirementSources, 'taken' | 'beside'>;
  /** Everything that decides the package: paths of the workspace, variables by name. */
  inputs: ExplainedInputs;
  previous: Previous;
  /** Of a full lock on a miss: what is in the store, and what would be fetched. */
  lock: { distributions: number; stored: number; missing: string[] } | null;
  /** On a miss: only files of libraries that wheels copy were edited, so that nothing is built. */
  follows: boolean;
  /** What `excludeFiles` leaves out of the package; null if it leaves nothing out, and until a build has applied it. */
  leftOut: (FileCount & Pick<PartDistribution, 'name'>)[] | null;
}

/** As far as files exist and variables are set. */
interface ExplainedInputs extends Omit<PackageInputs, 'sources' | 'environments'> {
  /** Of the service and its roots, relative to the service. */
  sources: string[];
  /** Its further roots, relative to the workspace. */
  roots: string[];
}

/** The build whose manifest is in the output directory. */
interface Previous {
  requirementsKey: string | null;
  /** Why there is nothing to compare with; null if there is. */
  unknown: 'no build' | 'not in the store' | null;
  changes: KeyChange[];
}

export async function explainDependencies(options: BuildOptions): Promise<Explanation> {
  const { marker, store, mode, resolution, found } = await lookUpLocally(options);
  const { imageName, pinned } = resolution;
  const { project, workspaceRoot } = options.service;
  const directory = join(workspaceRoot, options.output.path);
  const { taken, beside } = requirementSources(
    resolution.sources,
    options.service.projectRoot,
    workspaceFiles(options.service.sourceRoot),
  );
  const { key, components, image, cached } = found;
  const facts = {
    project,
    requirements: { taken, beside },
    inputs: explainInputs(options, marker),
    requirementsKey: key,
    previous: comparePrevious(directory, store, components),
    lock: null,
    leftOut: null,
    follows: false,
  };
  if (cached) {
    const { image: name, engine, part } = cached;
    const leftOut = options.content.excludeFiles.length > 0 ? leftOutOf(part, store) : null;
    return { ...facts, outcome: 'hit', image: name, engine, startsContainer: false, leftOut };
  }
  if (image === ABSENT && !pinned) {
    return {
      ...facts,
      outcome: 'unknown',
      requirementsKey: null,
      image: imageName,
      engine: null,
      startsContainer: true,
      // Nothing is known of the image alone.
      previous: comparePrevious(directory, store, components, true),
    };
  }
  const { imageDigest } = components;
  const lock = lockState(components, marker, store);
  const isComplete = lock !== null && lock.missing.length === 0;
  const follows = mode.follow(found, resolution) !== undefined;
  return {
    ...facts,
    outcome: 'miss',
    image: imageDigest === null ? null : `${imageName.split('@')[0]}@${imageDigest}`,
    engine: image === undefined ? 'host' : 'engine' in image ? image.engine : null,
    startsContainer: imageDigest !== null && !isComplete && !follows,
    lock,
    follows,
  };
}

/** What the wheel store has for a service; nothing is pulled or resolved. */
export async function lookUpLocally(options: BuildOptions) {
  const marker = readMarker(options.service);
  const store = new DiskWheelStore();
  const mode = modeOf(options, marker, store);
  const resolution = readResolution(options, marker, store);
  const find = () => findLocalImage(resolution);
  const found = await lookUp(resolution, options.content, mode, store, find);
  return { marker, store, mode, resolution, found };
}

function leftOutOf(part: string, store: DiskWheelStore): Explanation['leftOut'] {
  const distributions = store.readPart(part)?.distributions;
  return (
    distributions?.flatMap(({ name, leftOut }) => (leftOut ? { name, ...leftOut } : [])) ?? null
  );
}

/** Everything that decides the package of these options, by name, and what of it Nx does not see. */
export function presentInputs(
  { service, required }: Pick<BuildOptions, 'service' | 'required'>,
  marker: Marker,
): PackageInputs {
  const { workspaceRoot, sourceRoot } = service;
  return packageInputs(
    [required],
    marker,
    workspaceFiles(sourceRoot),
    machineInputs(workspaceFiles(workspaceRoot)),
  );
}

function explainInputs(options: BuildOptions, marker: Marker): ExplainedInputs {
  const { sources, files, directories, variables, unseen } = presentInputs(options, marker);
  return {
    sources: sources.files,
    roots: codeDirectories(marker).slice(1),
    files: files.filter((path) => existsSync(join(options.service.sourceRoot, path))),
    directories,
    variables: variables.filter((name) => process.env[name] !== undefined),
    unseen,
  };
}

function comparePrevious(
  directory: string,
  store: DiskWheelStore,
  components: KeyComponents,
  ignoreImage = false,
): Previous {
  const { key = null, changes } = changesSince(directory, store, components);
  if (!changes) {
    const unknown = key === null ? 'no build' : 'not in the store';
    return { requirementsKey: key, unknown, changes: [] };
  }
  const shown = changes.filter(({ component }) => !ignoreImage || component !== 'imageDigest');
  return { requirementsKey: key, unknown: null, changes: shown };
}

function lockState(
  components: KeyComponents,
  marker: Marker,
  store: DiskWheelStore,
): Explanation['lock'] {
  const lock = findLock(components, marker);
  if (!lock) return null;
  const { kept, missing } = planLock(lock, store);
  return {
    distributions: lock.lines.length,
    stored: kept.length,
    missing: missing.map(({ requirement }) => requirement.name),
  };
}

export function renderExplanation(explanation: Explanation): string {
  const { project, outcome, requirementsKey } = explanation;
  const lines = [
    `${project}: ${outcome}`,
    ...(requirementsKey === null ? [] : [`requirements key: ${requirementsKey}`]),
    consequence(explanation),
    renderSources(explanation.requirements),
    ...renderInputs(explanation.inputs),
    ...(explanation.leftOut ?? []).map(
      ({ name, files, size }) =>
        `left out of ${name}: ${counted(files, 'file')}, ${renderBytes(size)}`,
    ),
    // On a hit, too: another build may have filled the store since.
    ...renderPrevious(explanation.previous),
  ];
  return lines.join('\n');
}

function renderSources({ taken, beside }: Explanation['requirements']): string {
  const read = `requirements: ${taken.map(nameOf).join(', ')}`;
  return beside.length === 0 ? read : `${read}; not read: ${beside.map(nameOf).join(', ')}`;
}

/** The JSON has all of their names. */
function renderInputs({ sources, roots, ...inputs }: ExplainedInputs): string[] {
  const { files, directories, variables, unseen } = inputs;
  const names = [...files, ...directories.map((path) => `${path}/`), ...variables];
  return [
    `decided by: ${[`${counted(sources.length, 'file')} of ${['the service', ...roots].join(' and ')}`, ...names].join(', ')}`,
    ...unseen.map(({ what, why }) => `Nx does not see ${what}: ${why}; the build is not cached`),
  ];
}

function consequence(explanation: Explanation): string {
  const { outcome, engine, image, lock, startsContainer, follows } = explanation;
  const where = engine === null || engine === 'host' || engine === 'none' ? null : engine;
  if (outcome === 'unknown') {
    return `the build image \`${image}\` is not on this machine: a build would pull it, and its digest is part of the key`;
  }
  if (outcome === 'hit') {
    if (engine === 'none') return 'nothing is required: no container would be started';
    const from = where ? `by ${where} in ${image}` : 'by pip on a machine without a container';
    return `its dependencies are in the wheel store, resolved ${from}; no container would be started`;
  }
  if (follows) {
    return 'only files that wheels copy were edited in libraries: no container would be started';
  }
  const place = startsContainer ? `${where ?? 'a container'}, ${image},` : 'pip on this machine';
  if (!lock) return `${place} would resolve all requirements`;
  const stored = `${lock.stored} of ${lock.distributions} locked wheels are in the wheel store`;
  if (lock.missing.length === 0) return `${stored}: no container would be started`;
  return `${stored}; ${place} would fetch ${lock.missing.join(', ')}`;
}

function renderPrevious({ requirementsKey, unknown, changes }: Previous): string[] {
  if (unknown === 'no build') {
    return ['no earlier build to compare with: the output directory has no manifest'];
  }
  if (unknown === 'not in the store') {
    return [
      `the last build has the key ${requirementsKey}, which this wheel store does not have: it was built elsewhere`,
    ];
  }
  if (changes.length === 0) return ['nothing changed since the last build'];
  return [
    'changed since the last build:',
    ...changes.map((change) => `  ${componentName(change.component)}: ${renderChange(change)}`),
  ];
}
