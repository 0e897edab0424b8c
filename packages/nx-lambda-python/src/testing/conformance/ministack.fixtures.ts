/** Starts MiniStack through the repository's own script, in a process that ends with this one. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { StartedServer } from './conformance.fixtures';

const SCRIPT = resolve(__dirname, '../../../../../tools/stand-ins/ministack.mjs');

/** Why MiniStack cannot be had on this machine; undefined if it can. Installs it the first time. */
export function ministackMissing(): string | undefined {
  const { status, error, stderr } = spawnSync(process.execPath, [SCRIPT, 'install'], {
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? 'no reason given';
}

export async function startMinistack(): Promise<StartedServer> {
  const child = spawn(process.execPath, [SCRIPT, 'start'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), exited.then(() => [undefined])]);
  if (typeof line !== 'string') throw new Error('MiniStack ended before it answered');
  const { endpoint } = JSON.parse(line) as { endpoint: string };
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
