/**
 * Names of processes that say where they run, so that what a killed one left is recognised by the next one.
 *
 * A process id has a meaning on one machine since its start, or in one container of it. Host names do not tell these
 * apart: CI runners, containers and laptops often share one, and they meet on a shared disk, at one container daemon
 * and in a bucket; all of them count their processes from 1.
 */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt } from './attempt';

/** `4711-9f86d0818a4c2e11`: process and machine. */
export function processIdentity(pid: number = process.pid): string {
  return `${pid}-${thisMachine().slice(0, 16)}`;
}

/** `4711-9f86d081-5a3c0be1f2d4`: process, machine, and a random part that makes it unique. */
export function ownedName(pid: number = process.pid): string {
  return `${pid}-${thisMachine().slice(0, 8)}-${randomBytes(6).toString('hex')}`;
}

/** What `ownedName` returns, within other text. */
export const OWNED_NAME = /\d+-[0-9a-f]{8}-[0-9a-f]{12}/;

/**
 * True of either name of a process of this machine that has ended. Whether a process of another machine lives cannot
 * be told here, and a shared disk, a container daemon and a bucket hold names of those, too.
 */
export function isAbandoned(name: string): boolean {
  const [, pid, ...machines] =
    /^(\d+)-(?:([0-9a-f]{8})-[0-9a-f]{12}|([0-9a-f]{16}))$/.exec(name) ?? [];
  const machine = machines.find((one) => one !== undefined);
  return machine !== undefined && thisMachine().startsWith(machine) && !isAlive(Number(pid));
}

/** Removes the entries of a directory that dead processes left: those named `<start><owner><end>`. */
export function sweepAbandoned(directory: string, start: string, end: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(start) || !name.endsWith(end)) continue;
    if (!isAbandoned(name.slice(start.length, name.length - end.length))) continue;
    rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/** What a machine is recognised by; undefined for what it does not have. */
export interface MachineFacts {
  /** New with each start of the kernel. Only Linux has it. */
  bootId: () => string | undefined;
  /** Each container counts its processes from 1. Only Linux has it. */
  processNamespace: () => string | undefined;
  /** For systems without a boot id. */
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
 * A random id in the directory of temporary files, which machines do not share. If it cannot be written there, this
 * process takes itself for a machine of its own, and all that it finds for that of others.
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

let machine: string | undefined;

function thisMachine(): string {
  return (machine ??= machineId(HERE));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
