/**
 * How dependencies get into a package: `wheels` splices those that pip resolved, `install` takes what pip installed.
 * Either makes a dependency part once for each requirements key, which the store keeps.
 */

import { basename, join } from 'node:path';
import { LambdaPythonError } from '../errors';
import type { ByteSink } from '../packaging/zip/write';
import {
  idleNames,
  modulesOf,
  planPart,
  readInstallation,
  writePart,
  type OpenWheel,
  type PartOptions,
  type WrittenPart,
} from '../packaging/dependency-part';
import { fileExclusions, NO_EXCLUSIONS, type FileExclusions } from '../packaging/file-exclusions';
import {
  ensureInstalledTree,
  planReducedTree,
  type InstalledTree,
  writeReducedTree,
  writeTreePart,
} from '../packaging/installed-tree';
import { findLock, resolveLock, unpinned } from '../packaging/locked-wheels';
import {
  ensureWheelSet,
  type Admit,
  type StoredWheel,
  type WheelSet,
} from '../packaging/wheel-set';
import { validateWheel } from '../packaging/wheel/admit';
import type { Installation } from '../packaging/wheel/layout';
import { normalizeName } from '../packaging/wheel/names';
import { checkRecords } from '../packaging/wheel/record';
import { archiveTree } from '../platform/files/archive-tree';
import { openFile } from '../platform/files/files';
import { describeTarget, LEFT, type Pip, type Target } from '../platform/pip/pip';
import { prepareInput } from '../platform/pip/prepare';
import { EarlyDoor } from '../platform/store/early-door';
import type { OpenPart, DiskWheelStore } from '../platform/store/wheel-store';
import { nxCommandLine, warn } from '../report/error-text';
import { listed } from '../report/text';
import { interpreterPath } from '../service/runtimes';
import type { BuildOptions, ContentOptions } from '../targets/build-target';
import type { KeyAndPlace, Resolution } from './decide';
import { followEdits, keepTrees, librariesOf } from './library-edits';
import { lockSteps, resolveAll, SHOWN, type WheelRun } from './pip-wheels';
import type { ServiceRequirements } from './requirements';

/** What goes into the package before the service's own files, and where it comes from. */
export interface Dependencies {
  requirementsKey: string;
  /** Build image with its digest; null if no container was used. */
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
  /** What to say if something is required and the part has no distribution. */
  whenNone?: () => string;
}

/** What is required, with the trees of libraries. */
type Required = Pick<ServiceRequirements, 'required' | 'trees'>;

/** One value of the option `dependencies`. */
export interface Mode {
  /** What the store has for this key. */
  find: (key: string) => Dependencies | undefined;
  /** How it follows from what the store has for another key, if only libraries of the workspace were edited. */
  follow: (chosen: KeyAndPlace, resolution: Required) => (() => Promise<Dependencies>) | undefined;
  /** The same, made by pip if the store does not have it. */
  ensure: (
    chosen: KeyAndPlace,
    resolution: Resolution & Required,
    pip: Pip,
  ) => Promise<Dependencies>;
}

export function modeOf(
  { service: { project }, content, container }: BuildOptions,
  target: Target,
  store: DiskWheelStore,
): Mode {
  return content.dependencies === 'install'
    ? installing(project, content, store)
    : splicing(project, content, container.engine, target, store);
}

export function splicing(
  project: string,
  content: ContentOptions,
  engine: BuildOptions['container']['engine'],
  target: Target,
  store: DiskWheelStore,
): Mode {
  const part = partOptions(content, content.scripts ? interpreterPath(target.runtime) : null);
  return {
    find: (key) => {
      const set = store.readSet(key);
      return set && spliced(set, true, content, part, store);
    },
    follow: ({ components, key, place }, resolution) => {
      const following = followEdits(components, librariesOf(resolution), store);
      if (!following) return undefined;
      return async () => {
        console.log(
          `no wheel is built: only files that wheels copy were edited in ${following.what}`,
        );
        const resolve = (directory: string) => Promise.resolve(following.resolve(directory));
        const { value: set } = await ensureWheelSet(
          key,
          store,
          resolve,
          admitFor(target, place !== undefined),
        );
        return spliced(set, true, content, part, store);
      };
    },
    ensure: async ({ components, key }, resolution, pip) => {
      if (pip.onHost && engine === 'auto') {
        console.log(
          'no container engine is installed: using published wheels only ("engine": "host"), building nothing from source',
        );
      }
      const door = new EarlyDoor(admitFor(target, !pip.onHost));
      const run: WheelRun = { resolution, pip, door };
      const installations = new Map<string, Installation>();
      const lock = findLock(components, target);
      const { value: set, hit } = await ensureWheelSet(
        key,
        store,
        (directory) =>
          lock
            ? resolveLock(lock, store, lockSteps(directory, lock, run, readAhead))
            : resolveAll(directory, run),
        door.admit,
      );
      if (!hit) {
        warnUnpinned(project, resolution, set.wheels);
        keepTrees(components, key, librariesOf(resolution), store);
      }
      return spliced(set, hit, content, part, store, installations);

      function readAhead(kept: readonly StoredWheel[]): Promise<void> {
        return store.verifyAhead(kept, (wheel) =>
          installations.set(wheel.sha256, readInstallation(wheel, part)),
        );
      }
    },
  };
}

function partOptions(
  { excludeDistributions, excludeFiles, collisions, layer }: ContentOptions,
  interpreter: string | null,
): PartOptions {
  const exclusions = fileExclusions(excludeFiles);
  return { excludeDistributions, excludeFiles: exclusions, collisions, layer, interpreter };
}

