/**
 * The dependencies of pyproject.toml as lines of a requirements file: those of `[project]` with extras and dependency
 * groups, or of Poetry. pip resolves them, so that what only uv or Poetry can do is refused.
 *
 * @see https://packaging.python.org/en/latest/specifications/pyproject-toml/ and …/dependency-groups/
 */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { normalizeName } from '../wheel/names';
import type { Target } from './lock-scope';
import { linesFile } from './locked';
import type { ReadFile } from './parse';
import {
  allOf,
  checkPoetrySources,
  poetryDependencies,
  poetryGroup,
  poetryGroups,
  poetryTable,
} from './poetry-project';
import {
  sourceOf,
  sourceUrl,
  uvSettings,
  type UvDocument,
  type UvSettings,
} from './project-sources';
import { selected, type Selection } from './selection';
import { parseToml, stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

export const PYPROJECT = 'pyproject.toml';

export interface ProjectRequest extends Selection {
  /** Of the pyproject.toml, relative to the workspace. */
  path: string;
  target: Target;
}

/**
 * @returns requirements files by path, the first of which includes the others
 * @throws REQUIREMENTS_MISSING if nothing is declared, REQUIREMENTS_INVALID for what pip cannot be told,
 *   OPTION_INVALID for an extra or group that the project does not have
 */
export function projectFiles(request: ProjectRequest, read: ReadFile): Map<string, string> {
  const { path, target } = request;
  const document = parseToml(read(path) ?? '', path);
  const own = uvDocument(document, path, '');
  const settings = uvSettings(withUvToml(own, read), workspaceRoot(own, read));
  const lines = new Project(document, request)
    .lines()
    .map((line) => sourced(line, settings, document, { path, target }));
  const limits = `${linesFile(path)}-constraints.txt`;
  const all = [
    ...settings.options,
    ...(settings.constraints.length > 0 ? [`-c ${posix.basename(limits)}`] : []),
    ...new Set(lines),
  ];
  return new Map([
    [linesFile(path), textOf(all)],
    ...(settings.constraints.length > 0 ? [[limits, textOf(settings.constraints)] as const] : []),
  ]);
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function uvDocument(document: TomlTable, path: string, from: string): UvDocument {
  return { uv: tableOf(tableOf(document['tool'])['uv']), path, from };
}

/** As in uv, a uv.toml replaces what pyproject.toml sets; it has no sources. */
function withUvToml({ uv, path, from }: UvDocument, read: ReadFile): UvDocument {
  const file = posix.join(posix.dirname(path), 'uv.toml');
  const text = read(file);
  return text === undefined
    ? { uv, path, from }
    : { uv: { sources: uv['sources'], ...parseToml(text, file) }, path: file, from };
}

/** The workspace above whose settings count, or the project itself. */
function workspaceRoot(own: UvDocument, read: ReadFile): UvDocument {
  const start = posix.dirname(posix.normalize(own.path));
  for (let directory = start; directory !== '.' && !('workspace' in own.uv);) {
    directory = posix.dirname(directory);
    const path = posix.join(directory, PYPROJECT);
    const text = read(path);
    if (text === undefined || !text.includes('workspace')) continue;
    const above = uvDocument(parseToml(text, path), path, posix.relative(start, directory));
    if ('workspace' in above.uv) return withUvToml(above, read);
  }
  return withUvToml(own, read);
}

/** Replaces the version of a distribution by the place that uv or Poetry take it from. */
function sourced(
  line: string,
  { sources }: UvSettings,
  document: TomlTable,
  { path, target }: Pick<ProjectRequest, 'path' | 'target'>,
): string {
  const [, name = '', extras = '', rest = ''] =
    /^\s*([\w.-]+)\s*(\[[^\]]*\])?([^]*)$/.exec(line) ?? [];
  if (name === '' || /^\s*@/.test(rest) || line.startsWith('-')) return line;
  const poetry = tablesOf([tableOf(poetryTable(document)['dependencies'])[name]].flat());
  const url =
    sourceOf(name, sources, target, path) ?? poetry.map((one) => sourceUrl(one)).find(Boolean);
  if (url === undefined) return line;
  const [, marker = ''] = /;\s*([^]*)$/.exec(rest) ?? [];
  return `${name}${extras} @ ${url}${marker === '' ? '' : ` ; ${marker}`}`;
}

/** The lines of one project, without where they come from. */
class Project {
  private readonly project: TomlTable;
  private readonly poetry: TomlTable;
  private readonly optional: TomlTable;
  private readonly groups: TomlTable;
  private readonly path: string;
  private readonly selection: Selection;

  constructor(
    private readonly document: TomlTable,
    { path, ...selection }: ProjectRequest,
  ) {
    this.path = path;
    this.project = tableOf(document['project']);
    this.poetry = poetryTable(document);
    this.optional = this.isDynamic('optional-dependencies')
      ? tableOf(this.setuptools()['optional-dependencies'])
      : tableOf(this.project['optional-dependencies']);
    // uv had its development dependencies under [tool.uv] first.
    const old = this.tool('uv')['dev-dependencies'];
    const groups = tableOf(document['dependency-groups']);
    this.groups = Array.isArray(old)
      ? { ...groups, dev: [...old, ...[groups['dev'] ?? []].flat()] }
      : groups;
    this.selection = selected(selection, this.selectable(), path);
    checkPoetrySources(this.poetry, path);
  }

  lines(): string[] {
    const { extras, groups } = this.selection;
    const grouped = groups.flatMap((group) =>
      group in this.groups ? this.group(group, []) : poetryGroup(this.poetry, group, this.path),
    );
    if (this.isPoetrys())
      return [...poetryDependencies(this.poetry, extras, this.path), ...grouped];
    if (!this.isDeclared() && extras.length + groups.length === 0) throw nothingDeclared(this.path);
    return [
      ...(this.isDeclared() ? this.declared() : []),
      ...extras.flatMap((extra) => this.extra(extra, [])),
      ...grouped,
    ];
  }

  /** Where `[project]` has dependencies, too, Poetry's only say where they come from. */
  private isPoetrys(): boolean {
    return !this.isDeclared() && this.poetry['dependencies'] !== undefined;
  }

  private isDeclared(): boolean {
    return this.project['dependencies'] !== undefined || this.isDynamic('dependencies');
  }

  private isDynamic(key: string): boolean {
    return stringsOf(this.project['dynamic']).includes(key);
  }

  private selectable() {
    const extras = this.isPoetrys() ? tableOf(this.poetry['extras']) : this.optional;
    return {
      extras: Object.keys(extras),
      groups: [...Object.keys(this.groups), ...poetryGroups(this.poetry)],
    };
  }

  private declared(): string[] {
    const key = 'dependencies';
    if (!this.isDynamic(key)) {
      return this.strings(this.project[key], '`dependencies` under [project]');
    }
    // Of hatch-requirements-txt.
    const { files } = this.tool('hatch', 'metadata', 'hooks', 'requirements_txt');
    return this.fromFiles(this.setuptools()[key] ?? { file: files }, key);
  }

  private setuptools(): TomlTable {
    return this.tool('setuptools', 'dynamic');
  }

  private tool(...keys: string[]): TomlTable {
    return ['tool', ...keys].reduce((table, key) => tableOf(table[key]), this.document);
  }

  /** `{ file = ["requirements.txt"] }`, in the syntax of requirements files. */
  private fromFiles(value: unknown, key: string): string[] {
    const { file } = tableOf(value);
    const files = typeof file === 'string' ? [file] : stringsOf(file);
    if (files.length > 0) return files.map((one) => `-r ${one}`);
    throw new LambdaPythonError('REQUIREMENTS_INVALID', {
      message: `\`${this.path}\` has dynamic \`${key}\`, which only its build backend can tell`,
      hint: 'list them as `dependencies = ["…"]` under [project], or name the files that have them: `dependencies = { file = ["requirements.txt"] }` under [tool.setuptools.dynamic]',
    });
  }

  private extra(name: string, above: readonly string[]): string[] {
    if (above.includes(name)) return [];
    if (this.isDynamic('optional-dependencies')) return this.fromFiles(this.optional[name], name);
    const lines = this.strings(this.optional[name], `extra \`${name}\``);
    return this.withOwnExtras(lines, [...above, name]);
  }

  /** A project may require itself with other extras. */
  private withOwnExtras(lines: readonly string[], above: readonly string[]): string[] {
    const own = normalizeName(stringOf(this.project['name']) ?? '');
    return lines.flatMap((line) => {
      const [, name = '', extras = ''] = /^\s*([\w.-]+)\s*\[([^\]]*)\]/.exec(line) ?? [];
      if (own === '' || normalizeName(name) !== own) return [line];
      const names = { extras: extras.split(',').map((one) => one.trim()), groups: [] };
      const marker = /;\s*([^]*)$/.exec(line)?.[1];
      return selected(names, this.selectable(), this.path)
        .extras.flatMap((extra) => this.extra(extra, above))
        .map((one) => withMarker(one, marker));
    });
  }

  private group(name: string, above: readonly string[]): string[] {
    if (above.includes(name)) throw this.invalid(`dependency group \`${name}\` includes itself`);
    const items = this.groups[name];
    if (!Array.isArray(items)) throw this.invalid(`dependency group \`${name}\` is not a list`);
    const within = [...above, name];
    return items.flatMap((item: unknown): string[] => {
      if (typeof item === 'string') return this.withOwnExtras([item], []);
      const included = stringOf(tableOf(item)['include-group']);
      if (included === undefined) {
        throw this.invalid(`dependency group \`${name}\` has an item that is not a requirement`);
      }
      const names = { extras: [], groups: [included] };
      return selected(names, this.selectable(), this.path).groups.flatMap((one) =>
        this.group(one, within),
      );
    });
  }

  private strings(value: unknown, what: string): string[] {
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    throw this.invalid(`${what} is not a list of strings`);
  }

  private invalid(what: string): LambdaPythonError {
    return new LambdaPythonError('REQUIREMENTS_INVALID', {
      message: `\`${this.path}\`: ${what}`,
      hint: 'write each requirement as a string: `dependencies = ["requests>=2"]`',
    });
  }
}

function withMarker(line: string, marker: string | undefined): string {
  const [, body = '', own] = /^([^;]*?)\s*(?:;\s*([^]*))?$/.exec(line) ?? [];
  const joined = allOf(own, marker);
  return joined === '' ? body : `${body} ; ${joined}`;
}

function nothingDeclared(path: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `\`${path}\` declares no dependencies under [project]`,
    hint: 'add `dependencies = ["…"]` with what the handlers import (it may be empty), or name a requirements file: "requirements" on the build target, "input" on the lock target',
  });
}
