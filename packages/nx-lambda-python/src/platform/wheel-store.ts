/**
 * The wheel store on disk, shared by all workspaces of a user.
 *
 *     <cache>/v1/
 *       wheels/<sha256>/<file>.whl     content-addressed, never changed once there
 *       sets/<requirements key>.json   what a key resolved to
 *       trees/<requirements key>.json  what a key was installed to
 *       parts/<digest>.zip, .json      dependency parts, ready to be copied into packages
 *       sources/<service>              what the last build of a service knew of its files
 *       pip/<image digest>/            pip's own cache
 *       locks/, work/                  of running builds; what a killed one left is swept
 *
 * Files appear by a rename of something whole, so a process may be killed at any moment.
 */

import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { ArchiveStart, ByteSink } from '../packaging/archive-writer';
import {
  PART_FORMAT,
  type OpenWheel,
  type PartFacts,
  type WrittenPart,
} from '../packaging/dependency-part';
import type { InstalledTree, TreeStore, WriteTreePart } from '../packaging/installed-tree';
import { DamagedFileError, type DependencyPart } from '../packaging/package';
import type { Admit, StoredWheel, WheelSet, WheelStore } from '../packaging/wheel-set';
import {
  diskError,
  hashFile,
  openFile,
  syncFile,
  writeTextWhole,
  writeWhole,
  type OpenFile,
} from './files';
import { withLock } from './locks';
import { withWorkDirectory } from './work-directory';

export interface OpenPart extends DependencyPart {
  /** Of the archive. */
  path: string;
  close(): void;
}

export class DiskWheelStore implements WheelStore, TreeStore {
  constructor(readonly root: string) {}

  readSet(requirementsKey: string): WheelSet | undefined {
    const set = readJson<WheelSet>(this.setPath(requirementsKey));
    return set?.wheels.every((wheel) => this.holds(wheel)) ? set : undefined;
  }

  writeSet(set: WheelSet): void {
    const text = `${JSON.stringify(set, null, 2)}\n`;
    writeTextWhole(this.setPath(set.requirementsKey), text, { durable: true });
  }

  async admit(path: string, admit: Admit): Promise<StoredWheel> {
    const { name, version } = await admit(path);
    const file = basename(path);
    const wheel = { name, version, file, sha256: hashFile(path, 'hex'), size: statSync(path).size };
    if (this.holds(wheel)) return wheel;
    const place = this.wheelPath(wheel);
    try {
      mkdirSync(join(place, '..'), { recursive: true });
      syncFile(path);
      renameSync(path, place);
    } catch (error) {
      throw diskError(error, place);
    }
    return wheel;
  }

  readTree(requirementsKey: string): InstalledTree | undefined {
    const tree = readJson<InstalledTree>(this.treePath(requirementsKey));
    return tree && this.readPart(this.partPath(tree.part)) ? tree : undefined;
  }

  writeTree(tree: InstalledTree): void {
    const text = `${JSON.stringify(tree, null, 2)}\n`;
    writeTextWhole(this.treePath(tree.requirementsKey), text, { durable: true });
  }

  async admitPart(directory: string, write: WriteTreePart): Promise<string> {
    const file = join(directory, 'part.zip');
    try {
      const { facts } = await writeFileBy(file, write);
      const place = this.partPath(facts.sha256);
      mkdirSync(join(place, '..'), { recursive: true });
      renameSync(file, `${place}.zip`);
      this.writeFacts(place, facts);
      return facts.sha256;
    } catch (error) {
      throw diskError(error, file);
    }
  }

  wheelPath({ sha256, file }: Pick<StoredWheel, 'sha256' | 'file'>): string {
    return join(this.root, 'wheels', sha256, file);
  }

  /**
   * The dependency part of this digest, made by `write` if it is not there; the caller closes it.
   * @throws DamagedFileError after removing what is damaged: resolving again fetches it
   */
  async openPart(
    digest: string,
    wheels: readonly StoredWheel[],
    write: (wheels: readonly OpenWheel[], sink: ByteSink) => WrittenPart,
  ): Promise<OpenPart> {
    const path = this.partPath(digest);
    const start = this.readPart(path)
      ? undefined
      : await this.locked(`part-${digest}`, async () =>
          this.readPart(path) ? undefined : this.makePart(path, wheels, write),
        );
    return { ...this.openKnownPart(digest), start };
  }

