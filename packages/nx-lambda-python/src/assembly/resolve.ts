/** The dependencies of a build: what the wheel store has for its key, else what pip resolves in the build image. */

import { join } from 'node:path';
import {
  keyChanges,
  renderChanges,
  keyContent,
  type KeyComponents,
} from '../packaging/requirements-key';
import { hexDigest } from '../packaging/requirements/canonical-json';
import { remoteArguments, unpinnedRepositories } from '../packaging/requirements/parse';
import { staleLocks } from '../packaging/requirements/lock-origin';
import { unfitLocks } from '../packaging/requirements/lock-wheels';
import { skippedAll } from '../packaging/requirements/lock-scope';
import { besideWarning, requirementSources } from '../packaging/requirements/sources';
import { findBuildImage, type BuildImage } from '../platform/engines/image';
import { currentUser } from '../platform/engines/run';
import { workspaceFiles } from '../platform/files/workspace-files';
import { containerPip, type ContainerPlace } from '../platform/pip/in-container';
import { hostPip } from '../platform/pip/on-host';
import type { Pip } from '../platform/pip/pip';
import { ask, loadExec } from '../platform/process/exec';
import { redactedError, redactingExec } from '../platform/process/redact';
import { previousKey } from '../platform/store/records';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import { warn } from '../report/error-text';
import type { BuildOptions, ContentOptions } from '../targets/build-target';
import {
  keyAndPlace,
  type KeyAndPlace,
  type ImageDigest,
  type Resolution,
  type ServiceResolution,
} from './decide';
import { noWheels, type Dependencies, type Mode } from './dependencies';
import { SHOWN } from './pip-wheels';

/** @param ready is waited for before pip runs: a service that cannot be built needs no dependencies. */
export async function ensureDependencies(
  { service, output, content }: Pick<BuildOptions, 'service' | 'output' | 'content'>,
  resolution: ServiceResolution,
  mode: Mode,
  store: DiskWheelStore,
  ready: () => Promise<unknown>,
): Promise<Dependencies> {
  const { required, settings, redact, exec, isEmpty, sources, meaning } = resolution;
  const workspace = workspaceFiles(service.sourceRoot);
  const { read, exists } = workspace;
  const place = { workspaceRoot: service.workspaceRoot, target: settings.target };
  warn(staleLocks(required.files.keys(), place, read, exists));
  warn(isEmpty ? [] : settings.configuration.unheeded);
  warn(movingBranches(meaning.requirements));
  // Most builds find their dependencies, and warn of nothing.
  const warnOfOthers = () =>
    warn(besideWarning(requirementSources(sources, service.projectRoot, workspace)));
  const choose = () => chooseImage(resolution, store);
  const chosen = await lookUp(resolution, content, mode, store, choose);
  const { components, image, cached } = chosen;
  const keep = (dependencies: Dependencies): Dependencies => {
    store.writeKey(keyContent(components));
    const from = sources.taken[0] ?? service.projectRoot;
    const whenNone = () => skippedAll(meaning.requirements, from, settings.target);
    return isEmpty ? dependencies : { ...dependencies, whenNone };
  };
  if (isEmpty) warnOfOthers();
  if (cached) return keep(cached);
  const follow = mode.follow(chosen, resolution);
  if (follow) {
    await ready();
    return keep(await follow());
  }
  // The container is what takes longest, so nothing that could wait may hold up its start.
  // What goes wrong is reported when it is needed.
  const prepared = Promise.all([image && currentUser(image, exec), loadExec()]).catch(
    () => undefined,
  );
  await ready();
  warn(unfitLocks(sources.taken, meaning.requirements, settings.target, read));
  printReason(join(service.workspaceRoot, output.path), store, components);
  warnOfOthers();
  await prepared;
  try {
    return keep(await mode.ensure(chosen, resolution, pipIn(chosen.place, resolution)));
  } catch (error) {
    throw redactedError(error, redact);
  }
}

export interface LookUp<Image> extends KeyAndPlace {
  /** Undefined for pip on this machine, and if no engine had to be asked. */
  image: Image | undefined;
  /** What the wheel store has for the key. */
  cached: Dependencies | undefined;
}

