/** Existing code in the directory of a service: read before anything is written. */

import { joinPathFragments, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { parseModule, type PythonModule } from '../../python/module';
import { discoverHandlers, type Handler } from '../../service/discover';
import { ignoredBy, selectFiles } from '../../service/files';
import { MARKER_FILE, parseMarker } from '../../service/marker';
import { filesBelow } from '../generator';

export interface SourceModule {
  module: PythonModule;
  text: string;
}

export interface Existing {
  /** All files of the directory, without those of projects in it; empty if it does not exist. */
  files: string[];
  /** Those that Python could import, without broken ones. */
  modules: Map<string, SourceModule>;
}

/** Python modules that could be part of a package: no tests, no configuration. */
export function packagedModules(files: readonly string[]): string[] {
  const everything = { root: '', include: ['*'], exclude: [] };
  return selectFiles(everything, files).filter((file) => file.endsWith('.py'));
}

export async function readExisting(tree: Tree, root: string): Promise<Existing> {
  // What git ignores is an output, such as an earlier copy of the code.
  const isIgnored = ignoredBy(tree.read('.gitignore', 'utf-8') ?? '');
  const isOwnIgnored = ignoredBy(tree.read(joinPathFragments(root, '.gitignore'), 'utf-8') ?? '');
  const files = filesBelow(
    tree,
    root,
    (directory) =>
      isIgnored(`${directory}/`) ||
      isOwnIgnored(`${posix.relative(root, directory)}/`) ||
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
  return { files, modules };
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
