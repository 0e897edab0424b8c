/** Edges from what files import, and what they cannot tell. */

import { normalizeName } from '../packaging/wheel/names';
import { once } from '../platform/process/once';
import { isStandard } from '../python/stdlib';
import { counted } from '../report/text';
import type { FileImports } from './file-imports';
import { moduleOwners } from './module-owners';
import type { PythonProject } from './python-project';

export interface ImportingFile extends FileImports {
  /** Relative to the workspace. */
  path: string;
}

export interface ImportingProject extends PythonProject {
  name: string;
  files: readonly ImportingFile[];
}

export interface Edge {
  source: string;
  target: string;
}

/** Newest Python whose standard library is known, for code that does not say what it is for. */
const NEWEST_MINOR = 14;

/** @param required edges of requirements: they tell which of two projects is meant */
export function importEdges(
  projects: readonly ImportingProject[],
  required: readonly Edge[],
): { found: (Edge & { sourceFile: string })[]; warnings: string[] } {
  const owners = moduleOwners(
    projects.map(({ name, sources, files }) => ({
      project: name,
      sources,
      files: files.map(({ path }) => path),
    })),
  );
  const requires = new Set(required.map(({ source, target }) => `${source} ${target}`));
  const clashes = new Map<string, string>();
  const found = projects.flatMap(({ name: source, indexed, minor, files }) => {
    const python = [3, minor ?? NEWEST_MINOR] as const;
    const isElsewhere = once(
      (top) => isStandard(top, { python }) || indexed.includes(normalizeName(top)),
    );
    const ownedBy = once((module) =>
      isElsewhere(module.split('.')[0] ?? '') ? undefined : owners.of(module),
    );
    const targetOf = (module: string, path: string): string | undefined => {
      const owned = ownedBy(module);
      if (!owned || owned.owners.includes(source)) return undefined;
      const meant = owned.owners.filter((one) => requires.has(`${source} ${one}`));
      const [target, other] = [...(meant.length === 0 ? owned.owners : meant)].sort();
      if (other === undefined) return target;
      const clash = `\`${owned.name}\` is a module of both \`${target}\` and \`${other}\``;
      if (!clashes.has(clash)) clashes.set(clash, path);
      return undefined;
    };
    return files.flatMap(({ path, imports }) => {
      const targets = new Set(imports.flatMap((module) => targetOf(module, path) ?? []));
      return [...targets].map((target) => ({ source, target, sourceFile: path }));
    });
  });
  return { found, warnings: [...clashWarnings(clashes), ...syntaxWarnings(projects)] };
}

function clashWarnings(clashes: ReadonlyMap<string, string>): string[] {
  return [...clashes].map(
    ([clash, path]) =>
      `${clash}, so the import in \`${path}\` gives no edge; rename one, or require the one that is meant by its path`,
  );
}

function syntaxWarnings(projects: readonly ImportingProject[]): string[] {
  const broken = projects.flatMap(({ files }) =>
    files.flatMap(({ path, errorLine }) =>
      errorLine === undefined ? [] : [`${path}:${errorLine}`],
    ),
  );
  const [first] = broken;
  if (first === undefined) return [];
  const more = broken.length === 1 ? '' : ` and ${counted(broken.length - 1, 'other file')}`;
  return [`\`${first}\`${more} cannot be parsed, so that imports there give no edges`];
}
