/** `nx lock <service>`: resolve the input for the runtime, write every distribution with its hash. */

import type { ExecutorContext } from '@nx/devkit';
import { join } from 'node:path';
import {
  lockOptions,
  pinChanges,
  readPins,
  renderLock,
  type Pin,
} from '../packaging/requirements/lock-file';
import { writeTextWhole } from '../platform/files/files';
import { storeDirectory } from '../platform/store/store-directory';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { renderError } from '../report/error-text';
import type { BuildOptions } from '../assembly/normalize';
import { buildOptionsOf } from '../targets/build-target';
import { readMarker } from '../assembly/service';
import { readLockInput, type LockInput } from '../assembly/lock-input';
import { resolvePins } from '../assembly/lock-resolution';
import type { LockExecutorSchema } from '../schemas/lock';
import { commandsOf, currentProject } from '../targets/project';

export default async function lockExecutor(
  schema: LockExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    const options = buildOptionsOf(context, schema.buildTarget);
    const marker = readMarker(options);
    const input = readLockInput(schema, options);
    const store = new DiskWheelStore(storeDirectory());
    const pins = await resolvePins(input, options, marker, store, {
      tool: schema.tool ?? 'pip',
      upgrade: { all: schema.upgrade ?? false, packages: schema.upgradePackage ?? [] },
    });
    const { options: lines, secret } = lockOptions(input.files.values());
    const text = renderLock({
      target: `${marker.runtime.name} ${marker.architecture}`,
      command: `nx ${context.targetName ?? 'lock'} ${currentProject(context).name}`,
      origin: input.origin,
      options: lines,
      pins,
    });
    if (text !== input.previous) writeTextWhole(join(options.workspaceRoot, input.output), text);
    printResult(input, pins, text !== input.previous);
    printNotes(input, options, secret);
    return { success: true };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}

function printResult({ output, previous }: LockInput, pins: readonly Pin[], isNew: boolean): void {
  const count = `${pins.length} ${pins.length === 1 ? 'distribution' : 'distributions'}`;
  if (!isNew) return console.log(`${output} is current: ${count}`);
  console.log(`${output}: ${count}`);
  if (previous === undefined) return;
  for (const change of pinChanges(readPins(previous) ?? [], pins)) console.log(`  ${change}`);
}

function printNotes(
  { output }: LockInput,
  { requirements }: BuildOptions,
  secret: readonly string[],
): void {
  for (const option of secret) {
    console.warn(
      `warning: \`${option}\` holds credentials and is not in the lock: set PIP_INDEX_URL or PIP_EXTRA_INDEX_URL where it is built`,
    );
  }
  if (!requirements.includes(output)) {
    console.warn(
      `warning: the build does not read ${output}: list it in "requirements" of the build target`,
    );
  }
}
