/**
 * What decides a service's dependencies and its package. Build, explain, lock and shell read a resolution and decide by
 * it, once the build image is known: under which requirements key, and in which container pip runs.
 */

import { isAbsolute, join, relative } from 'node:path';
import { decisionOf, type ContainerMeaning, type Decision } from '../packaging/inputs/decision';
import { PIP_COMMANDS } from '../packaging/inputs/pip-configuration';
import type { Protect } from '../packaging/inputs/requirements';
import type { RequirementsMeaning } from '../packaging/requirements/collect';
import { RequirementSecrets } from '../packaging/requirements/secrets';
import { requirementsKey, type KeyComponents } from '../packaging/requirements-key';
import type { Mount } from '../platform/engines/container';
import type { BuildImage } from '../platform/engines/image';
import {
  pipEnvironment,
  readPipConfiguration,
  withConstraints,
} from '../platform/pip/configuration';
import type { ContainerPlace } from '../platform/pip/in-container';
import type { PipSettings, RequiredInput, Target } from '../platform/pip/pip';
import { buildSecrets } from '../platform/pip/secrets';
import { exec, type Exec } from '../platform/process/exec';
import { redactingExec, type Redact } from '../platform/process/redact';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import type { Marker } from '../service/marker';
import { defaultBuildImage } from '../service/runtimes';
import type { BuildOptions, ContainerOptions, ServicePlace } from '../targets/build-target';
import { readRequirements, type ServiceRequirements } from './requirements';

/** What is required, for which runtime, and how pip would be run, but for what only an engine knows. */
export interface Resolution {
  required: RequiredInput;
  meaning: RequirementsMeaning;
  dependencies: KeyComponents['dependencies'];
  settings: PipSettings;
  redact: Redact;
  /** Runs programs, whose output it redacts. */
  exec: Exec;
  container: ContainerOptions;
  imageName: string;
  /** Digest of the image if its name has it and a container may be used. */
  pinned: string | undefined;
  /** pip's cache on this machine for the image of this digest. */
  pipCacheOf: (digest: string) => string;
}

/** The same for what a service requires itself. */
export type ServiceResolution = Resolution & ServiceRequirements;

export function readResolution(
  options: BuildOptions,
  marker: Marker,
  store: DiskWheelStore,
): ServiceResolution {
  return resolutionOf(options, marker, store, (protect) =>
    readRequirements(options, marker, protect),
  );
}

/** @param read what is required, given what takes credentials out of each file */
export function resolutionOf<T extends Pick<Resolution, 'required' | 'meaning'>>(
  { service, container, content: { dependencies } }: BuildOptions,
  { runtime, architecture }: Marker,
  store: DiskWheelStore,
  read: (protect: Protect) => T,
): T & Resolution {
  const inFiles = new RequirementSecrets(process.env);
  const protect: Protect = (text, path) => inFiles.protect(text, path);
  const found = read(protect);
  const configuration = withConstraints(
    readPipConfiguration(process.env, undefined, PIP_COMMANDS[dependencies]),
    service,
    protect,
    found.required.buildConstraints,
  );
  const secrets = buildSecrets(inFiles, found.required.files.values(), configuration);
  const imageName = buildImageName(container.image, { runtime, architecture });
  const { literal, inherited } = container.environment;
  return {
    ...found,
    dependencies,
    settings: {
      target: { runtime, architecture },
      configuration,
      secrets: secrets.forPip,
      onLine: (line) => console.log(`  ${line}`),
    },
    redact: secrets.redact,
    exec: redactingExec(exec, secrets.redact),
    container: {
      ...container,
      volumes: container.volumes.map((volume) => inSources(volume, service)),
      // An unset one would reach the container empty from some engines.
      environment: {
        literal,
        inherited: inherited.filter((name) => process.env[name] !== undefined),
      },
    },
    imageName,
    pinned: container.engine === 'host' ? undefined : pinnedDigest(imageName),
    pipCacheOf: (digest) => store.pipCachePath(digest),
  };
}

/** A build image of which only the digest is known, or nothing, to compare the other components of a key. */
export interface ImageDigest {
  digest: string | null;
}

export interface KeyAndPlace {
  components: KeyComponents;
  key: string;
  /** Undefined for pip on this machine, and if no engine was asked for its image. */
  place: ContainerPlace | undefined;
}

/** @param image undefined for pip on this machine */
export function keyAndPlace(
  { meaning, dependencies, settings, required, container, pinned, pipCacheOf }: Resolution,
  image: BuildImage | ImageDigest | undefined,
): KeyAndPlace {
  const { target, configuration } = settings;
  // An index of images may be pinned, whose digest is not that of the image an engine has.
  const digest = image && (pinned ?? image.digest);
  const components: KeyComponents = {
    meaning,
    runtime: target.runtime.name,
    architecture: target.architecture,
    dependencies,
    place: image ? 'container' : 'host',
    imageDigest: digest ?? null,
    ...(image && { container: containerMeaning(container) }),
    pipArguments: required.pipArguments,
    pipEnvironment: pipEnvironment(configuration),
  };
  const place =
    digest && image && 'engine' in image
      ? { ...container, image, pipCache: pipCacheOf(digest) }
      : undefined;
  return { components, key: requirementsKey(components), place };
}

/** With `ref`, what is in the workspace is that of the commit. */
function inSources(volume: Mount, { workspaceRoot, sourceRoot }: ServicePlace): Mount {
  const path = relative(workspaceRoot, volume.source);
  const isOutside = volume.isVolume || path.startsWith('..') || isAbsolute(path);
  return isOutside ? volume : { ...volume, source: join(sourceRoot, path) };
}

/**
 * For the requirements key. Values of this machine's environment may be secret and stay out; so do the sources
 * of volumes, which differ from machine to machine.
 */
function containerMeaning({
  volumes,
  environment: { literal },
}: ContainerOptions): ContainerMeaning | undefined {
  if (volumes.length === 0 && Object.keys(literal).length === 0) return undefined;
  return { volumes: volumes.map(({ target }) => target), environment: literal };
}

/** Of the option `image`, or AWS's own. */
export function buildImageName(
  option: string | undefined,
  { runtime, architecture }: Target,
): string {
  if (!option) return defaultBuildImage(runtime, architecture);
  return option.replaceAll('{runtime}', runtime.name).replaceAll('{architecture}', architecture);
}

/** A pinned image's digest is known without an engine. */
function pinnedDigest(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
}

/**
 * What decides a package, as its manifest records it.
 * @param sources digest of the service's files
 * @param written see `ServiceRequirements.written`
 */
export function packageDecision(
  { container, content, required: { pipArgs } }: BuildOptions,
  marker: Marker,
  sources: string,
  written: RequirementsMeaning,
): Decision {
  const image = buildImageName(container.image, marker);
  const deciding = { image, container: containerMeaning(container), pipArgs, content };
  return decisionOf(deciding, marker, sources, written);
}
