/** What limits the versions that builds from source use: pip's argument `--build-constraint`, and the lock of uv. */

import { collectRequirements } from '../requirements/collect';
import { lockKind } from '../requirements/lock';
import { isUrl, withoutCredentials, type PathBase, type ReadFile } from '../requirements/parse';
import { parseToml, stringOf, tableOf, tablesOf } from '../requirements/toml';
import { projectPath } from './option-paths';

const ARGUMENT = '--build-constraint';

export interface BuildConstraints {
  /** Files as they are given to pip, relative to the workspace, and URLs, which pip reads itself. */
  named: readonly string[];
  /** Text of the files and of all that they include, by path. */
  files: ReadonlyMap<string, string>;
  /** Constraints and URLs, sorted. */
  meaning: readonly string[];
}

/** Takes `--build-constraint`, which pips before 25.3 do not know, out of pip's arguments. */
export function splitBuildConstraints(pipArguments: readonly string[]): {
  words: string[];
  others: string[];
} {
  const words: string[] = [];
  const others: string[] = [];
  for (let at = 0; at < pipArguments.length; at += 1) {
    const argument = pipArguments[at] ?? '';
    const [, name = '', value] = /^(--build-c[a-z-]*)(?:=([^]*))?$/.exec(argument) ?? [];
    // pip takes any beginning of a long option that fits no other one.
    if (name && ARGUMENT.startsWith(name)) words.push(value ?? pipArguments[(at += 1)] ?? '');
    else others.push(argument);
  }
  return { words, others };
}

/**
 * @param taken what the requirements are read from
 * @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID, OPTION_INVALID for a file outside of the workspace
 */
export function readBuildConstraints(
  { pipArgs, ...base }: PathBase & { pipArgs: readonly string[] },
  taken: readonly string[],
  read: ReadFile,
): BuildConstraints {
  const named = splitBuildConstraints(pipArgs).words.map((word) =>
    isUrl(word) ? word : projectPath('pipArgs', word, base),
  );
  const locked = new Map(taken.flatMap((path) => lockedConstraints(path, read)));
  const all = [...named, ...locked.keys()];
  const urls = all.filter(isUrl);
  const constraints = all.filter((one) => !isUrl(one));
  const { files, meaning } = collectRequirements(
    { ...base, requirements: [], constraints },
    (path) => locked.get(path) ?? read(path),
  );
  const lines = [
    ...[...meaning.requirements, ...meaning.constraints, ...meaning.options],
    ...urls.map(withoutCredentials),
  ];
  return { named: all, files, meaning: lines.sort() };
}

/** Those of a uv.lock, as a file that stands beside it. */
function lockedConstraints(path: string, read: ReadFile): [string, string][] {
  const text = lockKind(path) === 'uv' ? read(path) : undefined;
  // Most locks have none, and parsing takes time.
  if (!text?.includes('build-constraints')) return [];
  const listed = tablesOf(tableOf(parseToml(text, path)['manifest'])['build-constraints']);
  const lines = listed.map(
    ({ name, specifier, marker }) =>
      `${stringOf(name) ?? ''}${stringOf(specifier) ?? ''}${marker === undefined ? '' : ` ; ${stringOf(marker) ?? ''}`}\n`,
  );
  return lines.length === 0 ? [] : [[`${path}.build-constraints.txt`, lines.join('')]];
}
