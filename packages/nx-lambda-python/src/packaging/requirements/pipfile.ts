/**
 * Pipfile as lines of a requirements file: `[packages]`, and the categories that are selected as groups. pip resolves
 * them, so that an index for one distribution is refused.
 *
 * @see https://pipenv.pypa.io/en/latest/pipfile.html
 */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { Target } from './lock-scope';
import { allOf } from './poetry-project';
import { sourceUrl } from './project-sources';
import { selected, type Selection } from './selection';
import { stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

export interface PipfileRequest extends Selection {
  /** Of the Pipfile, relative to the workspace. */
  path: string;
  /** Of the service, from which paths in lines start. */
  projectRoot: string;
  target: Target;
}

/** Tables that are not categories. */
const SETTINGS = ['source', 'packages', 'dev-packages', 'requires', 'scripts', 'pipenv', 'pipfile'];
/** Categories whose names in Pipfile.lock differ. */
const DEVELOP = 'develop';
const MARKERS = [
  ...['os_name', 'sys_platform', 'platform_machine', 'platform_python_implementation'],
  ...['platform_release', 'platform_system', 'platform_version', 'python_version'],
  ...['python_full_version', 'implementation_name', 'implementation_version'],
];
/** pip asks it anyway, or the mirror that takes its place. */
const PYPI = /^https:\/\/pypi\.(org|python\.org)\/simple\/?$/;

/**
 * @returns options and one line for each package
 * @throws REQUIREMENTS_INVALID for another Python, and for what pip cannot be told; OPTION_INVALID for an unknown
 *   category, and for extras, which a Pipfile does not have
 */
export function pipfileLines(document: TomlTable, request: PipfileRequest): string[] {
  const { path, projectRoot, target } = request;
  checkPython(document['requires'], path, 'for', target);
  const { 'dev-packages': develop, ...others } = document;
  const names = Object.keys(others).filter((name) => !SETTINGS.includes(name));
  const categories: TomlTable = { ...others, ...(develop ? { [DEVELOP]: develop } : {}) };
  const known = [...(develop ? [DEVELOP] : []), ...names];
  const { groups } = selected(request, { extras: [], groups: known }, path);
  const [first] = tablesOf(document['source']);
  const url = stringOf(first?.['url']);
  const from = posix.relative(projectRoot, posix.dirname(path));
  const lines = ['packages', ...groups].flatMap((category) =>
    Object.entries(tableOf(categories[category])).map(([name, value]) => {
      const one = typeof value === 'string' ? { version: value } : tableOf(value);
      checkPackage(name, one, stringOf(first?.['name']), path);
      return pipfileLine(name, one, from);
    }),
  );
  return [
    ...(url === undefined || PYPI.test(url) ? [] : [`--index-url ${url}`]),
    ...(tableOf(document['pipenv'])['allow_prereleases'] === true ? ['--pre'] : []),
    ...new Set(lines),
  ];
}

/**
 * @param requires of the Pipfile or its lock
 * @param made as in "is locked for Python 3.12"
 * @throws REQUIREMENTS_INVALID
 */
export function checkPython(
  requires: unknown,
  path: string,
  made: 'for' | 'locked for',
  { runtime }: Target,
): void {
  const { python_full_version: full, python_version: short } = tableOf(requires);
  const python = stringOf(full ?? short) ?? '*';
  const own = runtime.python.join('.');
  if (python === '*' || python === own || python.startsWith(`${own}.`)) return;
  throw new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` is ${made} Python ${python}, but the service's runtime is ${runtime.name}`,
    hint: `set \`python_version = "${own}"\` under [requires] in the Pipfile${made === 'for' ? ', or remove it there' : ' and run `pipenv lock`'}`,
  });
}

/** @param usual index, which pip asks for all */
function checkPackage(name: string, one: TomlTable, usual: string | undefined, path: string): void {
  const { index } = one;
  if (index !== undefined && index !== usual) {
    throw refused(
      path,
      `wants \`${name}\` from the index \`${String(index)}\` only, and pip would look for it on every index`,
    );
  }
  const other = ['hg', 'svn', 'bzr'].find((key) => one[key] !== undefined);
  if (other !== undefined) {
    throw refused(
      path,
      `wants \`${name}\` from a \`${other}\` repository; builds clone with git only`,
    );
  }
}

function pipfileLine(name: string, one: TomlTable, from: string): string {
  const extras = stringsOf(one['extras']);
  const listed = extras.length > 0 ? `[${extras.join(',')}]` : '';
  const marker = allOf(
    stringOf(one['markers']),
    ...MARKERS.map((key) => {
      const value = stringOf(one[key]);
      return value === undefined ? undefined : `${key} ${value}`;
    }),
  );
  const body = bodyOf(name, listed, one, from);
  return marker === '' ? body : `${body} ; ${marker}`;
}

function bodyOf(name: string, extras: string, one: TomlTable, from: string): string {
  const file = stringOf(one['file']);
  const git = stringOf(one['git']);
  const place = sourceUrl(
    {
      ...{ path: one['path'], subdirectory: one['subdirectory'], rev: one['ref'] },
      [file !== undefined && /^[a-z]+:\/\//i.test(file) ? 'url' : 'file']: file,
      git: git?.replace(/^git\+/, '').replace(/#egg=.*$/, ''),
    },
    from,
  );
  if (place === undefined) {
    const version = stringOf(one['version'])?.trim() ?? '*';
    const isBare = /^\d/.test(version);
    return `${name}${extras}${version === '*' ? '' : isBare ? `==${version}` : version}`;
  }
  // Pipenv once named what is local by a digest: only its own metadata tells the name.
  if (place.startsWith('file:')) return place.replace(/(?=#|$)/, extras);
  return `${name}${extras} @ ${place}`;
}

function refused(path: string, what: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` ${what}`,
    hint: 'run `pipenv lock`: the build then reads Pipfile.lock, which pins every file by its hash',
  });
}
