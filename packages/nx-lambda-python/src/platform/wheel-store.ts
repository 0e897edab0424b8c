/**
 * The wheel store on disk, shared by all workspaces of a user.
 *
 *     <cache>/v1/
 *       wheels/<sha256>/<file>.whl     content-addressed, never changed once there
 *       sets/<requirements key>.json   what a key resolved to
 *       parts/<digest>.zip, .json      dependency parts, ready to be copied into packages
 *       pip/<image digest>/            pip's own cache
 *       locks/, work/                  of running builds; what a killed one left is swept
 *
 * Files appear by a rename of something whole, so a process may be killed at any moment.
 */

import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { ByteSink } from '../packaging/archive-writer';
import type { OpenWheel, PartFacts } from '../packaging/dependency-part';
import { DamagedFileError, type DependencyPart } from '../packaging/package';
import type { Admit, StoredWheel, WheelSet, WheelStore } from '../packaging/wheel-set';
import { diskError, openFile, syncFile, writeTextWhole, writeWhole, type OpenFile } from './files';
import { withLock } from './locks';

const STORE_FORMAT = 'v1';
/** A working directory this old belongs to a build that was killed. */
const ABANDONED_MILLISECONDS = 24 * 60 * 60 * 1000;

/** `NX_LAMBDA_PYTHON_CACHE_DIRECTORY`, else the system's place for caches. */
export function storeDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
  return join(chosen || join(cacheHome(environment), 'nx-lambda-python'), STORE_FORMAT);
}

export interface OpenPart extends DependencyPart {
  close(): void;
}

export class DiskWheelStore implements WheelStore {
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
    const wheel = { name, version, file, sha256: hashFile(path), size: statSync(path).size };
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
    write: (wheels: readonly OpenWheel[], sink: ByteSink) => PartFacts,
  ): Promise<OpenPart> {
    const path = join(this.root, 'parts', digest);
    const known =
      this.readPart(path) ??
      (await this.locked(`part-${digest}`, async () => {
        if (!this.readPart(path)) this.makePart(path, wheels, write);
        return this.readPart(path);
      }));
    if (!known) throw new DamagedFileError(`the dependency part ${digest} cannot be read`);
    const archive = openFile(`${path}.zip`);
    return { archive, facts: known, close: () => archive.close() };
  }

  dropPart(digest: string): void {
    for (const end of ['.json', '.zip'])
      rmSync(join(this.root, 'parts', digest + end), { force: true });
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

  async withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
    const parent = join(this.root, 'work');
    const directory = join(parent, randomBytes(8).toString('hex'));
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw diskError(error, directory);
    }
    try {
      return await work(directory);
    } finally {
      rmSync(directory, { recursive: true, force: true });
      sweep(parent);
    }
  }

  /** The size is compared here; the content is hashed whenever it is copied into a dependency part. */
  private holds(wheel: StoredWheel): boolean {
    const stat = statSync(this.wheelPath(wheel), { throwIfNoEntry: false });
    return stat?.size === wheel.size;
  }

  private readPart(path: string): PartFacts | undefined {
    const facts = readJson<PartFacts>(`${path}.json`);
    return facts && existsSync(`${path}.zip`) ? facts : undefined;
  }

  private makePart(
    path: string,
    wheels: readonly StoredWheel[],
    write: (wheels: readonly OpenWheel[], sink: ByteSink) => PartFacts,
  ): void {
    const files: OpenFile[] = [];
    try {
      const open = wheels.map((wheel) => {
        this.verify(wheel);
        const source = openFile(this.wheelPath(wheel));
        files.push(source);
        return { ...wheel, source };
      });
      const facts = writeWhole(`${path}.zip`, (output) => write(open, output), { durable: true });
      writeTextWhole(`${path}.json`, `${JSON.stringify(facts, null, 2)}\n`, { durable: true });
    } finally {
      for (const file of files) file.close();
    }
  }

  /** Disks and backups do damage files: a wheel that is not what it was is fetched again. */
  private verify(wheel: StoredWheel): void {
    const path = this.wheelPath(wheel);
    if (existsSync(path) && hashFile(path) === wheel.sha256) return;
    rmSync(path, { force: true });
    throw new DamagedFileError(`the wheel ${wheel.file} in the wheel store is damaged`);
  }

  private setPath(requirementsKey: string): string {
    return join(this.root, 'sets', `${requirementsKey}.json`);
  }
}

/** Hex. */
export function hashFile(path: string): string {
  const file = openFile(path);
  try {
    const hash = createHash('sha256');
    const step = 1 << 20;
    for (let offset = 0; offset < file.size; offset += step) {
      hash.update(file.read(offset, Math.min(step, file.size - offset)));
    }
    return hash.digest('hex');
  } finally {
    file.close();
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

function sweep(parent: string): void {
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    const path = join(parent, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > ABANDONED_MILLISECONDS) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function cacheHome(environment: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') {
    return environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local');
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
}
