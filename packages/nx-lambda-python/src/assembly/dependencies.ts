/** The dependencies of a service: its requirements key, the store, and pip where the store has no answer. */

import type { RequirementSources } from '../packaging/requirements/sources';
import { remoteArguments, unpinnedRepositories } from '../packaging/requirements/parse';
import type { RequirementsMeaning } from '../packaging/requirements/collect';
import { skippedAll } from '../packaging/requirements/lock-scope';
import { RequirementSecrets } from '../packaging/requirements/secrets';
import { keyContent, requirementsKey, type KeyComponents } from '../packaging/requirements-key';
import { currentUser } from '../platform/engines/run';
import { exec, loadExec, type Exec } from '../platform/process/exec';
import { KeyRecords } from '../platform/store/key-records';
import {
  pipEnvironment,
  readPipConfiguration,
  withConstraints,
} from '../platform/pip/configuration';
import type { ContainerPlace } from '../platform/pip/pip-container';
import type { ResolveRequest } from '../platform/pip/request';
import { redactedError, redactingExec, type Redact } from '../platform/process/redact';
import type { OpenPart } from '../platform/store/open-part';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import type { Marker } from '../service/marker';
import { containerMeaning, containerPlace } from './container-place';
import { buildImageName, chooseImage, pinnedDigest } from './image';
import { installing } from './install';
import { printReason } from './miss';
import type { BuildOptions } from './normalize';
import { readRequirements } from './requirements';
import { buildSecrets } from './secrets';
import { readSources, warnOfOldLocks, warnOfOthers } from './sources';
import { noWheels, splicing } from './wheels';

/** What goes into the package before the service's own files, and where it comes from. */
export interface Dependencies {
  requirementsKey: string;
  /** Build image with its digest; null where no container was used. */
  image: string | null;
  engine: string;
  /** The store had them. */
  hit: boolean;
  /** Name of their dependency part in the store. */
  part: string;
  /** Opens that part, made first if need be, see `DiskWheelStore.openPart`; the caller closes it. */
  openPart: (next?: string) => Promise<OpenPart>;
  /** Modules that the part lacks since an option leaves their distribution out, by name. */
  leftOut?: () => ReadonlyMap<string, string>;
  /** What to say where something is required and the part has no distribution. */
  whenNone?: () => string;
}

/** One value of the option `dependencies`. */
export interface Mode {
  /** pip's commands whose configuration counts. */
  commands: readonly string[];
  /** What the store has for this key. */
  find: (key: string) => Dependencies | undefined;
  /** The same, or made by pip: in a container, on this machine without `place`. */
  ensure: (
    components: KeyComponents,
    request: ResolveRequest,
    place: ContainerPlace | undefined,
    exec: Exec,
  ) => Promise<Dependencies>;
}

/** All that decides the dependencies, but for what only an engine knows. */
export interface Resolution {
  sources: RequirementSources;
  request: ResolveRequest;
  redact: Redact;
  components: (place: 'container' | 'host', imageDigest: string | null) => KeyComponents;
  /** What is required, the same on every machine; see `readMeaning`. */
  written: RequirementsMeaning;
  /** Nothing is required. */
  isEmpty: boolean;
  imageName: string;
  /** Digest of the image where its name has it and a container may be used. */
  pinned: string | undefined;
}

export function modeOf(
  options: BuildOptions,
  { runtime, architecture }: Marker,
  store: DiskWheelStore,
): Mode {
  return options.dependencies === 'install'
    ? installing(options.project, store)
    : splicing(options, { runtime, architecture }, store);
}

export function readResolution(
  options: BuildOptions,
  { runtime, architecture }: Marker,
  commands: readonly string[],
): Resolution {
  const sources = readSources(options, { runtime, architecture });
  const inFiles = new RequirementSecrets(process.env);
  const { meaning, written, isEmpty, ...required } = readRequirements(options, (text, path) =>
    inFiles.protect(text, path),
  );
  const configuration = withConstraints(
    readPipConfiguration(process.env, undefined, commands),
    options,
    (text, path) => inFiles.protect(text, path),
  );
  const { forPip, redact } = buildSecrets(inFiles, required.files.values(), configuration);
  const imageName = buildImageName(options.image, { runtime, architecture });
  return {
    sources,
    request: {
      runtime,
      architecture,
      ...required,
      configuration,
      ssh: options.ssh,
      secrets: forPip,
      onLine: (line) => console.log(`  ${line}`),
    },
    redact,
    components: (place, imageDigest) => ({
      meaning,
      runtime: runtime.name,
      architecture,
      dependencies: options.dependencies,
      place,
      imageDigest,
      ...(place === 'container' ? { container: containerMeaning(options) } : {}),
      pipArguments: options.pipArgs,
      pipEnvironment: pipEnvironment(configuration),
    }),
    written,
    isEmpty,
    imageName,
    pinned: options.engine === 'host' ? undefined : pinnedDigest(imageName),
  };
}

/** @param ready is waited for before pip runs: a service that cannot be built needs no dependencies. */
export async function ensureDependencies(
  options: BuildOptions,
  marker: Marker,
  mode: Mode,
  resolution: Resolution,
  store: DiskWheelStore,
  ready: () => Promise<unknown>,
): Promise<Dependencies> {
  const { request, redact, components, isEmpty, imageName, pinned, sources } = resolution;
  warnOfOldLocks(request.files.keys(), options);
  const keys = new KeyRecords(store.root);
  const kept = (own: KeyComponents, dependencies: Dependencies): Dependencies => {
    keys.write(keyContent(own));
    const whenNone = () =>
      skippedAll(own.meaning.requirements, sources.taken[0] ?? options.projectRoot, marker);
    return isEmpty ? dependencies : { ...dependencies, whenNone };
  };

  // Nothing to resolve: no engine is asked, and no pip, which refuses an empty list.
  if (isEmpty) {
    warnOfOthers(sources);
    const own = components('host', null);
    return kept(own, noWheels(requirementsKey(own), options, store));
  }

  for (const words of request.configuration.unheeded ?? []) console.warn(`warning: ${words}`);
  warnOfBranches(components('host', null).meaning.requirements);

  const known = pinned && mode.find(requirementsKey(components('container', pinned)));
  if (known) return kept(components('container', pinned), known);

  const image = await chooseImage(options, imageName, marker.architecture, store, redact);
  const digest = image && (pinned ?? image.digest);
  const own = digest ? components('container', digest) : components('host', null);
  const there = mode.find(requirementsKey(own));
  if (there) return kept(own, there);
  const run = redactingExec(exec, redact);
  // The container is what takes longest, so nothing that could wait may hold up its start.
  // What goes wrong is told when it is needed.
  const prepared = Promise.all([image && currentUser(image, run), loadExec()]).catch(
    () => undefined,
  );
  await ready();
  printReason(own, options, keys);
  warnOfOthers(sources);
  await prepared;
  const place = image && digest ? containerPlace(options, image, digest, store) : undefined;
  try {
    return kept(own, await mode.ensure(own, request, place, run));
  } catch (error) {
    throw redactedError(error, redact);
  }
}

function warnOfBranches(requirements: readonly string[]): void {
  const urls = unpinnedRepositories(requirements);
  const [first] = urls;
  if (first === undefined) return;
  console.warn(
    `warning: ${urls.join(', ')}: no full commit, so a build does not see when it moves and takes the wheel it has; write \`@<commit>\` after the URL: \`git ls-remote ${remoteArguments(first)}\``,
  );
}
