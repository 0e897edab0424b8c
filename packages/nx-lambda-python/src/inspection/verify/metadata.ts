/** What the code and the metadata of a package name, and the package does not have; and what it has for nobody. */

import { modulesOf } from '../../packaging/dependency-part';
import type { InstalledDistribution } from '../../packaging/installed-distributions';
import { parseRequirement } from '../../packaging/requirements/requirement';
import { normalizeName } from '../../packaging/wheel/names';
import { readContent } from '../../packaging/zip/verify';
import type { ModuleImport } from '../../python/imports';
import { moduleName } from '../../python/names';
import { renderBytes } from '../../report/text';
import type { PackageContents, PackagedFile } from '../contents';
import type { Finding } from '../finding';
import type { ReachingHandler } from '../handler-reach';

/** A Python file of the service. */
export interface OwnModule {
  path: string;
  text: string;
  imports: readonly ModuleImport[];
}

export interface NamedThings {
  contents: PackageContents;
  own: readonly OwnModule[];
  handlers: readonly Pick<ReachingHandler, 'isEverything' | 'distributions'>[];
  /** Requirements of the service, one a line; undefined if they are unknown. */
  requirements: readonly string[] | undefined;
  /** What the service may call itself: its project, and `[project].name`. */
  serviceNames: readonly string[];
}

export function metadataFindings(things: NamedThings): Finding[] {
  return [
    ...missingMetadata(things),
    ...brokenEntryPoints(things.contents),
    ...unrequiredImports(things),
    ...unreachedDistributions(things),
  ];
}

