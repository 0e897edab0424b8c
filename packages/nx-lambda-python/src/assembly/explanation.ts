/** What a build would do about its dependencies, found out without doing it. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  keyChanges,
  keyContent,
  requirementsKey,
  type KeyChange,
  type KeyComponents,
  type KeyContent,
} from '../packaging/requirements-key';
import { findLock, planLock } from '../packaging/locked-wheels';
import { KeyRecords, previousKey } from '../platform/store/key-records';
import { LineRecords } from '../platform/store/line-records';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import type { Marker } from '../service/marker';
import { presentInputs } from './decision';
import { modeOf, readResolution } from './dependencies';
import { findLocalImage } from './image';
import type { BuildOptions } from './normalize';

export interface Explanation {
  project: string;
  /** `unknown` where the key depends on an image that is not on this machine yet. */
  outcome: 'hit' | 'miss' | 'unknown';
  requirementsKey: string | null;
  /** Build image with its digest where that is known. */
  image: string | null;
  /** Where pip would run, or ran on a hit. */
  engine: string | null;
  /** Whether a build would start a container. */
  startsContainer: boolean;
  /** Where the service says what it requires: what is read, and what stands beside it unread. */
  requirements: { taken: string[]; beside: string[] };
  /** Everything that decides the package: paths of the workspace, variables by name. */
  inputs: ExplainedInputs;
  previous: Previous;
  /** Of a full lock on a miss: what is in the store, and what would be fetched. */
  lock: { distributions: number; stored: number; missing: string[] } | null;
}

export interface ExplainedInputs {
  /** Of the service itself, relative to it. */
  sources: string[];
  /** Read by name, as far as they are there. */
  files: string[];
  /** Of which every file counts. */
  directories: string[];
  /** As far as they are set. */
  variables: string[];
  /** What of all this Nx does not hash: then it does not cache the build. */
  unseen: { what: string; why: string }[];
}

/** The build whose manifest is in the output directory. */
export interface Previous {
  requirementsKey: string | null;
  /** Why there is nothing to compare with. */
  unknown: 'no build' | 'not in the store' | null;
  changes: KeyChange[];
}

export async function explainDependencies(
  options: BuildOptions,
  marker: Marker,
  store: DiskWheelStore,
): Promise<Explanation> {
  const mode = modeOf(options, marker, store);
  const resolution = readResolution(options, marker, mode.commands);
  const { components, imageName, pinned } = resolution;
  const { taken, beside } = resolution.sources;
  const inputs = explainInputs(options, marker);
  const keys = new KeyRecords(store.root);
  const facts = (own: KeyComponents) => ({
    project: options.project,
    requirements: { taken, beside },
    inputs,
    requirementsKey: requirementsKey(own),
    previous: comparePrevious(options, keys, keyContent(own)),
    lock: null,
  });

  if (resolution.isEmpty) {
    const own = components('host', null);
    return { ...facts(own), outcome: 'hit', image: null, engine: 'none', startsContainer: false };
  }
  const known = pinned && mode.find(requirementsKey(components('container', pinned)));
  if (pinned && known) {
    const { image, engine } = known;
    const own = components('container', pinned);
    return { ...facts(own), outcome: 'hit', image, engine, startsContainer: false };
  }

  const found = await findLocalImage(options, imageName, marker.architecture);
  if (found === 'absent' && !pinned) {
    return {
      project: options.project,
      requirements: { taken, beside },
      inputs,
      outcome: 'unknown',
      requirementsKey: null,
      image: imageName,
      engine: null,
      startsContainer: true,
      // Of the image alone nothing can be said.
      previous: comparePrevious(options, keys, keyContent(components('container', null)), true),
      lock: null,
    };
  }
  const digest = pinned ?? (found === 'absent' ? undefined : found?.digest);
  const own = digest ? components('container', digest) : components('host', null);
  const there = mode.find(requirementsKey(own));
  if (there) {
    const { image, engine } = there;
    return { ...facts(own), outcome: 'hit', image, engine, startsContainer: false };
  }
  const lock = lockState(own, marker, store);
  const isComplete = lock !== null && lock.missing.length === 0;
  return {
    ...facts(own),
    outcome: 'miss',
    image: digest ? `${imageName.split('@')[0]}@${digest}` : null,
    engine: found === 'absent' ? null : (found?.engine ?? 'host'),
    startsContainer: digest !== undefined && !isComplete,
    lock,
  };
}

function explainInputs(options: BuildOptions, marker: Marker): ExplainedInputs {
  const { sources, files, variables, ...rest } = presentInputs(options, marker);
  const { directories, unseen } = rest;
  return {
    sources: sources.files,
    files: files.filter((path) => existsSync(join(options.sourceRoot, path))),
    directories,
    variables: variables.filter((name) => process.env[name] !== undefined),
    unseen,
  };
}

function comparePrevious(
  options: BuildOptions,
  keys: KeyRecords,
  content: KeyContent,
  ignoreImage = false,
): Previous {
  const key = previousKey(join(options.workspaceRoot, options.outputPath));
  if (key === undefined) return { requirementsKey: null, unknown: 'no build', changes: [] };
  const before = keys.read(key);
  if (!before) return { requirementsKey: key, unknown: 'not in the store', changes: [] };
  const changes = keyChanges(before, content).filter(
    ({ component }) => !(ignoreImage && component === 'imageDigest'),
  );
  return { requirementsKey: key, unknown: null, changes };
}

function lockState(
  components: KeyComponents,
  marker: Marker,
  store: DiskWheelStore,
): Explanation['lock'] {
  const lock = findLock(components, marker);
  if (!lock) return null;
  const { kept, missing } = planLock(lock, new LineRecords(store.root));
  return {
    distributions: lock.lines.length,
    stored: kept.length,
    missing: missing.map(({ requirement }) => requirement.name),
  };
}
