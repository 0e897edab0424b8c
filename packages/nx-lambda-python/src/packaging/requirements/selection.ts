/** What a service takes of a project beyond its dependencies: extras and dependency groups, by name. */

import { LambdaPythonError } from '../../errors';
import { codeList, didYouMean } from '../../report/nearest';
import { normalizeName } from '../wheel/names';

/** The options `extras` and `groups` of the build target. */
export interface Selection {
  extras: readonly string[];
  groups: readonly string[];
}

export const NOTHING_SELECTED: Selection = { extras: [], groups: [] };

/** The names that a project or lock has, as it spells them. */
export interface Selectable {
  extras: Iterable<string>;
  groups: Iterable<string>;
}

/**
 * The selection in the spelling of the project or lock.
 * @param path of the file that declares the names
 * @throws OPTION_INVALID for a name that it does not have
 */
export function selected(selection: Selection, known: Selectable, path: string): Selection {
  const find = (kind: keyof Selection) => {
    const names = new Map([...known[kind]].map((name) => [normalizeName(name), name]));
    return selection[kind].map((name) => {
      const found = names.get(normalizeName(name));
      if (found === undefined) throw unknown(kind, name, [...names.values()], path);
      return found;
    });
  };
  return { extras: find('extras'), groups: find('groups') };
}

const WORDS = { extras: 'extra', groups: 'dependency group' };

function unknown(
  kind: keyof Selection,
  name: string,
  known: readonly string[],
  path: string,
): LambdaPythonError {
  const word = WORDS[kind];
  const has = known.length > 0 ? `it has ${codeList([...known].sort())}` : `it has none`;
  return new LambdaPythonError('OPTION_INVALID', {
    message: `\`${path}\` has no ${word} \`${name}\`${didYouMean(name, known)}; ${has}`,
    hint: `correct \`${kind}\` on the build target, or add the ${word} to ${/Pipfile/.test(path) ? 'the Pipfile' : 'pyproject.toml'}`,
  });
}

/** @throws OPTION_INVALID for a form that has neither extras nor groups */
export function refuseSelection({ extras, groups }: Selection, path: string): void {
  const [kind] = [
    ...(extras.length > 0 ? ['extras'] : []),
    ...(groups.length > 0 ? ['groups'] : []),
  ];
  if (kind === undefined) return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${kind}\` are set, but \`${path}\` is a requirements file, which has none`,
    hint: `remove \`${kind}\` from the build target, or build from the project or its lock: "requirements": ["pyproject.toml"]`,
  });
}