  /** @throws DamagedFileError where there is no such part */
  openKnownPart(digest: string): OpenPart {
    const path = this.partPath(digest);
    const facts = this.readPart(path);
    if (!facts) throw new DamagedFileError(`the dependency part ${digest} cannot be read`);
    const archive = openFile(`${path}.zip`);
    return { archive, facts, path: `${path}.zip`, close: () => archive.close() };
  }

  dropPart(digest: string): void {
    for (const end of ['.json', '.zip']) rmSync(this.partPath(digest) + end, { force: true });
  }

  pipCachePath(imageDigest: string): string {
    return join(this.root, 'pip', imageDigest.replace(':', '-'));
  }

  whileResolving<T>(requirementsKey: string, work: () => Promise<T>): Promise<T> {
    return this.locked(`set-${requirementsKey}`, work);
  }

  /** One holder of `name` among all processes of this user. */
  async locked<T>(name: string, work: () => Promise<T>): Promise<T> {
    const path = join(this.root, 'locks', name);
    try {
      mkdirSync(join(this.root, 'locks'), { recursive: true });
    } catch (error) {
      throw diskError(error, this.root);
    }
    return withLock(path, work);
  }

  withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
    return withWorkDirectory(join(this.root, 'work'), work);
  }

  /** The size is compared here; the content is hashed whenever it is copied into a dependency part. */
  private holds(wheel: StoredWheel): boolean {
    const stat = statSync(this.wheelPath(wheel), { throwIfNoEntry: false });
    return stat?.size === wheel.size;
  }

  private readPart(path: string): PartFacts | undefined {
    const facts = readJson<PartFacts>(`${path}.json`);
    const stat = statSync(`${path}.zip`, { throwIfNoEntry: false });
    return facts?.format === PART_FORMAT && stat?.size === facts.size ? facts : undefined;
  }

  private makePart(
    path: string,
    wheels: readonly StoredWheel[],
    write: (wheels: readonly OpenWheel[], sink: ByteSink) => WrittenPart,
  ): ArchiveStart {
    const files: OpenFile[] = [];
    try {
      const open = wheels.map((wheel) => {
        this.verify(wheel);
        const source = openFile(this.wheelPath(wheel));
        files.push(source);
        return { ...wheel, source };
      });
      const { facts, start } = writeWhole(`${path}.zip`, (output) => write(open, output));
      this.writeFacts(path, facts);
      return start;
    } finally {
      for (const file of files) file.close();
    }
  }

  private writeFacts(path: string, facts: PartFacts): void {
    writeTextWhole(`${path}.json`, `${JSON.stringify(facts, null, 2)}\n`);
  }

  /** Disks and backups do damage files: a wheel that is not what it was is fetched again. */
  private verify(wheel: StoredWheel): void {
    const path = this.wheelPath(wheel);
    if (existsSync(path) && hashFile(path, 'hex') === wheel.sha256) return;
    rmSync(path, { force: true });
    throw new DamagedFileError(`the wheel ${wheel.file} in the wheel store is damaged`);
  }

  private setPath(requirementsKey: string): string {
    return join(this.root, 'sets', `${requirementsKey}.json`);
  }

  private treePath(requirementsKey: string): string {
    return join(this.root, 'trees', `${requirementsKey}.json`);
  }

  /** Without `.zip` or `.json`. */
  private partPath(digest: string): string {
    return join(this.root, 'parts', digest);
  }
}

/** For a file that nobody else sees yet: it need not appear whole. */
async function writeFileBy<T>(path: string, write: (sink: ByteSink) => Promise<T>): Promise<T> {
  const descriptor = openSync(path, 'wx');
  try {
    return await write({ write: (bytes) => appendFileSync(descriptor, bytes) });
  } finally {
    closeSync(descriptor);
  }
}

/** Undefined where the file is missing or was damaged: then it is made again. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
