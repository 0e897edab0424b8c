/** Runs other programs. The only file that imports execa. */

import type { Options } from 'execa';
import type * as Execa from 'execa';
import { execFile } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface ExecOptions {
  cwd?: string;
  /** Added to this process's environment; `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  /** Called for every line of stdout and stderr as it arrives. */
  onLine?: (line: string) => void;
  /** A file that the program reads as its standard input. */
  inputFile?: string;
  /** A file that takes its standard output: then lines and `output` are those of stderr. */
  outputFile?: string;
  /** The program gets this process's terminal, so the result has none of its output. */
  terminal?: boolean;
  /** A short question with a short answer, see `ask`; it takes `cwd` and `env` only. */
  isQuestion?: boolean;
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

/** What a program said last: mostly the reason of its failure. */
export function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() ?? '';
}

/** Never throws for what the program did. Without an input or a terminal its standard input is empty. */
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
  if (options.isQuestion) return ask(file, args, options);
  const files = openFiles(options);
  try {
    return await run(file, args, options, files);
  } finally {
    for (const descriptor of Object.values(files)) closeSync(descriptor);
  }
};

/** Call it early if `exec` will be needed soon: execa is an ES module, which takes a while to load. */
export function loadExec(): Promise<typeof Execa> {
  // import() loads it on every Node that the plugin supports.
  return import('execa');
}

async function run(
  file: string,
  args: readonly string[],
  options: ExecOptions,
  files: ReturnType<typeof openFiles>,
): Promise<ExecResult> {
  const { execa } = await loadExec();
  // execa takes any descriptor, its types only those of this process's own streams.
  const piped = { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', ...files } as Options;
  const child = execa(file, args, {
    all: true,
    cleanup: true,
    cwd: options.cwd,
    env: options.env,
    maxBuffer: 64 * 1024 * 1024,
    reject: false,
    ...(options.terminal ? ({ stdio: 'inherit' } as const) : piped),
  });
  const { onLine, outputFile } = options;
  const from = outputFile === undefined ? 'all' : 'stderr';
  if (onLine) for await (const line of child.iterable({ from })) onLine(String(line));
  const result = await child;
  const [stdout, stderr, all] = [result.stdout, result.stderr, result.all].map((text) =>
    typeof text === 'string' ? text : '',
  ) as [string, string, string];
  return {
    exitCode: result.exitCode ?? null,
    stdout,
    stderr,
    output: outputFile === undefined ? all : stderr,
    notFound: result.code === 'ENOENT',
  };
}

// The program gets the files themselves: they may be larger than memory should hold.
function openFiles({ inputFile, outputFile }: ExecOptions) {
  return {
    ...(inputFile === undefined ? {} : { stdin: openSync(inputFile, 'r') }),
    ...(outputFile === undefined ? {} : { stdout: openSync(outputFile, 'w', 0o600) }),
  };
}
