/** What requirements keys were made of, kept in the wheel store so that two keys can be compared. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../packaging/canonical-json';
import { MANIFEST_FILE } from '../../packaging/manifest';
import type { KeyContent } from '../../packaging/requirements-key';
import { writeTextWhole } from '../files/files';
import { readJson } from './store-records';

export class KeyRecords {
  /** @param root of the wheel store */
  constructor(private readonly root: string) {}

  /** Undefined where no build with this store made that key. */
  read(requirementsKey: string): KeyContent | undefined {
    const content = readJson(this.path(requirementsKey)) as KeyContent | undefined;
    return content && digestOf(content) === requirementsKey ? content : undefined;
  }

  write(content: KeyContent): void {
    const path = this.path(digestOf(content));
    if (existsSync(path)) return;
    try {
      writeTextWhole(path, `${JSON.stringify(content, null, 2)}\n`);
    } catch {
      // A store that may only be read serves all the same; a later miss is explained in fewer words.
    }
  }

  private path(requirementsKey: string): string {
    return join(this.root, 'keys', `${requirementsKey}.json`);
  }
}

/** The key in the build manifest of this directory; undefined where no build left one. */
export function previousKey(directory: string): string | undefined {
  const manifest = readJson(join(directory, MANIFEST_FILE)) as
    { requirementsKey?: unknown } | undefined;
  const found = manifest?.requirementsKey;
  // It becomes a file's name.
  return typeof found === 'string' && /^[0-9a-f]{64}$/.test(found) ? found : undefined;
}
