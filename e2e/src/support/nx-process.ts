/** A running `nx`, watched by its output and interrupted as a terminal does it: the whole process group. */

import type { ChildProcess } from 'node:child_process';
import { until } from './until';
import { expectFailure, type Environment, type NxResult, type Workspace } from './workspace';

/** Started processes that may still be there when a test fails. */
const running = new Set<NxProcess>();

export class NxProcess {
  /** Both streams, so far. */
  output = '';
  /** After its end, and that of everything that holds its streams. */
  readonly ended: Promise<NxResult>;

  constructor(private readonly child: ChildProcess) {
    running.add(this);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        running.delete(this);
        resolve({ code, output: this.output });
      });
    });
  }

  /** Resolves once `look` answers; throws if nx ends before. */
  async until<T>(
    what: string,
    look: () => T | undefined | false | Promise<T | undefined | false>,
  ): Promise<T> {
    const early = this.ended.then(({ code, output }) => {
      throw new Error(`nx ended with ${code} before this: ${what}\n${output}`);
    });
    return Promise.race([until(what, look), early]);
  }

  /** Signals the group and waits until none of its processes is left. */
  async interrupt(signal: 'SIGINT' | 'SIGKILL'): Promise<NxResult> {
    this.signal(signal);
    const result = await this.ended;
    await until('the end of every process of nx', () => !this.signal(0));
    return result;
  }

  /** Kills this process alone, and waits until all that it started has ended by itself. */
  async kill(): Promise<NxResult> {
    this.child.kill('SIGKILL');
    const result = await this.ended;
    await until('the end of what a killed process started', () => !this.signal(0));
    return result;
  }

  /** False if the group is gone. */
  signal(signal: NodeJS.Signals | 0): boolean {
    const { pid } = this.child;
    if (pid === undefined) return false;
    try {
      return process.kill(-pid, signal);
    } catch {
      return false;
    }
  }
}

export function startNx(
  workspace: Workspace,
  args: readonly string[],
  environment: Environment = {},
): NxProcess {
  return new NxProcess(workspace.start(args, environment));
}

/** As `workspace.nx`, but this process goes on: it may serve the account that nx speaks to. */
export function runNx(
  workspace: Workspace,
  args: readonly string[],
  environment: Environment = {},
): Promise<NxResult> {
  return startNx(workspace, args, environment).ended;
}

/** As `workspace.succeed`, but this process goes on. */
export async function succeedNx(
  workspace: Workspace,
  args: readonly string[],
  environment: Environment = {},
): Promise<string> {
  const { code, output } = await runNx(workspace, args, environment);
  if (code !== 0) throw new Error(`nx ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

/** As `workspace.fail`, but this process goes on. */
export async function failNx(
  workspace: Workspace,
  args: readonly string[],
  words: readonly string[],
  environment: Environment = {},
): Promise<string> {
  return expectFailure(await runNx(workspace, args, environment), words);
}

/** For `afterEach`: a failed test leaves no process behind. */
export function killRunning(): void {
  for (const one of running) one.signal('SIGKILL');
}
