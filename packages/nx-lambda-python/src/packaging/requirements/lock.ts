/** Lock files in place of requirements files, by their names. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { isPylock } from './pylock';

export type LockKind = 'uv' | 'poetry' | 'pylock' | 'pipenv';

/** By its name: the tools allow only these. */
export function lockKind(path: string): LockKind | undefined {
  const name = posix.basename(path);
  if (name === 'uv.lock') return 'uv';
  if (name === 'poetry.lock') return 'poetry';
  if (name === 'Pipfile.lock') return 'pipenv';
  return isPylock(name) ? 'pylock' : undefined;
}

/**
 * The lock among these files. It is complete, so no other file may be given with it.
 * @throws OPTION_INVALID
 */
export function onlyLock(
  requirements: readonly string[],
  constraints: readonly string[],
): { path: string; kind: LockKind } | undefined {
  const path = requirements.find((one) => lockKind(one) !== undefined);
  const kind = path === undefined ? undefined : lockKind(path);
  if (path === undefined || kind === undefined) return undefined;
  const other = requirements.find((one) => one !== path) ?? constraints[0];
  if (other === undefined) return { path, kind };
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${path}\` is a lock and therefore complete, but \`${other}\` is given as well`,
    hint: `set "requirements": ["<the lock>"] and no constraints, and lock what \`${other}\` requires`,
  });
}
