/** pip for one wheel set: for all that is required, or for the lines of a lock of which the store has no wheel. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  withRequirements,
  type Lock,
  type LockedLine,
  type LockSteps,
} from '../packaging/locked-wheels';
import type { ResolvedWheels, StoredWheel } from '../packaging/wheel-set';
import { requirementMeaning } from '../packaging/requirements/collect';
import {
  describeTarget,
  TEMPORARY,
  wheelsIn,
  type Pip,
  type RequiredInput,
} from '../platform/pip/pip';
import { prepareInput } from '../platform/pip/prepare';
import type { EarlyDoor } from '../platform/store/early-door';
import { readWheelNeeds } from '../platform/store/records';
import { listed } from '../report/text';
import type { Resolution } from './decide';
import { librariesOf, makeCanonical } from './library-edits';
import type { ServiceRequirements } from './requirements';

/** How many names or changes one line shows. */
export const SHOWN = 4;

/** pip for one wheel set. */
export interface WheelRun {
  resolution: Resolution & Pick<ServiceRequirements, 'trees'>;
  pip: Pip;
  /** Of the wheel store. */
  door: EarlyDoor;
}

export function resolveAll(directory: string, run: WheelRun): Promise<ResolvedWheels> {
  const { required, settings } = run.resolution;
  console.log(`resolving ${describeTarget(settings.target)} wheels ${run.pip.where}`);
  return runPip(directory, required, run);
}

/** pip for a lock: for a few of its lines, as one of them is fetched, or for the whole. */
export function lockSteps(
  directory: string,
  { lines }: Lock,
  run: WheelRun,
  readAhead: (kept: readonly StoredWheel[]) => Promise<void>,
): LockSteps {
  const { where, resolvedBy } = run.pip;
  return {
    all: () => resolveAll(directory, run),
    some: async (missing, kept) => {
      if (missing.length === 0) {
        console.log(`all ${lines.length} locked wheels are in the wheel store`);
        return { files: [], ...resolvedBy };
      }
      const names = listed(
        missing.map(({ requirement }) => requirement.name),
        SHOWN,
      );
      console.log(`fetching ${missing.length} of ${lines.length} locked wheels ${where}: ${names}`);
      // If that is not all, pip resolves the whole lock beside it.
      const own = join(directory, 'lines');
      mkdirSync(own);
      const running = runPip(own, onlyLines(missing, run.resolution.required), run);
      // This process has nothing else to do meanwhile. If it fails, pip still ends before its directory goes.
      const [fetched, read] = await Promise.allSettled([running, readAhead(kept)]);
      if (read.status === 'rejected') throw read.reason;
      if (fetched.status === 'rejected') throw fetched.reason;
      return fetched.value;
    },
    readNeeds: readWheelNeeds,
  };
}

/** The same files, of which only these lines are left. */
function onlyLines(missing: readonly LockedLine[], required: RequiredInput): RequiredInput {
  const wanted = new Set(missing.map(({ text }) => text));
  const files = [...required.files].map(
    ([path, text]) =>
      [
        path,
        withRequirements(text, (line) => wanted.has(requirementMeaning(line, required.base, path))),
      ] as const,
  );
  return {
    ...required,
    files: new Map(files),
    pipArguments: [...required.pipArguments, '--no-deps', '--require-hashes'],
  };
}

async function runPip(
  directory: string,
  required: RequiredInput,
  { resolution, pip, door }: WheelRun,
): Promise<ResolvedWheels> {
  const placed = await prepareInput(directory, required, resolution.settings, pip);
  await door.during(join(directory, TEMPORARY), () => pip.make('wheels', directory, placed));
  const files = wheelsIn(directory);
  makeCanonical(files, librariesOf(resolution));
  return { files, ...pip.resolvedBy };
}
