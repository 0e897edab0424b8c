/**
 * Pipfile.lock as requirement lines, as `pipenv requirements --hash` has them: `default`, and the categories that are
 * selected as groups. Markers are kept: pip evaluates them for the runtime.
 *
 * @see https://pipenv.pypa.io/en/latest/pipfile.html
 */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { Target } from './lock-scope';
import { lockedLine, type LockedSource } from './locked';
import { checkPython } from './pipfile';
import { selected, type Selection } from './selection';
import { stringOf, stringsOf, tableOf, type TomlTable } from './toml';

export interface PipfileLockRequest extends Selection {
  /** Of the lock, relative to the workspace. */
  path: string;
  /** Of the service, from which paths in lines start. */
  projectRoot: string;
  target: Target;
}

/**
 * @returns one line each, sorted
 * @throws REQUIREMENTS_INVALID for a lock of another format or Python, or a package that cannot be verified;
 *   OPTION_INVALID for an unknown category, and for extras, which a Pipfile does not have
 */
export function readPipfileLock(text: string, request: PipfileLockRequest): string[] {
  const { path, projectRoot, target } = request;
  const { _meta: meta, ...categories } = parseJson(text, path);
  checkMeta(tableOf(meta), path, target);
  const { groups } = selected(request, { extras: [], groups: Object.keys(categories) }, path);
  const lines = ['default', ...groups].flatMap((category) =>
    Object.entries(tableOf(categories[category])).flatMap(([name, value]) => {
      const one = tableOf(value);
      const source = sourceOf(one, posix.dirname(path));
      if (!source) throw unlocked(name, path);
      const hashes = 'path' in source ? [] : stringsOf(one['hashes']);
      if ('version' in source && hashes.length === 0)
        throw invalid(path, `has no hash for \`${name}\``);
      return (
        lockedLine({ name, source, hashes }, stringOf(one['markers']) ?? '', projectRoot) ?? []
      );
    }),
  );
  return [...new Set(lines)].sort();
}

function parseJson(text: string, path: string): TomlTable {
  try {
    return tableOf(JSON.parse(text));
  } catch (cause) {
    throw invalid(path, `is not valid JSON: ${cause instanceof Error ? cause.message : ''}`);
  }
}

function checkMeta(meta: TomlTable, path: string, target: Target): void {
  const format = meta['pipfile-spec'];
  if (format !== 6)
    throw invalid(path, `has \`pipfile-spec\` \`${String(format)}\`, expected \`6\``);
  // Pipenv resolves for one Python.
  checkPython(meta['requires'], path, 'locked for', target);
}

function sourceOf(one: TomlTable, directory: string): LockedSource | undefined {
  const local = stringOf(one['path']);
  const file = stringOf(one['file']);
  const below = stringOf(one['subdirectory']);
  const fragment = below === undefined ? '' : `#subdirectory=${below}`;
  if (local !== undefined) return { path: posix.join(directory, local) };
  if (file !== undefined) {
    return /^[a-z+]+:\/\//i.test(file)
      ? { url: file + fragment }
      : { path: posix.join(directory, file) };
  }
  if (one['git'] !== undefined) {
    return { url: `git+${String(one['git'])}@${String(one['ref'])}${fragment}` };
  }
  const version = /^===?(.+)$/.exec(stringOf(one['version']) ?? '')?.[1];
  return version === undefined ? undefined : { version };
}

/** Pipenv leaves out the version of what the machine that locked did not need, and the marker with it. */
function unlocked(name: string, path: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` has no version for \`${name}\`, which the system that it was locked on does not need`,
    hint: `if Lambda needs it, run \`pipenv lock\` on Linux; else remove \`${name}\` from the Pipfile and run \`pipenv lock\``,
  });
}

function invalid(path: string, what: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` ${what}`,
    hint: 'run `pipenv lock` in the service and build again',
  });
}
