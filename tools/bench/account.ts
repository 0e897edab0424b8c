/** The simulated account of the release benchmarks, in a process of its own as AWS is. */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

export const BUCKET = 'packages';

export interface FunctionSeed {
  name: string;
  runtime: string;
  handler: string;
  architecture: string;
}

/** Of Lambda, since the last count. */
export interface Counts {
  writes: number;
  throttled: number;
  /** Functions whose new code was accepted. */
  updated: number;
}

export class BenchAccount {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: Interface,
    /** What makes the SDK and the CLI speak to it. */
    readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** @param workspace where the plugin is installed */
  static async start(workspace: string): Promise<BenchAccount> {
    const child = spawn(process.execPath, [join(__dirname, 'run-account.cjs')], { cwd: workspace });
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout });
    const { endpoint, accessKeyId, secretAccessKey } =
      await nextLine<Record<string, string>>(lines);
    return new BenchAccount(child, lines, {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'eu-west-1',
      // The CLI supports no other.
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nonexistent/config',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    });
  }

  createFunctions(create: readonly FunctionSeed[]): Promise<unknown> {
    return this.ask({ create });
  }

  count(): Promise<Counts> {
    return this.ask<Counts>({});
  }

  stop(): void {
    this.child.kill();
  }

  private ask<T>(question: object): Promise<T> {
    const answer = nextLine<T>(this.lines);
    this.child.stdin.write(`${JSON.stringify(question)}\n`);
    return answer;
  }
}

function nextLine<T>(lines: Interface): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error('the simulated account has ended'));
    lines.once('close', fail);
    lines.once('line', (line) => {
      lines.off('close', fail);
      resolve(JSON.parse(line) as T);
    });
  });
}
