/** `nx build <service>`: resolve the wheels or find them, splice the package, write it with its manifest. */

import type { ExecutorContext } from '@nx/devkit';
import { join } from 'node:path';
import { DamagedFileError } from '../../packaging/package';
import { DiskWheelStore, storeDirectory } from '../../platform/wheel-store';
import { renderError } from '../../report';
import { normalizeOptions } from './normalize';
import { writeOutput, type BuiltPackage } from './output';
import type { BuildExecutorSchema } from './schema';
import { readService } from './service';
import { resolveWheels } from './wheels';

export default async function buildExecutor(
  schema: BuildExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  const started = performance.now();
  try {
    const options = normalizeOptions(schema, context);
    const service = await readService(options);
    const store = new DiskWheelStore(storeDirectory());
    const built = await withRepairedStore(async () => {
      const { set, hit } = await resolveWheels(options, service.marker, store);
      return { hit, ...(await writeOutput(options, service, set, store)) };
    });
    printSummary(built, join(options.outputPath, 'package.zip'), performance.now() - started);
    return { success: true };
  } catch (error) {
    console.error(renderError(error));
    return { success: false };
  }
}

/** What was found damaged in the store has been removed: the second attempt fetches or makes it again. */
async function withRepairedStore<T>(build: () => Promise<T>): Promise<T> {
  try {
    return await build();
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    console.warn(`${error.message}; repairing it`);
    return build();
  }
}

function printSummary(
  { manifest, hit, warnings }: BuiltPackage & { hit: boolean },
  file: string,
  milliseconds: number,
): void {
  const { size, unpackedSize, sha256 } = manifest.package;
  for (const warning of warnings) console.warn(`warning: ${warning}`);
  const wheels = `${manifest.distributions.length} distributions (${hit ? 'from the wheel store' : `resolved by ${manifest.engine}`})`;
  console.log(
    `${manifest.handlers.length} handlers, ${wheels}, ${manifest.runtime} ${manifest.architecture}`,
  );
  console.log(`${file}: ${megabytes(size)}, ${megabytes(unpackedSize)} unzipped, sha256 ${sha256}`);
  console.log(`built in ${(milliseconds / 1000).toFixed(2)} s`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1)} MB`;
}
