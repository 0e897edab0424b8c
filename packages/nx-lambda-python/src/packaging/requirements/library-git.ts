/** What a library's build asks git: its wheel is then decided by more than the library's own files. */

import { posix } from 'node:path';
import { normalizeName } from '../wheel/names';
import type { ReadFile } from './parse';
import { parseToml, stringOf, stringsOf, tableOf, type TomlTable } from './toml';

export interface GitUse {
  /** Commits, tags, and which files are tracked. */
  commits: boolean;
  /** Which files are ignored. */
  ignored: boolean;
  /** Ignore files in directories above the library that the backend reads itself, up to the one that counts. */
  rules: readonly string[];
}

/** Of build requirements: setuptools-scm, hatch-vcs, versioneer, poetry-dynamic-versioning, pbr, … */
const ASKING = /scm|vcs|git|version|dunamai|^pbr$/;
/** The same in a setup.py or setup.cfg, which may also run git itself. */
const ASKING_TEXT = /scm\b|scm_version|versioneer|\bpbr\b|setuptools[-_]git|["']git["' ]/;

/**
 * @param path of the library, relative to the workspace, as those that are read
 * @param isRepository whether a directory is the top of a repository
 * @throws REQUIREMENTS_INVALID for a pyproject.toml that is not valid TOML
 */
export function gitUse(
  path: string,
  read: ReadFile,
  isRepository: (path: string) => boolean,
): GitUse {
  const file = posix.join(path, 'pyproject.toml');
  const document = parseToml(read(file) ?? '', file);
  const backend = stringOf(tableOf(document['build-system'])['build-backend']) ?? '';
  const setup = ['setup.py', 'setup.cfg'].map((name) => read(posix.join(path, name)) ?? '');
  return {
    commits: isVersioned(document) || setup.some((text) => ASKING_TEXT.test(text)),
    ignored: backend.startsWith('poetry.'),
    rules: backend.startsWith('hatchling') ? rulesAbove(path, read, isRepository) : [],
  };
}

function isVersioned(document: TomlTable): boolean {
  const requires = stringsOf(tableOf(document['build-system'])['requires']);
  const pdm = tableOf(tableOf(tableOf(document['tool'])['pdm'])['version']);
  const names = requires.map((line) => normalizeName(/^\s*([\w.-]+)/.exec(line)?.[1] ?? ''));
  return names.some((name) => ASKING.test(name)) || pdm['source'] === 'scm';
}

/** hatchling takes the nearest .gitignore, and looks no further than the repository. */
function rulesAbove(
  path: string,
  read: ReadFile,
  isRepository: (path: string) => boolean,
): string[] {
  const rules: string[] = [];
  for (let directory = path; ; directory = posix.dirname(directory)) {
    const file = posix.join(directory, '.gitignore');
    if (directory !== path) rules.push(file);
    if (read(file) !== undefined || isRepository(directory) || directory === '.') return rules;
  }
}
