/** Names of unfinished work that say whose it is, so that what a killed process left is recognised by the next one. */

import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** `4711-9f86d081-5a3c0be1f2d4`: process, machine, and what makes it one of its kind. */
export function ownedName(pid: number = process.pid): string {
  return `${pid}-${machine()}-${randomBytes(6).toString('hex')}`;
}

/** Only this machine's processes can be asked after: a shared disk, or a container, has names of others, too. */
export function isAbandoned(name: string): boolean {
  const [, pid, host] = /^(\d+)-([0-9a-f]{8})-[0-9a-f]{12}$/.exec(name) ?? [];
  return pid !== undefined && host === machine() && !isAlive(Number(pid));
}

let known: string | undefined;

/** Where process ids mean the same processes. */
function machine(): string {
  known ??= createHash('sha256')
    .update(`${hostname()}\n${processNamespace()}`)
    .digest('hex')
    .slice(0, 8);
  return known;
}

/** Containers count their processes anew, also where they share the machine's name. Linux alone has this link. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
