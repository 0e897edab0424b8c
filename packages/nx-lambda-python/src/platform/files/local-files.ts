/** Reads what requirements name of the workspace: libraries, archives, directories of `--find-links`. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { LocalParts } from '../../packaging/requirements/collect';
import {
  isLibraryFile,
  isPrunedOfLibrary,
  treeDigest,
  type FileFacts,
} from '../../packaging/requirements/library';
import { hashFile } from './files';
import { listFiles } from './list-files';

export interface LocalFile {
  /** Relative to the workspace, with forward slashes. */
  path: string;
  executable: boolean;
  /** Where it is on this machine. */
  source: string;
  /** Hex. */
  sha256: string;
}

export interface LocalContent {
  files: LocalFile[];
  /** Of each library and archive by its path relative to the workspace, of links by `<path>/*`. */
  digests: Record<string, string>;
}

/**
 * @param namedBy what names them, for the message
 * @throws REQUIREMENTS_MISSING for what is not there
 * @throws ENTRY_INVALID for a symbolic link of a library that leads nowhere or out of the workspace
 */
export function readLocalContent(
  workspaceRoot: string,
  { trees, archives, findLinks }: Pick<LocalParts, 'trees' | 'archives' | 'findLinks'>,
  namedBy: string,
): LocalContent {
  const absent = [...trees, ...archives].find((path) => !existsSync(join(workspaceRoot, path)));
  if (absent !== undefined) throw notThere(absent, namedBy);
  const files = new Map<string, LocalFile>();
  const digests: Record<string, string> = {};
  const add = (path: string, listed: readonly Omit<FileFacts, 'sha256'>[], name = path): void => {
    const facts = listed.map((file) => {
      const inRoot = posix.join(path, file.path);
      const source = join(workspaceRoot, inRoot);
      const sha256 = files.get(inRoot)?.sha256 ?? hashFile(source, 'hex');
      files.set(inRoot, { path: inRoot, executable: file.executable, source, sha256 });
      return { ...file, sha256 };
    });
    digests[name] = treeDigest(facts);
  };
  for (const path of trees) {
    const listed = listFiles(join(workspaceRoot, path), workspaceRoot, isPrunedOfLibrary);
    add(
      path,
      listed.filter((file) => isLibraryFile(file.path)),
    );
  }
  for (const path of findLinks) {
    const place = join(workspaceRoot, path);
    // pip looks at the files of the directory itself, and at none below.
    const names = statSync(place).isDirectory() ? linkedFiles(place) : [''];
    add(
      path,
      names.map((name) => ({ path: name, executable: false })),
      posix.join(path, '*'),
    );
  }
  for (const path of archives) add(path, [{ path: '', executable: false }]);
  return { files: [...files.values()], digests };
}

function notThere(path: string, namedBy: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `\`${path}\`, which \`${namedBy}\` names, is not in the workspace`,
    hint: `restore it (\`git status\` lists what was deleted), or take it out of what \`${namedBy}\` is made from and write that file again`,
  });
}

function linkedFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => statSync(join(directory, name)).isFile())
    .sort();
}