/** For a service that requires nothing, in either mode. */
export function noWheels(
  key: string,
  content: ContentOptions,
  store: DiskWheelStore,
): Dependencies {
  const set = { requirementsKey: key, image: null, engine: 'none', wheels: [] };
  return spliced(set, true, content, partOptions(content, null), store);
}

/** @throws WHEEL_INVALID for a wheel that the options do not accept as it is */
function spliced(
  { requirementsKey, image, engine, wheels }: WheelSet,
  hit: boolean,
  content: ContentOptions,
  options: PartOptions,
  store: DiskWheelStore,
  installations?: ReadonlyMap<string, Installation>,
): Dependencies {
  const plan = planPart(wheels, options);
  checkRecords(plan.wheels, content.acceptIncompleteRecords);
  warn(idleNames(wheels, content));
  const write = (open: readonly OpenWheel[], sink: ByteSink) =>
    writePart(open, options, sink, installations);
  const openPart = (next?: string) => store.openPart(plan.digest, plan.wheels, write, next);
  const leftOut = () =>
    leftOutModules(
      wheels.filter((wheel) => !plan.wheels.includes(wheel)),
      store,
    );
  return { requirementsKey, image, engine, hit, part: plan.digest, openPart, leftOut };
}

/** By the name of a module, the distribution that has it. What cannot be read any more has none. */
function leftOutModules(
  wheels: readonly StoredWheel[],
  store: DiskWheelStore,
): ReadonlyMap<string, string> {
  const modules = new Map<string, string>();
  for (const wheel of wheels) {
    try {
      using source = openFile(store.wheelPath(wheel));
      const whole = { interpreter: null, excludeFiles: NO_EXCLUSIONS };
      const { entries } = readInstallation({ ...wheel, source }, whole);
      for (const { name } of modulesOf(entries)) modules.set(name, wheel.name);
    } catch {
      modules.set(normalizeName(wheel.name).replaceAll('-', '_'), wheel.name);
    }
  }
  return modules;
}

/** A wheel that the container itself built carries the plain `linux` tag of that container. */
function admitFor(target: Target, allowLocal: boolean): Admit {
  return async (path) => {
    using file = openFile(path);
    return await validateWheel(file, basename(path), { ...target, allowLocal });
  };
}

/** pip installs into a tree, which is archived once for all packages. */
export function installing(
  project: string,
  { excludeFiles }: Pick<ContentOptions, 'excludeFiles'>,
  store: DiskWheelStore,
): Mode {
  const exclusions = fileExclusions(excludeFiles);
  return {
    find: (key) => {
      const tree = store.readTree(key);
      return tree && installed(tree, true, exclusions, store);
    },
    // pip's own tree has to be installed again.
    follow: () => undefined,
    ensure: async ({ key }, resolution, pip) => {
      if (pip.onHost) throw engineMissing();
      const { required, settings } = resolution;
      const { value: tree, hit } = await ensureInstalledTree(key, store, async (directory) => {
        console.log(`installing ${describeTarget(settings.target)} dependencies ${pip.where}`);
        const placed = await prepareInput(directory, required, settings, pip);
        const archive = join(directory, 'tree.zip');
        await pip.make('install', directory, placed);
        await archiveTree(join(directory, LEFT.install), archive);
        const { image, engine } = pip.resolvedBy;
        const write = (sink: ByteSink) => writePartFrom(archive, exclusions, sink);
        return { image: image ?? '', engine, write };
      });
      if (!hit) warnUnpinned(project, resolution);
      return installed(tree, hit, exclusions, store);
    },
  };
}

async function writePartFrom(
  archive: string,
  exclusions: FileExclusions,
  sink: ByteSink,
): Promise<WrittenPart> {
  using file = openFile(archive);
  return await writeTreePart(file, sink, exclusions);
}

function installed(
  tree: InstalledTree,
  hit: boolean,
  exclusions: FileExclusions,
  store: DiskWheelStore,
): Dependencies {
  const part = planReducedTree(tree, exclusions);
  const openPart = async (next?: string) =>
    part === tree.part
      ? store.openKnownPart(part)
      : store.openPartOf(
          part,
          tree.part,
          async (whole, sink) => writeReducedTree(whole, exclusions, sink),
          next,
        );
  return { ...tree, hit, part, openPart };
}

function engineMissing(): LambdaPythonError {
  return new LambdaPythonError('ENGINE_UNAVAILABLE', {
    message: '`"dependencies": "install"` needs a container engine, and none is installed',
    hint: 'install docker or podman, or set "dependencies": "wheels" on the build target to use published wheels',
  });
}

/** One warning, and only if something was resolved: a build of cached requirements repeats nothing. */
export function warnUnpinned(
  project: string,
  { required, meaning: { requirements, constraints } }: Pick<Resolution, 'required' | 'meaning'>,
  wheels: readonly StoredWheel[] = [],
): void {
  // A lock of uv, of Poetry or of the standard's form pins everything, whatever its lines look like here.
  if (required.isLocked) return;
  const names = unpinned(
    requirements,
    wheels.map(({ name }) => name),
    constraints,
  );
  if (names.length === 0) return;
  warn(
    `no version is pinned for ${listed(names, SHOWN)}: another machine or day may get different ones; run \`${nxCommandLine(`lock ${project}`)}\` to pin all by hash`,
  );
}
