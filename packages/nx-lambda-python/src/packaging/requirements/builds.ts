/** Requirements that are built into wheels before pip resolves the others, and the lines that then name those wheels. */

import {
  findLinksOf,
  parseRequirements,
  readLocal,
  resolveFindLinks,
  rewriteRequirements,
  withoutEditable,
  type LocalRequirement,
  type PathBase,
  type RequirementsLine,
} from './parse';

/** One distribution that is built in a separate step. */
export interface BuildTarget {
  /** Equal for all lines that name it. */
  id: string;
  /** For messages: `libs/common`. */
  subject: string;
  /** Undefined for a repository or an archive of another machine. */
  local: LocalRequirement | undefined;
  /** The line as given, without `-e`. */
  text: string;
}

export interface RequirementFiles {
  files: ReadonlyMap<string, string>;
  base: PathBase;
  /** Each line is verified by a hash, which repositories do not have. */
  isLocked: boolean;
  /** pip does not build sources while it resolves. */
  onHost: boolean;
}

/** Every distribution to build, once. */
export function buildTargets(given: RequirementFiles): BuildTarget[] {
  const targets = new Map<string, BuildTarget>();
  for (const [path, text] of given.files) {
    for (const line of parseRequirements(text)) {
      const target = line.kind === 'requirement' ? targetOf(line.text, path, given) : undefined;
      if (target && !targets.has(target.id)) targets.set(target.id, target);
    }
  }
  return [...targets.values()];
}

/** Where things are for the pip that resolves: URLs, since a path may contain spaces. */
export interface Places {
  /** URL of a workspace file or directory. */
  urlOf: (path: string) => string;
  /** The wheel of a built distribution; null if its marker ruled it out. */
  builtAs: (id: string) => BuiltWheel | null;
  /** SHA-256 of a wheel of the workspace, hex. */
  digestOf: (path: string) => string | undefined;
}

export interface BuiltWheel {
  /** Of the distribution. */
  name: string;
  url: string;
}

/** The files for pip: lines name the wheels that were built, and files of the workspace by URL. */
export function placeRequirements(
  given: RequirementFiles,
  places: Places,
  exists: (path: string) => boolean,
): Map<string, string> {
  const replace = (line: RequirementsLine, from: string): string | null | undefined => {
    if (line.kind === 'option') return placedOption(line.text, from, given.base, places, exists);
    if (line.kind !== 'requirement') return undefined;
    const target = targetOf(line.text, from, given);
    if (target) return placedTarget(target, places);
    const local = readLocal(line.text, given.base, from);
    if (local) return placedWheel(local, places);
    const bare = withoutEditable(line.text);
    return bare === line.text ? undefined : bare;
  };
  return new Map(
    [...given.files].map(([path, text]) => [
      path,
      rewriteRequirements(text, (line) => replace(line, path)),
    ]),
  );
}

function targetOf(text: string, from: string, given: RequirementFiles): BuildTarget | undefined {
  const local = readLocal(text, given.base, from);
  if (local) {
    if (/\.whl$/i.test(local.path)) return undefined;
    return { id: local.path, subject: local.path, local, text };
  }
  if (!given.isLocked) return undefined;
  const bare = withoutEditable(text);
  const [, name = '', url = ''] = /^([\w.-]+)\s*(?:\[[^\]]*\])?\s*@\s*([^\s;]+)/.exec(bare) ?? [];
  const isRepository = /^(git|hg|svn|bzr)\+/i.test(url);
  const isSource = given.onHost && url !== '' && !/\.whl(#|$)/i.test(url);
  return isRepository || isSource
    ? { id: url, subject: name, local: undefined, text: bare }
    : undefined;
}

/** Without `--require-hashes`, since built wheels are not from an index. */
export function indexOptions(
  given: RequirementFiles,
  urlOf: (path: string) => string,
  exists: (path: string) => boolean,
): string[] {
  return [...given.files].flatMap(([path, text]) =>
    parseRequirements(text).flatMap((line) =>
      line.kind === 'option' && !/^--require-hashes\b/.test(line.text)
        ? [placedOption(line.text, path, given.base, { urlOf }, exists) ?? line.text]
        : [],
    ),
  );
}

function placedOption(
  text: string,
  from: string | undefined,
  base: PathBase,
  { urlOf }: Pick<Places, 'urlOf'>,
  exists: (path: string) => boolean,
): string | undefined {
  const written = findLinksOf(text);
  if (written === undefined) return undefined;
  return `--find-links ${urlOf(resolveFindLinks(written, from, base, exists))}`;
}

function placedTarget({ id, local, text }: BuildTarget, places: Places): string | null {
  const built = places.builtAs(id);
  if (!built) return null;
  const marker = local ? local.marker : (/\s;\s*([^]*)$/.exec(text)?.[1] ?? '');
  const extras = local ? local.extras : (/^[\w.-]+\s*(\[[^\]]*\])/.exec(text)?.[1] ?? '');
  return requirementLine(built.name + extras, built.url, marker.replace(/\s--[a-z][^]*$/, ''));
}

function placedWheel(local: LocalRequirement, places: Places): string {
  const file = local.path.slice(local.path.lastIndexOf('/') + 1);
  const name = local.name ?? (file.split('-')[0] ?? '').replaceAll('_', '-');
  const digest = places.digestOf(local.path);
  const url = `${places.urlOf(local.path)}${digest === undefined ? '' : `#sha256=${digest}`}`;
  const line = requirementLine(name + local.extras, url, local.marker);
  return local.options ? `${line} ${local.options}` : line;
}

function requirementLine(distribution: string, url: string, marker: string): string {
  return `${distribution} @ ${url}${marker ? ` ; ${marker}` : ''}`;
}

/** pip's arguments with the paths of `--find-links` as URLs. */
export function placeArguments(
  pipArguments: readonly string[],
  base: PathBase,
  urlOf: (path: string) => string,
  exists: (path: string) => boolean,
): string[] {
  return optionsWithValues(pipArguments).flatMap((words) => {
    const option = placedOption(words.join(' '), undefined, base, { urlOf }, exists);
    return option === undefined ? words : [option.replace(' ', '=')];
  });
}

const FLAGS = ['--no-index', '--pre', '--prefer-binary', '--no-build-isolation', '--use-pep517'];
const VALUED = [
  ...['-i', '--index-url', '--extra-index-url', '-f', '--find-links', '--trusted-host'],
  ...['--no-binary', '--only-binary', '--config-settings', '-C', '--use-feature'],
];

/** Those of pip's arguments that say how to build or where an index is, for any command. */
export function buildArguments(pipArguments: readonly string[]): string[] {
  return optionsWithValues(pipArguments)
    .filter(([first = '']) => [...FLAGS, ...VALUED].includes(first.replace(/=[^]*$/, '')))
    .flat();
}

/** A value is part of its argument, or the next one. */
function optionsWithValues(pipArguments: readonly string[]): string[][] {
  const options: string[][] = [];
  for (let at = 0; at < pipArguments.length; at += options.at(-1)?.length ?? 1) {
    options.push(pipArguments.slice(at, VALUED.includes(pipArguments[at] ?? '') ? at + 2 : at + 1));
  }
  return options;
}
