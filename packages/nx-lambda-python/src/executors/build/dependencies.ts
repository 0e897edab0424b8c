/** The dependencies of a service: its requirements key, the store, and pip where the store has no answer. */

import { remoteArguments, unpinnedRepositories } from '../../packaging/requirements/branches';
import { RequirementSecrets } from '../../packaging/requirements/secrets';
import { requirementsKey } from '../../packaging/requirements-key';
import { exec, type Exec } from '../../platform/exec';
import { readPipConfiguration } from '../../platform/pip/configuration';
import type { ContainerPlace } from '../../platform/pip/in-container';
import type { ResolveRequest } from '../../platform/pip/request';
import { redactedError, redactingExec } from '../../platform/redact';
import type { DiskWheelStore, OpenPart } from '../../platform/wheel-store';
import type { Marker } from '../../service/marker';
import { buildImageName, chooseImage, pinnedDigest } from './image';
import { installing } from './install';
import type { BuildOptions } from './normalize';
import { readRequirements } from './requirements';
import { buildSecrets } from './secrets';
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
  /** Opens that part, made first if need be; the caller closes it. */
  openPart: () => Promise<OpenPart>;
}

/** One value of the option `dependencies`. */
export interface Mode {
  /** pip's commands whose configuration counts. */
  commands: string[];
  /** What the store has for this key. */
  find: (key: string) => Dependencies | undefined;
  /** The same, or made by pip: in a container, on this machine without `place`. */
  ensure: (
    key: string,
    request: ResolveRequest,
    place: ContainerPlace | undefined,
    exec: Exec,
  ) => Promise<Dependencies>;
}

/** @param ready is waited for before pip runs: a service that cannot be built needs no dependencies. */
export async function ensureDependencies(
  options: BuildOptions,
  { runtime, architecture }: Marker,
  store: DiskWheelStore,
  ready: Promise<unknown>,
): Promise<Dependencies> {
  const inFiles = new RequirementSecrets(process.env);
  const { meaning, isEmpty, ...required } = readRequirements(options, (text, path) =>
    inFiles.protect(text, path),
  );
  const mode =
    options.dependencies === 'install'
      ? installing(store)
      : splicing(options, { runtime, architecture }, store);
  const configuration = readPipConfiguration(process.env, undefined, mode.commands);
  const key = (place: 'container' | 'host', imageDigest: string | null) =>
    requirementsKey({
      meaning,
      runtime: runtime.name,
      architecture,
      dependencies: options.dependencies,
      place,
      imageDigest,
      pipArguments: options.pipArgs,
      pipEnvironment: configuration.deciding,
    });

  // Nothing to resolve: no engine is asked, and no pip, which refuses an empty list.
  if (isEmpty) return noWheels(key('host', null), options, store);
  warnOfBranches(meaning.requirements);

  const imageName = buildImageName(options.image, { runtime, architecture });
  const pinned = options.engine === 'host' ? undefined : pinnedDigest(imageName);
  const known = pinned && mode.find(key('container', pinned));
  if (known) return known;

  const { forPip, redact } = buildSecrets(inFiles, required.files.values(), configuration);
  const image = await chooseImage(options, imageName, architecture, store, redact);
  const request: ResolveRequest = {
    runtime,
    architecture,
    ...required,
    configuration,
    ssh: options.ssh,
    secrets: forPip,
    onLine: (line) => console.log(`  ${line}`),
  };
  const digest = image && (pinned ?? image.digest);
  const exact = digest ? key('container', digest) : key('host', null);
  const there = mode.find(exact);
  if (there) return there;
  await ready;
  const place = image && {
    image,
    network: options.network,
    extraArguments: options.containerArgs,
    pipCache: store.pipCachePath(digest ?? image.digest),
  };
  try {
    return await mode.ensure(exact, request, place, redactingExec(exec, redact));
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
