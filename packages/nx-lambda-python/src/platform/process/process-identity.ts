/** Names this process so that it can be asked after from anywhere: only its own machine knows whether it lives. */

import { isAlive, thisMachine } from './machine';

/** `4711-9f86d0818a4c2e11`: process and machine. */
export function processIdentity(pid: number = process.pid): string {
  return `${pid}-${machine()}`;
}

/** True of a process of this machine that has ended; of another machine's nobody here can tell. */
export function isGone(identity: string): boolean {
  const [, pid, host] = /^(\d+)-([0-9a-f]{16})$/.exec(identity) ?? [];
  return pid !== undefined && host === machine() && !isAlive(Number(pid));
}

function machine(): string {
  return thisMachine().slice(0, 16);
}
