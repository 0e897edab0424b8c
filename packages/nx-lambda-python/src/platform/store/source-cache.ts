/** The source cache of a service on disk: one file in the wheel store, replaced whole, lost without harm. */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { SourceCache } from '../../packaging/source-cache';
import { openFile, writeWhole, type OpenFile } from '../files/files';

export interface OpenSourceCache {
  cache: SourceCache;
  /** Keeps what this build learned. */
  save(): void;
  close(): void;
}

/** @param service its absolute directory */
export function openSourceCache(storeRoot: string, service: string): OpenSourceCache {
  const name = createHash('sha256').update(service).digest('hex');
  const path = join(storeRoot, 'sources', name);
  const file = openIfThere(path);
  const cache = new SourceCache(file);
  return {
    cache,
    save() {
      if (!cache.hasNews) return;
      try {
        writeWhole(path, (output) => cache.write(output));
      } catch {
        // A full or read-only disk costs the next build some time, and this one nothing.
      }
    },
    close: () => file?.close(),
  };
}

function openIfThere(path: string): OpenFile | undefined {
  try {
    return openFile(path);
  } catch {
    return undefined;
  }
}
