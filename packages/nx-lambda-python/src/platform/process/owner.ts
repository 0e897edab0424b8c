/** Names of unfinished work that say whose it is, so that what a killed process left is recognised by the next one. */

import { randomBytes } from 'node:crypto';
import { isAlive, thisMachine } from './machine';

/** `4711-9f86d081-5a3c0be1f2d4`: process, machine, and what makes it one of its kind. */
export function ownedName(pid: number = process.pid): string {
  return `${pid}-${machine()}-${randomBytes(6).toString('hex')}`;
}

/** Only this machine's processes can be asked after: a shared disk, or a container, has names of others, too. */
export function isAbandoned(name: string): boolean {
  const [, pid, host] = /^(\d+)-([0-9a-f]{8})-[0-9a-f]{12}$/.exec(name) ?? [];
  return pid !== undefined && host === machine() && !isAlive(Number(pid));
}

function machine(): string {
  return thisMachine().slice(0, 8);
}
