/** Which files say what a service requires if no option names them: the build takes the first, and `adopt` reports it. */

import { posix } from 'node:path';

/** Locks at a service's root, in the order in which they are looked for if requirements.txt does not exist. */
export const LOCKS: readonly string[] = ['uv.lock', 'pylock.toml', 'poetry.lock', 'Pipfile.lock'];

/** At a service's root, in the order in which they are looked for. */
export const DEFAULT_FILES: readonly string[] = ['requirements.txt', ...LOCKS];

/** Taken last: after locks and what pyproject.toml declares. */
export const PIPFILE = 'Pipfile';

/**
 * The lock of the uv workspace whose member the service is.
 * @param projectRoot relative to the workspace, as all paths here
 * @param read undefined for a file that does not exist
 */
export function uvLockAbove(
  projectRoot: string,
  read: (path: string) => string | undefined,
): string | undefined {
  for (let directory = posix.normalize(projectRoot); directory !== '.';) {
    directory = posix.dirname(directory);
    const path = posix.join(directory, 'uv.lock');
    const text = read(path);
    if (text !== undefined && hasMember(text, path, projectRoot)) return path;
  }
  return undefined;
}

/** Whether a workspace has this directory as a member, by the text of its lock, which may have megabytes. */
export function hasMember(text: string, path: string, projectRoot: string): boolean {
  const member = memberOf(path, projectRoot);
  const sources = text.matchAll(/\b(?:editable|virtual|directory)\s*=\s*(["'])(.*?)\1/g);
  return [...sources].some(([, , directory]) => directory === member);
}

/** The directory as the lock at `path` names it. */
export function memberOf(path: string, projectRoot: string): string {
  return posix.relative(posix.dirname(path), projectRoot) || '.';
}
