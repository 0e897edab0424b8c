/** What the wheel store knows of single wheels and of the lines of a lock that came to them. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LineStore, LocatedWheel, WheelNeeds } from '../../packaging/locked-wheels';
import { readNeeds, readWheel } from '../../packaging/wheel/read';
import { openFile } from '../files/files';
import { readRecord, writeRecord } from './store-records';

export class LineRecords implements LineStore {
  /** @param root of the wheel store */
  constructor(private readonly root: string) {}

  findWheels(sha256: string): LocatedWheel[] {
    const directory = join(this.root, 'wheels', sha256);
    const names = existsSync(directory) ? readdirSync(directory) : [];
    return names
      .filter((file) => file.endsWith('.whl'))
      .sort()
      .map((file) => ({ file, sha256, size: statSync(join(directory, file)).size }));
  }

  readLine(digest: string): LocatedWheel | undefined {
    const wheel = readRecord<LocatedWheel>(this.linePath(digest));
    const found = wheel && statSync(this.wheelPath(wheel), { throwIfNoEntry: false });
    return wheel && found?.size === wheel.size ? wheel : undefined;
  }

  writeLine(digest: string, { file, sha256, size }: LocatedWheel): void {
    writeRecord(this.linePath(digest), { file, sha256, size });
  }

  readWheelNeeds(wheel: LocatedWheel): WheelNeeds {
    const known = readRecord<WheelNeeds>(this.needsPath(wheel));
    return known ?? readWheelNeeds(this.wheelPath(wheel));
  }

  keepWheelNeeds(wheel: LocatedWheel): void {
    const path = this.needsPath(wheel);
    if (existsSync(path)) return;
    const needs = readWheelNeeds(this.wheelPath(wheel));
    writeRecord(path, needs);
  }

  private wheelPath({ sha256, file }: LocatedWheel): string {
    return join(this.root, 'wheels', sha256, file);
  }

  private needsPath({ sha256 }: LocatedWheel): string {
    return join(this.root, 'needs', `${sha256}.json`);
  }

  private linePath(digest: string): string {
    return join(this.root, 'lines', `${digest}.json`);
  }
}

/** @throws ArchiveError, WheelError */
export function readWheelNeeds(path: string): WheelNeeds {
  const file = openFile(path);
  try {
    const wheel = readWheel(file, basename(path), { trusted: true });
    return { name: wheel.name, version: wheel.version, ...readNeeds(file, wheel) };
  } finally {
    file.close();
  }
}
