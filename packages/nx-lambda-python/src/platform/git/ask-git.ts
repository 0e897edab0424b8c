/** Short questions to git, whose answers decide what a build requires. */

import { spawnSync } from 'node:child_process';

/** Asks git in a directory. Undefined if git is missing, or refuses. */
export type Git = (...args: readonly string[]) => string | undefined;

export function gitIn(cwd: string, env: NodeJS.ProcessEnv = {}, input = ''): Git {
  return (...args) => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 30, input } as const;
    const { status, stdout } = spawnSync('git', args, { ...options, encoding: 'utf8' });
    return status === 0 ? stdout : undefined;
  };
}
