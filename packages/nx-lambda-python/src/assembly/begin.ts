/** Begins a package while the engine is asked: most edits leave the dependencies as they were. */

import { join } from 'node:path';
import { PACKAGE_FILE } from '../packaging/manifest';
import { DamagedFileError, packageInputs } from '../packaging/package';
import type { SourceCache } from '../packaging/source-cache';
import { dropDraft, startDraft, type Draft } from '../platform/files/begun-files';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import type { BuildOptions } from './normalize';
import type { Service } from './service';

export interface BegunPackage {
  /** The draft, where it begins with this part; whoever takes it has to finish or drop it. */
  take(part: string): Draft | undefined;
  /** Drops what nobody took. */
  close(): Promise<void>;
}

/** Undefined where nothing is to be expected: no earlier build, or one of the same files. */
export function beginPackage(
  { layer, workspaceRoot, outputPath }: BuildOptions,
  { content }: Service,
  store: DiskWheelStore,
  cache: SourceCache,
): BegunPackage | undefined {
  const { lastPart } = cache;
  if (layer || lastPart === undefined) return undefined;
  let draft: Draft | undefined;
  try {
    const part = store.openKnownPart(lastPart);
    try {
      if (cache.packageOf(packageInputs(part, content))) return undefined;
      const start = { file: part.path, length: part.facts.length };
      draft = startDraft(join(workspaceRoot, outputPath, PACKAGE_FILE), start);
      store.hashAhead(lastPart, part);
    } finally {
      part.close();
    }
  } catch (error) {
    // What is gone or damaged is told, and made again, when it is asked for.
    if (!(error instanceof DamagedFileError)) throw error;
  }
  return {
    take(part) {
      if (part !== lastPart) return undefined;
      const taken = draft;
      draft = undefined;
      return taken;
    },
    close: async () => (draft ? dropDraft(draft) : undefined),
  };
}
