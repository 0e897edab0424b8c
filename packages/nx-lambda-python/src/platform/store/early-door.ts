/** Checks wheels while pip still fetches others: pip keeps each in its temporary directory until it has all. */

import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Admit } from '../../packaging/wheel-set';
import type { WheelFacts } from '../../packaging/wheel/admit';
import { hashFile } from '../files/files';
import { attempt } from '../process/attempt';

/** Between two looks: a file that has not grown since the last one is likely whole. */
const LOOK_MILLISECONDS = 50;

/** A wheel that passed early need not be checked again where its bytes and its name are the same. */
export class EarlyDoor {
  private readonly passed = new Map<string, WheelFacts>();

  constructor(private readonly door: Admit) {}

  readonly admit: Admit = async (path, sha256) =>
    this.passed.get(nameOf(path, sha256)) ?? this.door(path, sha256);

  /** @param directory pip's temporary one, looked into while `work` goes on */
  async during<T>(directory: string, work: () => Promise<T>): Promise<T> {
    const end = new AbortController();
    const watching = this.watch(directory, end.signal);
    try {
      return await work();
    } finally {
      end.abort();
      await watching;
    }
  }

  private async watch(directory: string, end: AbortSignal): Promise<void> {
    const sizes = new Map<string, number>();
    const tried = new Set<string>();
    while (!end.aborted) {
      for (const [path, size] of wheelsBelow(directory)) {
        const isWhole = sizes.get(path) === size && !tried.has(`${size} ${path}`);
        sizes.set(path, size);
        if (!isWhole || end.aborted) continue;
        tried.add(`${size} ${path}`);
        await this.check(path);
      }
      await delay(LOOK_MILLISECONDS, undefined, { signal: end }).catch(() => undefined);
    }
  }

  /** A wheel that does not pass here may not have been whole: it is checked again, and refused, by the door itself. */
  private async check(path: string): Promise<void> {
    try {
      const sha256 = hashFile(path);
      const facts = await this.door(path, sha256);
      if (hashFile(path) === sha256) this.passed.set(nameOf(path, sha256), facts);
    } catch {
      // It is gone, unfinished or invalid.
    }
  }
}

function nameOf(path: string, sha256: string): string {
  return `${sha256} ${basename(path)}`;
}

/** pip has a directory for each download. */
function wheelsBelow(directory: string): [path: string, size: number][] {
  return namesIn(directory).flatMap((folder) =>
    namesIn(join(directory, folder))
      .filter((name) => name.endsWith('.whl'))
      .flatMap((name) => {
        const path = join(directory, folder, name);
        const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
        return size > 0 ? [[path, size] as [string, number]] : [];
      }),
  );
}

/** Empty if pip has just removed the directory. */
function namesIn(directory: string): string[] {
  return attempt(() => readdirSync(directory)) ?? [];
}