const METADATA_MODULES = /\bimportlib\s*\.\s*metadata\b|\bimportlib_metadata\b|\bpkg_resources\b/;
const METADATA_CALLS =
  /\b(?:version|distribution|metadata|requires|files|get_distribution)\s*\(\s*(?:(["'])([A-Za-z0-9][\w.-]*)\1|(__name__|__package__))\s*\)/g;

function* missingMetadata({ contents, own, serviceNames }: NamedThings): Generator<Finding> {
  const present = new Set(
    [
      ...contents.distributions.map(({ name }) => name),
      // With `metadata` in the marker.
      ...contents.files.flatMap(({ path, isOwn }) =>
        isOwn ? (/^([^/-]+)-[^/]+\.dist-info\/METADATA$/.exec(path)?.[1] ?? []) : [],
      ),
    ].map(normalizeName),
  );
  const ofService = new Set(serviceNames.map(normalizeName));
  for (const { path, text } of own.filter((one) => METADATA_MODULES.test(one.text))) {
    const code = text.replace(/^[ \t]*#.*$/gm, '');
    for (const { 2: written, 3: variable, index } of code.matchAll(METADATA_CALLS)) {
      const name = written ?? named(variable ?? '', path);
      if (present.has(normalizeName(name))) continue;
      const line = code.slice(0, index).split('\n').length;
      const isOwn = ofService.has(normalizeName(name));
      yield {
        // Who catches the error knows that it may be missing.
        level: /PackageNotFoundError|DistributionNotFound/.test(code) ? 'note' : 'error',
        kind: 'metadata-missing',
        ...(isOwn ? {} : { distribution: name }),
        file: path,
        message: `\`${path}\` line ${line} asks for the metadata of \`${name}\`, which the package does not have${isOwn ? ': it has the service as files, not as a distribution' : ''}`,
        hint: isOwn
          ? 'set `metadata = true` under [tool.nx-lambda-python] in pyproject.toml, or catch PackageNotFoundError'
          : `require \`${name}\`, or catch PackageNotFoundError`,
      };
    }
  }
}

function named(variable: string, path: string): string {
  const module = moduleName(path);
  const isPackage = path.endsWith('/__init__.py');
  return variable === '__name__' || isPackage ? module : module.split('.').slice(0, -1).join('.');
}

function* brokenEntryPoints({ files, distributions }: PackageContents): Generator<Finding> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const modules = new Set(files.flatMap(({ path }) => importable(path)));
  for (const distribution of distributions) {
    const file = byPath.get(distribution.record.replace(/RECORD$/, 'entry_points.txt'));
    if (!file) continue;
    const text = readContent(file.archive, file.entry).toString('utf8');
    for (const { group, name, module } of entryPoints(text)) {
      if (modules.has(module)) continue;
      yield {
        ...{ level: 'warning', kind: 'entry-point-missing', distribution: distribution.name },
        file: file.path,
        message: `\`${distribution.name} ${distribution.version}\` announces \`${name}\` in \`${group}\` as the module \`${module}\`, which the package does not have`,
        hint: 'correct `excludeFiles` on the build target if it leaves the module out, else require another version',
      };
    }
  }
}

interface EntryPoint {
  group: string;
  name: string;
  module: string;
}

/** Of scripts nothing is said: they are not in a package unless the option `scripts` asks for them. */
function entryPoints(text: string): EntryPoint[] {
  const found: EntryPoint[] = [];
  let group = '';
  for (const line of text.split(/\r?\n/)) {
    group = /^\s*\[(.+?)\]\s*$/.exec(line)?.[1] ?? group;
    const [, name, module] = /^\s*([^=#;[]+?)\s*=\s*([\w.]+)/.exec(line) ?? [];
    if (name === undefined || module === undefined || /^(?:console|gui)_scripts$/.test(group))
      continue;
    found.push({ group, name, module });
  }
  return found;
}

/** Modules and packages that a file makes importable. */
function importable(path: string): string[] {
  if (!/\.(?:py|pyc|so)$/.test(path) || path.includes('__pycache__/')) return [];
  const parts = path.split('/');
  const file = (parts.pop() ?? '').split('.')[0] ?? '';
  const own = file === '__init__' ? parts : [...parts, file];
  return own.map((_, index) => own.slice(0, index + 1).join('.'));
}

function* unrequiredImports({ contents, own, requirements }: NamedThings): Generator<Finding> {
  if (requirements === undefined) return;
  const required = new Set(
    requirements.flatMap((line) => {
      const name = parseRequirement(line)?.name;
      return name === undefined ? [] : [normalizeName(name)];
    }),
  );
  const owners = ownersOf(contents.files);
  const said = new Set<string>();
  for (const { path, imports } of own) {
    for (const { level, module, line } of imports) {
      const distributions = level > 0 ? [] : (owners.get(module.split('.')[0] ?? '') ?? []);
      const [first] = distributions;
      if (
        !first ||
        said.has(first) ||
        distributions.some((one) => required.has(normalizeName(one)))
      )
        continue;
      said.add(first);
      const by = requirersOf(first, contents.distributions);
      yield {
        ...{ level: 'warning', kind: 'unrequired-import', distribution: first, file: path },
        message: `\`${path}\` line ${line} imports \`${module}\` of \`${first}\`, which no requirement names: it is here only because ${by} requires it`,
        hint: `add \`${first}\` to the requirements: it goes when ${by} no longer requires it`,
      };
    }
  }
}

/** Distributions by the top-level names that they alone have: no package of several is anybody's. */
function ownersOf(files: readonly PackagedFile[]): Map<string, string[]> {
  const dependencies = files
    .filter(({ isOwn }) => !isOwn)
    .map(({ path, distribution }) => ({ path, distribution: distribution?.name }));
  return new Map(modulesOf(dependencies).map((one) => [one.name, one.distributions]));
}

function requirersOf(name: string, distributions: readonly InstalledDistribution[]): string {
  const requirers = distributions.filter(({ requires }) =>
    requires.some(
      (text) => normalizeName(parseRequirement(text)?.name ?? '') === normalizeName(name),
    ),
  );
  return requirers.length === 0 ? 'another distribution' : `\`${requirers[0]?.name}\``;
}

function* unreachedDistributions({ contents, handlers }: NamedThings): Generator<Finding> {
  // What the text of one does not tell may be anything.
  if (handlers.length === 0 || handlers.some(({ isEverything }) => isEverything)) return;
  const reached = new Set(handlers.flatMap(({ distributions }) => distributions));
  for (const { name, version } of contents.distributions.filter((one) => !reached.has(one.name))) {
    const own = contents.files.filter(({ distribution }) => distribution?.name === name);
    const size = own.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0);
    yield {
      ...{ level: 'note', kind: 'unreached-distribution', distribution: name },
      message: `no handler imports \`${name} ${version}\`, nor anything that requires it: ${renderBytes(size)} unzipped`,
      hint: `remove what requires it from the requirements, if nothing loads it by name (a plugin, a database driver)`,
    };
  }
}
