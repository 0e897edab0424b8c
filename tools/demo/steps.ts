/** Runs the steps of the demo, shows them, and prints how long each took. */

import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';

export class Steps {
  interrupted = false;
  private readonly times: [title: string, seconds: number][] = [];
  private child: ChildProcess | undefined;

  constructor(workspace: string) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        this.interrupted = true;
        this.child?.kill(signal);
        // A step that runs no child would never notice.
        if (!this.child) {
          rmSync(workspace, { recursive: true, force: true });
          process.exit(130);
        }
      });
    }
  }

  async call(title: string, work: () => void | Promise<void>): Promise<void> {
    this.announce(title);
    const started = performance.now();
    await work();
    this.note(title, started);
  }

  async command(
    title: string,
    cwd: string,
    file: string,
    args: string[],
    { quiet = false } = {},
  ): Promise<void> {
    this.announce(
      title,
      quiet ? undefined : ['npx', file.split(/[\\/]/).at(-1) ?? file, ...args].join(' '),
    );
    const started = performance.now();
    const { code, output } = await this.run(cwd, file, args, quiet);
    if (this.interrupted) throw new Error('interrupted; the workspace has been removed');
    if (code !== 0) throw new Error(`${quiet ? output : ''}\n\`${file} ${args.join(' ')}\` failed`);
    this.note(title, started);
  }

  summarize(): void {
    console.log('\nHow long each step took:');
    for (const [title, seconds] of this.times) {
      console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${title}`);
    }
  }

  private run(
    cwd: string,
    file: string,
    args: string[],
    quiet: boolean,
  ): Promise<{ code: number | null; output: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, {
        cwd,
        stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_NO_CLOUD: 'true' },
        shell: process.platform === 'win32',
      });
      let output = '';
      child.stdout?.on('data', (chunk) => (output += String(chunk)));
      child.stderr?.on('data', (chunk) => (output += String(chunk)));
      this.child = child;
      child.on('error', reject);
      child.on('close', (code) => {
        this.child = undefined;
        resolve({ code, output });
      });
    });
  }

  private announce(title: string, command?: string): void {
    console.log(`\n── ${title}${command ? `\n   ${command}` : ''}`);
  }

  private note(title: string, started: number): void {
    this.times.push([title, (performance.now() - started) / 1000]);
  }
}
