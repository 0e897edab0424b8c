/** Directories from which code is imported, as its scripts say in PYTHONPATH, or a Dockerfile copies to its top. */

import { joinPathFragments, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import type { Existing } from './existing';

export interface ImportRoot {
  /** Relative to the adopted directory, which it may lead out of. */
  directory: string;
  /** The file that says so. */
  source: string;
}

const SCRIPTS =
  /^(Makefile|justfile|Dockerfile.*|\.env.*|.*\.sh|tox\.ini|pytest\.ini|pyproject\.toml|docker-compose.*|compose\.ya?ml)$/;

/** What an image has beside the code, from a build context that is the workspace. */
const COPIED = /^COPY\s+(?:--\S+\s+)*(\S+)\s+(?:\.|\/var\/task|\$\{?LAMBDA_TASK_ROOT\}?)\/?\s*$/gim;

export function pythonPath(
  tree: Tree,
  root: string,
  { files, modules }: Pick<Existing, 'files' | 'modules'>,
): ImportRoot[] {
  const found = files
    .filter((file) => SCRIPTS.test(file))
    .flatMap((source) => {
      const text = tree.read(joinPathFragments(root, source), 'utf-8') ?? '';
      const copied = [...text.matchAll(COPIED)].flatMap(([, path = '']) => {
        const directory = outerDirectory(tree, root, posix.relative(root, path));
        return directory === undefined ? [] : [{ directory, source }];
      });
      const named = [...text.matchAll(/\bpythonpath["']?[ \t]*[=:]?[ \t]*([^\n#]+)/gi)].flatMap(
        ([, value = '']) =>
          value.split(/[:;,\s"'[\]]+/).flatMap((path): ImportRoot[] => {
            const directory = outerDirectory(tree, root, path) ?? directoryOf(path, modules);
            return directory === undefined ? [] : [{ directory, source }];
          }),
      );
      return [...named, ...copied];
    });
  return found.filter(
    (one, index) => found.findIndex(({ directory }) => directory === one.directory) === index,
  );
}

/** Of a path that leads out of the adopted directory, not out of the workspace: `$(PWD)/../../libs/common/src`. */
function outerDirectory(tree: Tree, root: string, path: string): string | undefined {
  const written = posix.normalize(path.replace(/^\$[({]?\w+[)}]?\//, '')).replace(/\/$/, '');
  if (!written.startsWith('../')) return undefined;
  const place = posix.join(root, written);
  const isThere = !place.startsWith('..') && tree.children(place).length > 0;
  return isThere ? posix.relative(root, place) : undefined;
}

/** Of an absolute path, as in an image, the end that is a directory here; undefined if none has modules. */
function directoryOf(path: string, modules: Existing['modules']): string | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '' && part !== '.' && !/[${}()]/.test(part));
  const ends = parts.map((_, index) => parts.slice(index).join('/'));
  const candidates = path.startsWith('/') ? ends : ends.slice(0, 1);
  return candidates.find((directory) =>
    [...modules.keys()].some((file) => file.startsWith(`${directory}/`)),
  );
}
