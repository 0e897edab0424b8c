/** How errors and sizes are shown: the one form that every executor and generator prints. */

import { LambdaPythonError } from '../errors';
import { withoutControls } from './text';

/**
 * `error[CODE]: message` and `hint: …`. Whatever else is thrown is a defect of this plugin, or of the machine.
 *
 * @param inWorkspace makes the commands of a hint those of this service, if there is one
 */
export function renderError(
  error: unknown,
  inWorkspace: (hint: string) => string = withRunner,
): string {
  if (error instanceof LambdaPythonError) {
    return withoutControls(
      `error[${error.code}]: ${error.message}\nhint: ${inWorkspace(error.hint)}`,
    );
  }
  const hint = isVerbose()
    ? 'report the lines above as a bug in nx-lambda-python'
    : 'run the same command again with `--verbose`, which shows where it comes from, and report that';
  return withoutControls(`error[UNEXPECTED]: ${describeDefect(error)}\nhint: ${hint}`);
}

/** With its stack where verbose logging asks for it, by `--verbose` or NX_VERBOSE_LOGGING. */
export function describeDefect(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (isVerbose() && error.stack) || `${error.name}: ${error.message}`;
}

function isVerbose(): boolean {
  return process.env['NX_VERBOSE_LOGGING'] === 'true';
}

/** Prints each in the one form of warnings. */
export function warn(warnings: string | readonly string[] = []): void {
  for (const warning of [warnings].flat()) console.warn(`warning: ${warning}`);
}

/** Hints name commands by `nx reset`: typed, they run under the package manager of the workspace. */
export function withRunner(hint: string): string {
  return hint.replaceAll(/`nx ([^`]+)`/g, (_, args: string) => `\`${nxCommandLine(args)}\``);
}

/**
 * A command of Nx as it runs when it is typed: under the package manager that this one was started with, since
 * `nx` itself is seldom on the PATH.
 *
 * @param args `deploy orders -c production`
 */
export function nxCommandLine(
  args: string,
  agent: string | undefined = process.env['npm_config_user_agent'],
): string {
  const manager = /^(pnpm|yarn|bun)\b/.exec(agent ?? '')?.[1] ?? 'npm';
  return `${RUNNERS[manager] ?? 'npx'} nx ${args}`;
}

/** An argument list as text for a POSIX shell. */
export function shellCommand(words: readonly string[]): string {
  return words
    .map((word) =>
      /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`,
    )
    .join(' ');
}

const RUNNERS: Readonly<Record<string, string>> = { pnpm: 'pnpm', yarn: 'yarn', bun: 'bunx' };
