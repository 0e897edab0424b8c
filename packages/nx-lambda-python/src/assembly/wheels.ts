/** `"dependencies": "wheels"`: pip resolves wheels, packages are spliced from them. */

import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ByteSink } from '../packaging/zip/write';
import {
  modulesOf,
  planPart,
  readInstallation,
  unknownExclusions,
  writePart,
  type OpenWheel,
  type PartOptions,
} from '../packaging/dependency-part';
import {
  findLock,
  resolveLock,
  withRequirements,
  type Lock,
  type LockSteps,
  type LockedLine,
} from '../packaging/locked-wheels';
import { requirementsKey } from '../packaging/requirements-key';
import {
  ensureWheelSet,
  type Admit,
  type ResolvedWheels,
  type StoredWheel,
  type WheelSet,
} from '../packaging/wheel-set';
import { validateWheel } from '../packaging/wheel/admit';
import type { Installation } from '../packaging/wheel/layout';
import { normalizeName } from '../packaging/wheel/names';
import { EarlyDoor } from '../platform/store/early-door';
import type { Exec } from '../platform/process/exec';
import { openFile } from '../platform/files/files';
import { LineRecords, readWheelNeeds } from '../platform/store/line-records';
import { resolvedIn, resolveInContainer } from '../platform/pip/in-container';
import { resolveOnHost } from '../platform/pip/on-host';
import type { ContainerPlace } from '../platform/pip/pip-container';
import { prepareRequest } from '../platform/pip/prepare';
import { describeTarget, TEMPORARY, type ResolveRequest } from '../platform/pip/request';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import { interpreterPath, type Architecture, type Runtime } from '../service/runtimes';
import type { Dependencies, Mode } from './dependencies';
import { nameSome, warnUnpinned } from './miss';
import type { BuildOptions } from './normalize';

export function splicing(
  options: BuildOptions,
  target: { runtime: Runtime; architecture: Architecture },
  store: DiskWheelStore,
): Mode {
  const interpreter = options.scripts ? interpreterPath(target.runtime) : null;
  const part = { ...options, interpreter };
  return {
    commands: ['wheel', 'download'],
    find: (key) => {
      const set = store.readSet(key);
      return set && spliced(set, true, part, store);
    },
    ensure: async (components, request, place, exec) => {
      if (!place && options.engine === 'auto') {
        console.log(
          'no container engine is installed: only published wheels are used ("engine": "host"), nothing is built from source',
        );
      }
      const door = new EarlyDoor(admitFor(target, place !== undefined));
      const pip = { place, exec, door };
      const known = new Map<string, Installation>();
      const lock = findLock(components, target);
      const lines = new LineRecords(store.root);
      const { set, hit } = await ensureWheelSet(
        requirementsKey(components),
        store,
        (directory) =>
          lock
            ? resolveLock(lock, lines, lockSteps(directory, lock, request, pip, readAhead))
            : resolveAll(directory, request, pip),
        door.admit,
      );
      if (!hit) warnUnpinned(options.project, components, request, set.wheels);
      return spliced(set, hit, part, store, known);

      function readAhead(kept: readonly StoredWheel[]): Promise<void> {
        return store.verifyAhead(kept, (wheel) =>
          known.set(wheel.sha256, readInstallation(wheel, part)),
        );
      }
    },
  };
}

/** Where pip runs, and what runs it. */
interface Pip {
  place: ContainerPlace | undefined;
  exec: Exec;
  /** Of the wheel store. */
  door: EarlyDoor;
}

function resolveAll(directory: string, request: ResolveRequest, pip: Pip): Promise<ResolvedWheels> {
  console.log(`resolving ${describeTarget(request)} wheels ${where(pip)}`);
  return runPip(directory, request, pip);
}

/** pip for a lock: for a few of its lines, as one of them is fetched, or for the whole. */
function lockSteps(
  directory: string,
  { lines }: Lock,
  request: ResolveRequest,
  pip: Pip,
  readAhead: (kept: readonly StoredWheel[]) => Promise<void>,
): LockSteps {
  return {
    all: () => resolveAll(directory, request, pip),
    some: async (missing, kept) => {
      const names = nameSome(missing.map(({ requirement }) => requirement.name));
      console.log(
        `fetching ${missing.length} of ${lines.length} locked wheels ${where(pip)}: ${names}`,
      );
      // If that is not all, pip resolves the whole lock beside it.
      const own = join(directory, 'lines');
      mkdirSync(own);
      const running = runPip(own, requestFor(missing, request), pip);
      // This process has nothing else to do meanwhile. If it fails, pip still ends before its directory goes.
      const [fetched, read] = await Promise.allSettled([running, readAhead(kept)]);
      if (read.status === 'rejected') throw read.reason;
      if (fetched.status === 'rejected') throw fetched.reason;
      return fetched.value;
    },
    none: () => {
      const { place } = pip;
      console.log(`all ${lines.length} locked wheels are in the wheel store`);
      return { files: [], ...(place ? resolvedIn(place) : { image: null, engine: 'host' }) };
    },
    readNeeds: readWheelNeeds,
  };
}

/** The same files, of which only these lines are left. */
function requestFor(missing: readonly LockedLine[], request: ResolveRequest): ResolveRequest {
  const wanted = new Set(missing.map(({ text }) => text));
  const files = [...request.files].map(
    ([path, text]) => [path, withRequirements(text, (line) => wanted.has(line))] as const,
  );
  return {
    ...request,
    files: new Map(files),
    pipArguments: [...request.pipArguments, '--no-deps', '--require-hashes'],
  };
}

async function runPip(
  directory: string,
  request: ResolveRequest,
  { place, exec, door }: Pip,
): Promise<ResolvedWheels> {
  const prepared = await prepareRequest(directory, request, place, exec);
  return door.during(join(directory, TEMPORARY), () =>
    place
      ? resolveInContainer(directory, prepared, place, exec)
      : resolveOnHost(directory, prepared, exec),
  );
}

function where({ place }: Pip): string {
  return place ? `in ${place.image.engine}, ${place.image.name}` : 'by pip on this machine';
}

/** For a service that requires nothing, in either mode. */
export function noWheels(
  requirementsKey: string,
  options: BuildOptions,
  store: DiskWheelStore,
): Dependencies {
  const set = { requirementsKey, image: null, engine: 'none', wheels: [] };
  return spliced(set, true, { ...options, interpreter: null }, store);
}

function spliced(
  { requirementsKey, image, engine, wheels }: WheelSet,
  hit: boolean,
  options: PartOptions,
  store: DiskWheelStore,
  known?: ReadonlyMap<string, Installation>,
): Dependencies {
  const plan = planPart(wheels, options);
  for (const warning of unknownExclusions(wheels, options)) console.warn(`warning: ${warning}`);
  const write = (open: readonly OpenWheel[], sink: ByteSink) =>
    writePart(open, options, sink, known);
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
      const source = openFile(store.wheelPath(wheel));
      try {
        const { entries } = readInstallation({ ...wheel, source }, { interpreter: null });
        for (const { name } of modulesOf(entries)) modules.set(name, wheel.name);
      } finally {
        source.close();
      }
    } catch {
      modules.set(normalizeName(wheel.name).replaceAll('-', '_'), wheel.name);
    }
  }
  return modules;
}

/** A wheel that the container itself built carries the plain `linux` tag of that container. */
function admitFor(
  target: { runtime: Runtime; architecture: Architecture },
  allowLocal: boolean,
): Admit {
  return async (path) => {
    const file = openFile(path);
    try {
      return await validateWheel(file, basename(path), { ...target, allowLocal });
    } finally {
      file.close();
    }
  };
}
