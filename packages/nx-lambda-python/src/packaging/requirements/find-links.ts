/** `--find-links` that name a directory or an archive of the workspace. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { inWorkspace, type PathBase } from './local';
import { withoutCredentials } from './parse';

/** The value of a `--find-links` option that is no URL of another machine; undefined for every other option. */
export function findLinksOf(option: string): string | undefined {
  const written = /^(?:-f|--find-links)(?:[\s=]+|(?<=-f))(.+)$/.exec(option)?.[1];
  const value = written?.replace(/^(['"])(.*)\1$/, '$2');
  return value === undefined || /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(value) ? undefined : value;
}

/**
 * As pip does it: relative to the requirements file if something is there, else to the directory pip is run in.
 *
 * @param from the requirements file, or undefined for an argument of pip
 * @returns the path relative to the workspace
 * @throws REQUIREMENTS_INVALID outside of the workspace, REQUIREMENTS_MISSING where nothing is there
 */
export function resolveFindLinks(
  value: string,
  from: string | undefined,
  base: PathBase,
  exists: (path: string) => boolean,
): string {
  const location = value.replace(/^file:(\/\/(localhost)?(?=\/))?/i, '');
  const beside =
    from === undefined
      ? undefined
      : inWorkspace(location, { ...base, projectRoot: posix.dirname(from) });
  const below = inWorkspace(location, base);
  const found = [beside, below].find((path) => path !== undefined && exists(path));
  if (found !== undefined) return found;
  const where = from === undefined ? '`pipArgs`' : `\`${from}\``;
  const shown = withoutCredentials(value);
  if (beside === undefined && below === undefined) {
    throw new LambdaPythonError('REQUIREMENTS_INVALID', {
      message: `${where} has \`--find-links ${shown}\`, which is outside of the workspace: a package of it would depend on this machine`,
      hint: 'keep those files in a directory of the workspace, or name an index or a page by its URL',
    });
  }
  throw new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `${where} has \`--find-links ${shown}\`, and there is no \`${beside ?? below}\` in the workspace`,
    hint: "write it relative to the requirements file or to the project's root",
  });
}

/** The same of pip's arguments. */
export function findLinksInArguments(
  pipArguments: readonly string[],
  base: PathBase,
  exists: (path: string) => boolean,
): string[] {
  // `-f dir` may be one argument or two.
  return pipArguments.flatMap((argument, index) => {
    const isSplit = /^(-f|--find-links)$/.test(argument);
    const value = findLinksOf(isSplit ? `${argument} ${pipArguments[index + 1] ?? ''}` : argument);
    return value === undefined ? [] : [resolveFindLinks(value, undefined, base, exists)];
  });
}
