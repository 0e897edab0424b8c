/**
 * The wheel store on disk, shared by all workspaces of a user.
 *
 *     <cache>/v1/
 *       wheels/<sha256>/<file>.whl     content-addressed, never changed once there
 *       sets/<requirements key>.json   what a key resolved to
 *       trees/<requirements key>.json  what a key was installed to
 *       keys/<requirements key>.json   what a key was made of (records.ts)
 *       lines/<digest>.json            the wheel that one line of a lock came to (records.ts)
 *       needs/<sha256>.json            what a wheel's METADATA requires (records.ts)
 *       shapes/<digest>.json           for which files of libraries a key was resolved (records.ts)
 *       parts/<digest>.zip, .json      dependency parts, ready to be copied into packages
 *       unpacked/<sha256>/             packages that ran here, and their dependencies (unpacked.ts)
 *       sources/<service>              what the last build of a service learned about its files
 *       pip/<image digest>/            pip's own cache
 *       locks/, work/                  of running builds; what a killed one left is removed
 *
 * Files appear by a rename of something whole, so a process may be killed at any moment.
 */

import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import type { ArchiveStart, ByteSink } from '../../packaging/zip/write';
import {
  PART_FORMAT,
  type OpenWheel,
  type PartFacts,
  type WrittenPart,
} from '../../packaging/dependency-part';
import type { Admit, StoredWheel, WheelSet, WheelStore } from '../../packaging/wheel-set';
import { bufferSource } from '../../packaging/zip/bytes';
import type { InstalledTree, TreeStore, WriteTreePart } from '../../packaging/installed-tree';
import { DamagedFileError, hashPart, type DependencyPart } from '../../packaging/package';
import { diskError, hashFile, openFile, syncFile, type OpenFile } from '../files/files';
import { withLock } from '../files/locks';
import { withWorkDirectory } from '../files/work-directory';
import { writeWholeAside, type Draft } from '../files/write';
import { markUsed, readRecord, StoreRecords, writeRecord } from './records';

export interface OpenPart extends DependencyPart, Disposable {
  /** Of the archive; undefined for an empty one, which is in memory only. */
  path: string | undefined;
  /** A file that begins with it, if the part was just made and one was asked for. */
  draft?: Draft | undefined;
}

type MadePart = Pick<OpenPart, 'start' | 'draft'>;

/** Splices wheels. */
export type WriteWheels = (wheels: readonly OpenWheel[], sink: ByteSink) => Promise<WrittenPart>;

/** For a service that requires nothing: a few bytes, which need no store. */
async function emptyPart(write: WriteWheels): Promise<OpenPart> {
  const chunks: Uint8Array[] = [];
  const part = await write([], { write: (bytes) => void chunks.push(Buffer.from(bytes)) });
  const archive = bufferSource(Buffer.concat(chunks));
  return { ...part, archive, path: undefined, [Symbol.dispose]: () => undefined };
}

export class DiskWheelStore extends StoreRecords implements WheelStore, TreeStore {
  /** SHA-256 of wheels that this process has just hashed. */
  private readonly admitted = new Set<string>();
  /** Parts that were hashed before they were asked for; each serves one package. */
  private readonly hashed = new Map<string, ArchiveStart>();

  readSet(requirementsKey: string): WheelSet | undefined {
    const path = this.recordPath('sets', requirementsKey);
    const set = readRecord<WheelSet>(path);
    if (!set?.wheels.every((wheel) => this.holds(wheel))) return undefined;
    markUsed(path);
    return set;
  }

  writeSet(set: WheelSet): void {
    writeRecord(this.recordPath('sets', set.requirementsKey), set, { durable: true });
  }

