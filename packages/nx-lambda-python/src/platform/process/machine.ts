/**
 * Where process ids mean the same processes: a machine since its start, or one container of it.
 *
 * Names tell nothing. CI runners, containers and laptops often have the same one, and they meet on a shared disk, at
 * one container daemon and in a bucket; all of them count their processes from 1.
 */

import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is asked about a machine; undefined for what it does not have. */
export interface MachineFacts {
  /** New with each start of the kernel. Linux alone has it. */
  bootId: () => string | undefined;
  /** Containers count their processes anew. Linux alone has it. */
  processNamespace: () => string | undefined;
  /** Where there is no boot id. */
  storedId: () => string;
}

export const HERE: MachineFacts = {
  bootId: () => attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
  processNamespace: () => attempt(() => readlinkSync('/proc/self/ns/pid')),
  storedId: () => `${hostname()} ${storedId(join(tmpdir(), 'nx-lambda-python-machine'))}`,
};

/** Hex, 64 characters. */
export function machineId({ bootId, processNamespace, storedId }: MachineFacts): string {
  const facts = [bootId() || storedId(), processNamespace() ?? ''];
  return createHash('sha256').update(facts.join('\n')).digest('hex');
}

/**
 * A random id in the directory of temporary files, which machines do not share. Where none can be kept there, this
 * process is alone on its machine, and whatever it finds belongs to others.
 */
export function storedId(path: string): string {
  const id = randomUUID();
  try {
    writeFileSync(path, id, { flag: 'wx', mode: 0o644 });
    return id;
  } catch {
    return attempt(() => readFileSync(path, 'utf8')) || id;
  }
}

let known: string | undefined;

export function thisMachine(): string {
  return (known ??= machineId(HERE));
}

/** Of a process id of this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
