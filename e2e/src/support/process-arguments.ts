/** The arguments of every process on this machine, as any user may read them. */

import { readdirSync, readFileSync } from 'node:fs';

export class ProcessArguments {
  /** Each command line seen, its arguments joined by spaces. */
  readonly seen = new Set<string>();
  private readonly timer = setInterval(() => this.sample(), 20);

  /** Called by servers of a test while the client waits for the answer: nothing that asks them escapes. */
  sample(): void {
    for (const name of readdirSync('/proc')) {
      if (/^\d+$/.test(name)) this.read(`/proc/${name}/cmdline`);
    }
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private read(path: string): void {
    try {
      const text = readFileSync(path, 'utf8').replaceAll('\0', ' ').trim();
      if (text) this.seen.add(text);
    } catch {
      // It has ended.
    }
  }
}