/** Decides, and looks into the wheel store: first without an engine, if the image is pinned or nothing is required. */
export async function lookUp<Image extends BuildImage | ImageDigest>(
  resolution: ServiceResolution,
  content: ContentOptions,
  mode: Mode,
  store: DiskWheelStore,
  findImage: () => Promise<Image | undefined>,
): Promise<LookUp<Image>> {
  const { isEmpty, pinned } = resolution;
  // Nothing to resolve: no engine is asked, and no pip, which refuses an empty list.
  if (isEmpty) {
    const chosen = keyAndPlace(resolution, undefined);
    return { ...chosen, image: undefined, cached: noWheels(chosen.key, content, store) };
  }
  if (pinned) {
    const chosen = keyAndPlace(resolution, { digest: pinned });
    const cached = mode.find(chosen.key);
    if (cached) return { ...chosen, image: undefined, cached };
  }
  const image = await findImage();
  const chosen = keyAndPlace(resolution, image);
  return { ...chosen, image, cached: mode.find(chosen.key) };
}

/** pip in that container, or on this machine. */
export function pipIn(
  place: ContainerPlace | undefined,
  { settings, exec }: Pick<Resolution, 'settings' | 'exec'>,
): Pip {
  return place ? containerPip(place, settings, exec) : hostPip(settings, exec);
}

/** What decides which image a container is started from. */
export interface ImageQuestion extends Pick<Resolution, 'imageName' | 'redact' | 'exec'> {
  container: Pick<Resolution['container'], 'engine'>;
  settings: Pick<Resolution['settings'], 'target' | 'onLine'>;
}

/** The engine that has the build image, pulled first if need be; undefined for the `host` way. */
export async function chooseImage(
  { container: { engine }, imageName, settings, redact, exec }: ImageQuestion,
  store: DiskWheelStore,
): Promise<BuildImage | undefined> {
  if (engine === 'host') return undefined;
  const { architecture } = settings.target;
  const request = { choice: engine, image: imageName, architecture };
  return findBuildImage(request, redactingExec(ask, redact), {
    // Parallel builds of a workspace start together.
    whileAlone: (work) => store.locked(`pull-${hexDigest(imageName)}`, work),
    pull: (program, args) => {
      console.log(`pulling ${imageName}`);
      return exec(program, args, { onLine: settings.onLine });
    },
  });
}

/** In the place of an image that no engine has. */
export const ABSENT: ImageDigest = { digest: null };

/** The same without a pull. */
export async function findLocalImage({
  container: { engine },
  imageName,
  settings: { target },
}: Resolution): Promise<BuildImage | ImageDigest | undefined> {
  if (engine === 'host') return undefined;
  const absent = new Error('absent');
  const request = { choice: engine, image: imageName, architecture: target.architecture };
  try {
    return await findBuildImage(request, ask, {
      whileAlone: (work) => work(),
      pull: () => Promise.reject(absent),
    });
  } catch (error) {
    if (error === absent) return ABSENT;
    throw error;
  }
}

/** What changed since the build whose manifest is still in the output directory. */
export function changesSince(directory: string, store: DiskWheelStore, components: KeyComponents) {
  const key = previousKey(directory);
  const before = key === undefined ? undefined : store.readKey(key);
  return { key, changes: before && keyChanges(before, keyContent(components)) };
}

function printReason(directory: string, store: DiskWheelStore, components: KeyComponents): void {
  const { changes } = changesSince(directory, store, components);
  if (!changes) return;
  console.log(
    changes.length > 0
      ? `changed since the last build: ${renderChanges(changes, SHOWN)}`
      : 'nothing changed since the last build, but its wheels are no longer in the wheel store',
  );
}

function movingBranches(requirements: readonly string[]): string[] {
  const urls = unpinnedRepositories(requirements);
  return urls
    .slice(0, 1)
    .map(
      (first) =>
        `${urls.join(', ')}: not pinned to a full commit, so a build does not see when it moves and uses the cached wheel; write \`@<commit>\` after the URL: \`git ls-remote ${remoteArguments(first)}\``,
    );
}
