/** Runs other programs. The only file that imports execa. */

import { execFile } from 'node:child_process';

export interface ExecOptions {
  cwd?: string;
  /** Added to this process's environment; `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  /** Called for every line of stdout and stderr as it arrives. */
  onLine?: (line: string) => void;
}

export interface ExecResult {
  /** The program's exit code; null when it could not be started or died by a signal. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Both streams in order of arrival. */
  output: string;
  /** True when there is no such program on PATH. */
  notFound: boolean;
}

/** Never throws for what the program did; stdin is closed, so nothing can wait for an answer. */
export type Exec = (
  file: string,
  args: readonly string[],
  options?: ExecOptions,
) => Promise<ExecResult>;

/** For short questions with short answers: execa's start would take longer than both. */
export const ask: Exec = (file, args, { cwd, env } = {}) =>
  new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      resolve({
        exitCode: typeof code === 'number' ? code : null,
        stdout,
        stderr,
        output: `${stdout}${stderr}`,
        notFound: String(code) === 'ENOENT',
      });
    });
    child.stdin?.end();
  });

export const exec: Exec = async (file, args, options = {}) => {
  // execa is an ES module: import() loads it on every Node that the plugin supports.
  const { execa } = await import('execa');
  const child = execa(file, args, {
    all: true,
    cleanup: true,
    cwd: options.cwd,
    env: options.env,
    maxBuffer: 64 * 1024 * 1024,
    reject: false,
    stdin: 'ignore',
  });
  const { onLine } = options;
  if (onLine) for await (const line of child.iterable({ from: 'all' })) onLine(line);
  const result = await child;
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
    output: result.all,
    notFound: result.code === 'ENOENT',
  };
};
