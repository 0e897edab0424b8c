/** A process of its own: reads the wheels that it is given as the store's door does, and prints what each cost. */

import { readFileSync } from 'node:fs';
import { LambdaPythonError } from '../../errors';
import { findRuntime } from '../../service/runtimes';
import { validateWheel } from '../wheel/admit';
import { bufferSource } from '../zip/bytes';

export interface Cost {
  /** Why it was refused. */
  reason: string;
  /** Bytes of memory at the highest peak so far, above what was in use before the first. */
  memory: number;
  /** Blocks written to disk. */
  written: number;
}

async function main(paths: readonly string[]): Promise<void> {
  const runtime = findRuntime('python3.11');
  if (!runtime) throw new Error('no runtime');
  const target = { runtime, architecture: 'x86_64' } as const;
  const wheels = paths.map((path) => bufferSource(readFileSync(path)));
  const before = process.memoryUsage().rss;
  const costs: Cost[] = [];
  for (const wheel of wheels) {
    const { fsWrite } = process.resourceUsage();
    const reason = await validateWheel(wheel, 'demo-1.0-py3-none-any.whl', target).then(
      () => 'accepted',
      reasonOf,
    );
    costs.push({
      reason,
      memory: peak() - before,
      written: process.resourceUsage().fsWrite - fsWrite,
    });
  }
  console.log(JSON.stringify(costs));
}

/** Linux counts what a process used before it became this program in its `maxRSS`: that of whoever started it. */
function peak(): number {
  const { maxRSS } = process.resourceUsage();
  if (process.platform !== 'linux') return maxRSS * 1024;
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

function reasonOf(error: unknown): string {
  if (error instanceof LambdaPythonError && 'reason' in error) return String(error.reason);
  throw error;
}

void main(process.argv.slice(2));
