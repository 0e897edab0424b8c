/** Where pyproject.toml wants its dependencies from, and with which settings of uv: what pip can be told, and what not. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { normalizeName } from '../wheel/names';
import type { Target } from './lock-scope';
import { evaluateMarker, runtimeEnvironment } from './requirement';
import { stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

/**
 * The URL after `name @` for a table with `path`, `url` or `git`, in uv's and Poetry's words; undefined for an index.
 * @param from directory of the file that has the table, relative to the project
 */
export function sourceUrl(source: TomlTable, from = ''): string | undefined {
  const [path, url, git] = ['path', 'url', 'git'].map((key) => stringOf(source[key]));
  const below = stringOf(source['subdirectory']);
  const fragment = below === undefined ? '' : `#subdirectory=${below}`;
  const file = path ?? stringOf(source['file']);
  if (file !== undefined) {
    const place = posix.isAbsolute(file) ? file : posix.join(from, file.replaceAll('\\', '/'));
    return `file:${place.split('/').map(encodeURIComponent).join('/')}${fragment}`;
  }
  if (url !== undefined) return `${url}${fragment}`;
  if (git === undefined) return undefined;
  const revision = ['rev', 'tag', 'branch'].map((key) => stringOf(source[key])).find(Boolean);
  // `git@host:path`, as ssh has it.
  const place = git.replace(/^(?!\w+:\/\/)([\w.-]+@[\w.-]+):/, 'ssh://$1/');
  return `git+${place}${revision === undefined ? '' : `@${revision}`}${fragment}`;
}

/** Settings of uv that change which distributions are taken, and that pip has no equal for. */
const REFUSED: Readonly<Record<string, string>> = {
  'override-dependencies': 'pip cannot override what distributions require',
  'exclude-dependencies': 'pip cannot leave out what distributions require',
  'build-constraint-dependencies': 'build constraints are read from uv.lock only',
  'dependency-metadata': 'pip reads the metadata of the distributions',
  'extra-index-url':
    'pip would take the newest version of all indexes, uv takes the first index that has one',
  'find-links': 'pip would prefer newer versions of the index',
  'exclude-newer': 'pip would take newer versions',
  'exclude-newer-package': 'pip would take newer versions',
  prerelease: 'pip decides about pre-releases in another way',
  resolution: 'pip takes the newest versions',
  'no-sources': 'the sources would be used',
  ...Object.fromEntries(
    [
      ...['config-settings', 'config-settings-package', 'extra-build-dependencies'],
      ...['no-build-isolation', 'no-build-isolation-package'],
    ].map((key) => [key, 'pip would build in another way']),
  ),
};

/** Settings that pip has as well: for all distributions, and for some. */
const FILES: Readonly<Record<string, string>> = {
  'no-binary': '--no-binary',
  'no-build': '--only-binary',
};

/** Values that say what pip does anyway. */
const USUAL = ['if-necessary-or-explicit', 'if-necessary', 'highest', false];

export interface UvSettings {
  /** Options of a requirements file. */
  options: string[];
  constraints: string[];
  /** Where one distribution comes from, by normalized name. */
  sources: ReadonlyMap<string, Sources>;
}

interface Sources {
  tables: readonly TomlTable[];
  /** Directory of the file that has them, relative to the project. */
  from: string;
}

/** A pyproject.toml with what decides beside it. */
export interface UvDocument {
  /** `[tool.uv]`, with uv.toml over it. */
  uv: TomlTable;
  path: string;
  /** Its directory, relative to the project. */
  from: string;
}

/**
 * `[tool.uv]` for a pip that resolves without uv's lock.
 * @param own of the project
 * @param root of the workspace that it belongs to: as in uv, settings are those of the root alone
 * @throws REQUIREMENTS_INVALID for a setting that would otherwise be ignored
 */
export function uvSettings(own: UvDocument, root: UvDocument): UvSettings {
  const { uv, path } = root;
  for (const [key, reason] of Object.entries(REFUSED)) {
    const value = uv[key];
    if (value === undefined || USUAL.includes(value as string) || isEmpty(value)) continue;
    throw refused(path, `sets \`${key}\` under [tool.uv], and ${reason}`);
  }
  const indexes = tablesOf(uv['index']).filter(({ explicit }) => explicit !== true);
  const other = indexes.find((one) => one['default'] !== true || one['format'] === 'flat');
  if (other) {
    const name = stringOf(other['name']) ?? stringOf(other['url'])?.replace(/\/\/[^/]*@/, '//');
    throw refused(
      path,
      `has the index \`${name}\` under [[tool.uv.index]], which uv asks in its own order; pip would take the newest version of all`,
    );
  }
  const index = stringOf(indexes[0]?.['url']) ?? stringOf(uv['index-url']);
  return {
    options: [
      ...(index === undefined ? [] : [`--index-url ${index}`]),
      ...(uv['no-index'] === true ? ['--no-index'] : []),
      ...Object.entries(FILES).flatMap(([key, option]) => [
        ...(uv[key] === true ? [`${option} :all:`] : []),
        ...stringsOf(uv[`${key}-package`]).map((name) => `${option} ${name}`),
      ]),
    ],
    constraints: stringsOf(uv['constraint-dependencies']),
    sources: new Map([...sourcesIn(root), ...sourcesIn(own)]),
  };
}

function sourcesIn({ uv, from }: UvDocument): [string, Sources][] {
  return Object.entries(tableOf(uv['sources'])).map(([name, value]) => [
    normalizeName(name),
    { tables: tablesOf([value].flat()), from },
  ]);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/**
 * The place of one distribution for the runtime.
 * @returns the URL after `name @`; undefined for the index
 * @throws REQUIREMENTS_INVALID for a source that pip cannot take one distribution from
 */
export function sourceOf(
  name: string,
  sources: UvSettings['sources'],
  { runtime, architecture }: Target,
  path: string,
): string | undefined {
  const { tables, from } = sources.get(normalizeName(name)) ?? { tables: [], from: '' };
  const environment = runtimeEnvironment(runtime, architecture);
  const [source] = tables.filter((source) => {
    const marker = stringOf(source['marker']);
    const verdict = marker === undefined ? true : evaluateMarker(marker, environment);
    if (verdict !== undefined) return verdict;
    throw refused(
      path,
      `has a source for \`${name}\` if \`${marker}\`, which only the running system knows`,
    );
  });
  if (source === undefined) return undefined;
  const kind = ['index', 'workspace'].find((key) => source[key] !== undefined);
  if (kind === 'index') {
    throw refused(
      path,
      `wants \`${name}\` from the index \`${String(source['index'])}\` only, and pip would look for it on every index`,
    );
  }
  if (kind !== undefined || source['extra'] !== undefined || source['group'] !== undefined) {
    throw refused(
      path,
      `has a source for \`${name}\` that only uv can find (\`${Object.keys(source).join('`, `')}\`)`,
    );
  }
  return sourceUrl(source, from);
}

function refused(path: string, what: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` ${what}`,
    hint: 'run `uv lock`: the build then reads uv.lock, in which uv has decided it',
  });
}
