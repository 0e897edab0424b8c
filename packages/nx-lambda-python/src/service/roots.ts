/** The directories of a service's code. Each file below them has the path in the package that it has below its root. */

import { posix } from 'node:path';
import type { MarkerTable } from './pyproject';

export interface Roots {
  /**
   * Directory of the code, relative to the workspace: the project's, unless the marker's `root` leads out of it. Files
   * of the service are relative to it.
   */
  directory: string;
  /** Directory below it that becomes the top of the zip: `src`, or empty for the directory itself. */
  root: string;
  /** Further directories whose files are at the top of the zip, relative to `directory`: `../../libs/common/src`. */
  roots: readonly string[];
}

/** Relative to the workspace: the service's own first. */
export function codeDirectories({
  directory,
  roots,
}: Pick<Roots, 'directory' | 'roots'>): string[] {
  return [directory, ...roots.map((path) => posix.join(directory, path))];
}

/** A file's name in the package: its path below the root that it is in, or undefined for a file outside. */
export function entryName(
  { root, roots = [] }: Pick<Roots, 'root'> & Partial<Roots>,
  file: string,
): string | undefined {
  const top = roots.find((path) => file.startsWith(`${path}/`)) ?? root;
  if (top === '') return file;
  return file.startsWith(`${top}/`) ? file.slice(top.length + 1) : undefined;
}

/**
 * Reads `root`, or `roots` in its place. The service's own root is the first one in its folder.
 * @param own directory of the marker's file, relative to the workspace
 * @throws MARKER_INVALID
 */
export function readRoots(table: MarkerTable, own: string): Roots {
  const listed = table.strings('roots');
  const single = table.string('root');
  if (listed && (single !== undefined || listed.length === 0)) {
    throw table.invalid(
      'roots',
      single === undefined ? '`roots` is empty' : '`root` and `roots` are both set',
      `list every directory of the code: \`roots = ["${single ?? '.'}", "../../libs/common/src"]\``,
    );
  }
  const written = listed ?? [single ?? '.'];
  const directories = written.map((path) =>
    readDirectory(table, listed ? 'roots' : 'root', path, own),
  );
  checkApart(table, written, directories);
  const first = directories.find((path) => isBelow(path, own)) ?? directories[0] ?? own;
  const directory = isBelow(first, own) ? own : first;
  return {
    directory,
    root: posix.relative(directory, first),
    roots: directories
      .filter((path) => path !== first)
      .map((path) => posix.relative(directory, path)),
  };
}

/** @returns relative to the workspace */
function readDirectory(
  table: MarkerTable,
  key: 'root' | 'roots',
  written: string,
  own: string,
): string {
  const directory = posix.join(own, posix.normalize(`${written}/`)).replace(/(?<=.)\/$/, '');
  const isOutside = directory === '..' || directory.startsWith('../');
  if (!posix.isAbsolute(written) && !written.includes('\\') && !isOutside) {
    return posix.normalize(directory);
  }
  throw table.invalid(
    key,
    `\`${key}\` ${key === 'root' ? 'is' : 'has'} \`${written}\`, expected a directory of the workspace`,
    `write it relative to pyproject.toml, with forward slashes: \`${key} = ${key === 'root' ? '"src"' : '[".", "../../libs/common/src"]'}\``,
  );
}

/** Each file has one place in the package. */
function checkApart(
  table: MarkerTable,
  written: readonly string[],
  directories: readonly string[],
): void {
  directories.forEach((inner, index) => {
    const outer = directories.findIndex((path, other) => other !== index && isBelow(inner, path));
    if (outer === -1) return;
    const [name, around] = [written[index], written[outer]];
    throw table.invalid(
      'roots',
      inner === directories[outer]
        ? `\`roots\` has \`${name}\` twice`
        : `\`roots\` has \`${name}\`, which is inside \`${around}\`: its files would have two places in the package`,
      `list one of them, or move the code so that neither is inside the other, such as \`roots = ["src", "lib"]\``,
    );
  });
}

function isBelow(path: string, directory: string): boolean {
  return directory === '.' || path === directory || path.startsWith(`${directory}/`);
}
