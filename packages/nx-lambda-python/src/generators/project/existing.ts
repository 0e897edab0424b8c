/** What a directory holds already: read before anything is written. */

import { joinPathFragments, type Tree } from '@nx/devkit';
import { LambdaPythonError } from '../../errors';
import { packagedModules, type SourceModule } from './adopt';
import { isPrunedDirectory } from '../../service/files';
import { discoverHandlers, type Handler } from '../../service/discover';
import { MARKER_FILE, parseMarker } from '../../service/marker';
import { parseModule } from '../../python/module';
import { readProjectDependencies } from '../../service/pyproject';

export interface Existing {
  /** All files of the directory, without those of projects in it; empty where it is not there. */
  files: string[];
  /** Those that Python could import, but for broken ones. */
  modules: Map<string, SourceModule>;
  /** Whether its pyproject.toml declares dependencies. */
  declares: boolean;
}

/** Where the service says what it requires. */
export interface FoundRequirements {
  kind:
    /** A file that builds take by default. */
    | 'default'
    /** What `nx lock` makes a requirements.txt of. */
    | 'input'
    /** Under a name that the option `requirements` has to give. */
    | 'elsewhere'
    | 'none';
  files: string[];
}

export async function readExisting(tree: Tree, root: string): Promise<Existing> {
  const files = listFiles(tree, root, '');
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

export function requirementsOf({ files, declares }: Existing): FoundRequirements {
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
 * Reads the marker as a build will, so that nothing is written which no build takes.
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
      const known = modules.get(file)?.module;
      return known ?? parseModule(tree.read(joinPathFragments(root, file)) ?? '');
    });
  } catch (error) {
    if (!(error instanceof LambdaPythonError)) throw error;
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `no marker could be made of what is in \`${root}\`, and nothing was written: ${error.message}`,
      hint: 'add `[tool.nx-lambda-python]` to its pyproject.toml by hand, with `handlers` and `include` as the code has them',
      cause: error,
    });
  }
}

function listFiles(tree: Tree, root: string, below: string): string[] {
  return tree.children(joinPathFragments(root, below)).flatMap((name) => {
    const path = below === '' ? name : `${below}/${name}`;
    const place = joinPathFragments(root, path);
    if (tree.isFile(place)) return [path];
    const isProject = [MARKER_FILE, 'project.json', 'package.json'].some((file) =>
      tree.exists(joinPathFragments(place, file)),
    );
    return isPrunedDirectory(path) || isProject ? [] : listFiles(tree, root, path);
  });
}
