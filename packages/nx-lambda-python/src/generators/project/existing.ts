/** Existing code in the directory of a new service: read before anything is written, and described afterwards. */

import { joinPathFragments, type Tree } from '@nx/devkit';
import { LambdaPythonError } from '../../errors';

import { codeList } from '../../report/nearest';
import { entryName } from '../../service/files';
import { discoverHandlers, type Handler } from '../../service/discover';
import { MARKER_FILE, parseMarker } from '../../service/marker';
import { parseModule } from '../../python/module';
import { readProjectDependencies } from '../../service/pyproject';
import { filesBelow } from '../generator';
import { packagedModules, type AdoptedLayout, type SourceModule } from './adopt';

export interface Existing {
  /** All files of the directory, without those of projects in it; empty if it does not exist. */
  files: string[];
  /** Those that Python could import, without broken ones. */
  modules: Map<string, SourceModule>;
  /** Whether its pyproject.toml declares dependencies. */
  declares: boolean;
}

/** Where a service declares its requirements. */
export interface Requirements {
  kind:
    /** A file that builds take by default. */
    | 'default'
    /** What `nx lock` makes a requirements.txt of. */
    | 'input'
    /** A file that the option `requirements` has to name. */
    | 'elsewhere'
    | 'none';
  files: string[];
}

export async function readExisting(tree: Tree, root: string): Promise<Existing> {
  const files = filesBelow(tree, root, (directory) =>
    [MARKER_FILE, 'project.json', 'package.json'].some((file) =>
      tree.exists(joinPathFragments(directory, file)),
    ),
  );
  const modules = new Map<string, SourceModule>();
  for (const file of packagedModules(files)) {
    const content = tree.read(joinPathFragments(root, file)) ?? Buffer.alloc(0);
    const module = await parseModule(content);
    if (!module.syntaxError) modules.set(file, { module, text: content.toString('utf8') });
  }
  const path = joinPathFragments(root, MARKER_FILE);
  const text = tree.read(path, 'utf-8') ?? '';
  const isPoetry = /^\[tool\.poetry\.dependencies\]/m.test(text);
  const declared = readProjectDependencies(text, path, []) ?? [];
  return { files, modules, declares: isPoetry || declared.length > 0 };
}

export function requirementsOf({ files, declares }: Existing): Requirements {
  const taken = ['requirements.txt', 'uv.lock', 'pylock.toml', 'poetry.lock'].find((file) =>
    files.includes(file),
  );
  if (taken !== undefined) return { kind: 'default', files: [taken] };
  if (files.includes('requirements.in')) return { kind: 'input', files: ['requirements.in'] };
  if (declares) return { kind: 'input', files: [MARKER_FILE] };
  const elsewhere = files.filter(
    (file) =>
      /(^|\/)requirements([^/]*|\/[^/]+)\.txt$/.test(file) && !/dev|test|lint|doc/.test(file),
  );
  return elsewhere.length > 0
    ? { kind: 'elsewhere', files: elsewhere }
    : { kind: 'none', files: ['requirements.txt'] };
}

/**
 * Reads the marker as a build will, so that nothing is written that a build refuses.
 * @throws OPTION_INVALID with what discovery says of it, and the codes of `parseMarker`
 */
export async function checkMarker(
  tree: Tree,
  root: string,
  text: string,
  { files, modules }: Existing,
): Promise<Handler[]> {
  const marker = parseMarker(text, joinPathFragments(root, MARKER_FILE));
  try {
    return await discoverHandlers(marker, files, async (file) => {
      const module = modules.get(file)?.module;
      return module ?? parseModule(tree.read(joinPathFragments(root, file)) ?? '');
    });
  } catch (error) {
    if (!(error instanceof LambdaPythonError)) throw error;
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `the code in \`${root}\` does not give a valid marker, and nothing was written: ${error.message}`,
      hint: 'add `[tool.nx-lambda-python]` to its pyproject.toml yourself, with `handlers` and `include` that fit the code',
      cause: error,
    });
  }
}

/** How many names one line shows. */
const SHOWN = 8;

export interface Adoption {
  root: string;
  name: string;
  tags: readonly string[];
  existing: Existing;
  layout: AdoptedLayout | undefined;
  handlers: readonly Handler[];
}

/** What the project generator prints: what it kept, what it added and what to do next; nothing for a new directory. */
export function describeAdoption({
  root,
  name,
  tags,
  existing,
  layout,
  handlers,
}: Adoption): string[] {
  const { files } = existing;
  if (files.length === 0) return [];
  const tops = [...new Set(files.map(topOf))].filter((top) => top !== 'pyproject.toml').sort();
  const hasProject = files.includes('project.json') || files.includes('package.json');
  return [
    ...(tops.length > 0 ? [`unchanged in ${root}: ${some(tops)}`] : []),
    ...(files.includes('pyproject.toml')
      ? ['pyproject.toml: added the marker at the end, the rest is unchanged']
      : []),
    ...(layout ? adopted(layout, handlers, existing) : ['no handler was found: added a first one']),
    ...requirements(existing, name, hasProject),
    ...(hasProject && tags.length > 0
      ? [`the tags ${tags.join(', ')} were not written: add them to the project's own file`]
      : []),
  ];
}

function adopted(
  { root, include, importPackage }: AdoptedLayout,
  handlers: readonly Handler[],
  { modules }: Existing,
): string[] {
  const names = handlers.map(({ name, handler }) => `${name} (${handler})`);
  const packed = include?.map((pattern) => pattern.replaceAll('/', '')) ?? [
    importPackage?.split('.')[0],
  ];
  const left = [...modules.keys()].flatMap((file) => {
    const path = entryName({ root }, file);
    if (path === undefined) return [topOf(file)];
    return packed.includes(topOf(path).replace(/\/$/, '')) ? [] : [topOf(path)];
  });
  return [
    `${handlers.length} ${handlers.length === 1 ? 'handler' : 'handlers'}: ${some(names)}`,
    ...(left.length > 0
      ? [
          `not in the package, as no handler imports it: ${some([...new Set(left)].sort())}; add it to \`include\` if you need it`,
        ]
      : []),
  ];
}

function requirements(existing: Existing, name: string, hasProject: boolean): string[] {
  const { kind, files } = requirementsOf(existing);
  switch (kind) {
    case 'default':
      return [`dependencies: ${codeList(files)}`];
    case 'input':
      return [`dependencies: ${codeList(files)}; lock them next with \`npx nx lock ${name}\``];
    case 'elsewhere':
      return files.length === 1 && !hasProject
        ? [`dependencies: ${codeList(files)}, named in project.json`]
        : [
            `dependencies: set "requirements" on the build target to those of ${codeList(files)} that the handlers need`,
          ];
    case 'none':
      return ['dependencies: none found, added an empty requirements.txt'];
  }
}

/** `orders/` for what lies in a directory. */
function topOf(path: string): string {
  const [top = '', ...below] = path.split('/');
  return below.length > 0 ? `${top}/` : top;
}

function some(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
