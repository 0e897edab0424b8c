/** Names this process so that it can be asked after from anywhere: only its own machine knows whether it lives. */

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';

/** `4711-9f86d0818a4c2e11`: process and machine. */
export function processIdentity(pid: number = process.pid): string {
  return `${pid}-${machine()}`;
}

/** True of a process of this machine that has ended; of another machine's nobody here can tell. */
export function isGone(identity: string): boolean {
  const [, pid, host] = /^(\d+)-([0-9a-f]{16})$/.exec(identity) ?? [];
  return pid !== undefined && host === machine() && !isAlive(Number(pid));
}

let known: string | undefined;

/** Unlike on one disk, many machines of one name meet in a bucket: runners, containers, `localhost`. */
function machine(): string {
  const addresses = Object.values(networkInterfaces())
    .flatMap((all = []) => all.map(({ mac }) => mac))
    .sort();
  const facts = [
    hostname(),
    // Linux alone has these two; containers count their processes anew, and each start of a machine has an id.
    orEmpty(() => readlinkSync('/proc/self/ns/pid')),
    orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    [...new Set(addresses)].join(),
  ];
  known ??= createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
  return known;
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

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