  async admit(path: string, admit: Admit): Promise<StoredWheel> {
    const sha256 = hashFile(path);
    const facts = await admit(path, sha256);
    const wheel = { ...facts, file: basename(path), sha256, size: statSync(path).size };
    this.admitted.add(sha256);
    if (this.isSound(wheel)) return wheel;
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

  /**
   * Hashes wheels that a part will be made of soon, and hands them over. Damaged ones are left out: making the part
   * reports them.
   */
  async verifyAhead(
    wheels: readonly StoredWheel[],
    take: (wheel: OpenWheel) => void,
  ): Promise<void> {
    for (const wheel of wheels) {
      // Let other work go first.
      await immediate();
      if (!this.isSound(wheel)) continue;
      this.admitted.add(wheel.sha256);
      using source = openFile(this.wheelPath(wheel));
      take({ ...wheel, source });
    }
  }

  readTree(requirementsKey: string): InstalledTree | undefined {
    const path = this.recordPath('trees', requirementsKey);
    const tree = readRecord<InstalledTree>(path);
    if (!tree || !this.readPart(tree.part)) return undefined;
    markUsed(path);
    return tree;
  }

  writeTree(tree: InstalledTree): void {
    writeRecord(this.recordPath('trees', tree.requirementsKey), tree, { durable: true });
  }

  async admitPart(directory: string, write: WriteTreePart): Promise<string> {
    const file = join(directory, 'part.zip');
    try {
      const { result } = await writeWholeAside(file, write);
      const { facts } = result;
      const place = this.partPath(facts.sha256);
      mkdirSync(join(place, '..'), { recursive: true });
      renameSync(file, `${place}.zip`);
      writeRecord(`${place}.json`, facts);
      return facts.sha256;
    } catch (error) {
      throw diskError(error, file);
    }
  }

  /**
   * The dependency part of this digest, made by `write` if it is missing; the caller closes it.
   *
   * @param next a file that is to begin with the part: if the part is made, its draft is, too
   * @throws DamagedFileError after removing damaged wheels: resolving again fetches them
   */
  async openPart(
    digest: string,
    wheels: readonly StoredWheel[],
    write: WriteWheels,
    next?: string,
  ): Promise<OpenPart> {
    if (wheels.length === 0) return emptyPart(write);
    return this.ensurePart(digest, next, (produce) =>
      this.withWheels(wheels, (open) => produce((sink) => write(open, sink))),
    );
  }

  /**
   * The same for a part that `write` makes of another one.
   * @throws DamagedFileError after removing that one: installing again makes it
   */
  async openPartOf(
    digest: string,
    from: string,
    write: (part: OpenPart, sink: ByteSink) => Promise<WrittenPart>,
    next?: string,
  ): Promise<OpenPart> {
    // It is needed again as soon as the options change.
    markUsed(`${this.partPath(from)}.json`);
    return this.ensurePart(digest, next, async (produce) => {
      using part = this.openKnownPart(from);
      try {
        hashPart(part);
      } catch (error) {
        this.dropPart(from);
        throw error;
      }
      return await produce((sink) => write(part, sink));
    });
  }

  /** @throws DamagedFileError if there is no such part */
  openKnownPart(digest: string): OpenPart {
    const path = this.partPath(digest);
    const facts = this.readPart(digest);
    if (!facts) throw new DamagedFileError(`the dependency part ${digest} cannot be read`);
    const archive = openFile(`${path}.zip`);
    markUsed(`${path}.json`);
    const start = this.hashed.get(digest);
    this.hashed.delete(digest);
    return {
      archive,
      facts,
      start,
      path: `${path}.zip`,
      [Symbol.dispose]: () => archive[Symbol.dispose](),
    };
  }

  /** Hashes a part before it is asked for. @throws DamagedFileError */
  hashAhead(digest: string, part: DependencyPart): void {
    this.hashed.set(digest, hashPart(part));
  }

  dropPart(digest: string): void {
    for (const end of ['.json', '.zip']) remove(this.partPath(digest) + end);
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

  /** Of a part that the store has whole. */
  readPart(digest: string): PartFacts | undefined {
    const path = this.partPath(digest);
    const facts = readRecord<PartFacts>(`${path}.json`);
    const stat = statSync(`${path}.zip`, { throwIfNoEntry: false });
    return facts?.format === PART_FORMAT && stat?.size === facts.size ? facts : undefined;
  }

  /** @param make gives what writes the part to `produce`, once what it needs is open */
  private async ensurePart(
    digest: string,
    next: string | undefined,
    make: (produce: (write: WriteTreePart) => Promise<MadePart>) => Promise<MadePart>,
  ): Promise<OpenPart> {
    const path = this.partPath(digest);
    const produce = async (write: WriteTreePart): Promise<MadePart> => {
      const { result, draft } = await writeWholeAside(`${path}.zip`, write, next);
      const { facts, start } = result;
      writeRecord(`${path}.json`, facts);
      return { start, draft: draft && { ...draft, length: facts.length } };
    };
    const made = this.readPart(digest)
      ? undefined
      : await this.locked(`part-${digest}`, async () =>
          this.readPart(digest) ? undefined : make(produce),
        );
    return { ...this.openKnownPart(digest), ...made };
  }

  private async withWheels<T>(
    wheels: readonly StoredWheel[],
    work: (wheels: readonly OpenWheel[]) => Promise<T>,
  ): Promise<T> {
    const files: OpenFile[] = [];
    try {
      this.verify(wheels);
      const open = wheels.map((wheel) => {
        const source = openFile(this.wheelPath(wheel));
        files.push(source);
        return { ...wheel, source };
      });
      return await work(open);
    } finally {
      for (const file of files) file[Symbol.dispose]();
    }
  }

  private isSound(wheel: StoredWheel): boolean {
    return this.holds(wheel) && hashFile(this.wheelPath(wheel)) === wheel.sha256;
  }

  /** Disks and backups do damage files: wheels that have changed are fetched again. */
  private verify(wheels: readonly StoredWheel[]): void {
    const damaged = wheels.filter((wheel) =>
      this.admitted.has(wheel.sha256) ? !this.holds(wheel) : !this.isSound(wheel),
    );
    if (damaged.length === 0) return;
    for (const wheel of damaged) remove(this.wheelPath(wheel));
    const files = damaged.map(({ file }) => file).join(', ');
    throw new DamagedFileError(`damaged in the wheel store: ${files}`);
  }

  /** Without `.zip` or `.json`. */
  private partPath(digest: string): string {
    return join(this.root, 'parts', digest);
  }
}

/** Removes a damaged file: one that cannot be removed cannot be replaced either. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw diskError(error, path);
  }
}
