/** What `[tool.poetry]` requires, in the words of pip. */

import { LambdaPythonError } from '../../errors';
import { normalizeName } from '../wheel/names';
import { poetrySpecifiers } from './poetry-versions';
import { sourceUrl } from './project-sources';
import { stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

/** `[tool.poetry]`, empty if there is none. */
export function poetryTable(document: TomlTable): TomlTable {
  return tableOf(tableOf(document['tool'])['poetry']);
}

/** Names of `[tool.poetry.group.<name>]`. */
export function poetryGroups(poetry: TomlTable): string[] {
  return [
    ...Object.keys(tableOf(poetry['group'])),
    ...('dev-dependencies' in poetry ? ['dev'] : []),
  ];
}

/**
 * Lines for its dependencies, without those that are optional and in none of these extras.
 * @param path of the file, for messages
 * @throws REQUIREMENTS_INVALID for what pip cannot be told
 */
export function poetryDependencies(
  poetry: TomlTable,
  extras: readonly string[],
  path: string,
): string[] {
  const wanted = new Set(
    extras.flatMap((extra) => stringsOf(tableOf(poetry['extras'])[extra]).map(nameIn)),
  );
  return linesIn(poetry['dependencies'], path, (name, { optional }) => {
    return name !== 'python' && (optional !== true || wanted.has(normalizeName(name)));
  });
}

/** Lines for one group and those that it includes; `dev` may be written in two ways. */
export function poetryGroup(
  poetry: TomlTable,
  group: string,
  path: string,
  above: readonly string[] = [],
): string[] {
  if (above.includes(group)) return [];
  const { dependencies, 'include-groups': included } = tableOf(tableOf(poetry['group'])[group]);
  const old = group === 'dev' ? linesIn(poetry['dev-dependencies'], path) : [];
  const more = stringsOf(included).flatMap((one) =>
    poetryGroup(poetry, one, path, [...above, group]),
  );
  return [...old, ...linesIn(dependencies, path), ...more];
}

function linesIn(
  dependencies: unknown,
  path: string,
  isTaken: (name: string, one: TomlTable) => boolean = () => true,
): string[] {
  return Object.entries(tableOf(dependencies)).flatMap(([name, value]) =>
    // Several constraints for several environments are an array.
    tablesOf([value].flat().map(asTable))
      .filter((one) => isTaken(name, one))
      .map((one) => poetryLine(name, one, path)),
  );
}

/**
 * @throws REQUIREMENTS_INVALID for indexes, which pip would mix
 */
export function checkPoetrySources(poetry: TomlTable, path: string): void {
  const [source] = tablesOf(poetry['source']).filter(
    ({ name }) => stringOf(name)?.toLowerCase() !== 'pypi',
  );
  if (!source) return;
  throw refused(
    path,
    `has the index \`${String(source['name'])}\` under [[tool.poetry.source]], whose order pip does not have`,
  );
}

function asTable(value: unknown): unknown {
  return typeof value === 'string' ? { version: value } : value;
}

function nameIn(requirement: string): string {
  return normalizeName(/^[\w.-]*/.exec(requirement)?.[0] ?? '');
}

function poetryLine(name: string, one: TomlTable, path: string): string {
  for (const key of ['source', 'allow-prereleases']) {
    if (one[key] === undefined || one[key] === false) continue;
    throw refused(
      path,
      `requires \`${name}\` with \`${key}\`, which pip cannot be told for one distribution`,
    );
  }
  const extras = stringsOf(one['extras']);
  const subject = extras.length > 0 ? `${name}[${extras.join(',')}]` : name;
  const url = sourceUrl(one);
  const version = stringOf(one['version']) ?? '*';
  const [specifier, another] = url === undefined ? poetrySpecifiers(version) : [''];
  if (specifier === undefined || another !== undefined) {
    throw refused(
      path,
      `requires \`${name}\` in \`${version}\`, which pip has no single specifier for`,
    );
  }
  const marker = allOf(
    stringOf(one['markers']),
    pythonMarker(stringOf(one['python'])),
    platformMarker(stringOf(one['platform'])),
  );
  const body = url === undefined ? `${subject}${specifier}` : `${subject} @ ${url}`;
  return marker === '' ? body : `${body} ; ${marker}`;
}

/** Markers that all hold; empty for none. */
export function allOf(...markers: (string | undefined)[]): string {
  const given = markers.filter((marker) => marker !== undefined && marker !== '');
  return given.length > 1 ? given.map((marker) => `(${marker})`).join(' and ') : (given[0] ?? '');
}

function platformMarker(platform: string | undefined): string | undefined {
  return platform === undefined ? undefined : `sys_platform == "${platform}"`;
}

function pythonMarker(python: string | undefined): string | undefined {
  if (python === undefined) return undefined;
  const alternatives = poetrySpecifiers(python).map((specifier) =>
    allOf(...specifier.split(',').map(pythonClause)),
  );
  return alternatives.length > 1
    ? alternatives.map((one) => `(${one})`).join(' or ')
    : alternatives[0];
}

function pythonClause(clause: string): string {
  const [, operator = '', version = ''] = /^([^\d\s]+)\s*(.+)$/.exec(clause) ?? [];
  if (operator === '') return '';
  const variable = /^\d+(\.\d+)?(\.\*)?$/.test(version) ? 'python_version' : 'python_full_version';
  return `${variable} ${operator} "${version}"`;
}

function refused(path: string, what: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` ${what}`,
    hint: 'run `poetry lock`: the build then reads poetry.lock, which pins every file by its hash',
  });
}
