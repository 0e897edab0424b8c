/**
 * Which files Nx hashes: none that an ignore file names, whether git tracks it or not, and none in `node_modules`.
 *
 * Nx walks the workspace with ripgrep's `ignore`, so the order of the rules is that library's: `.nxignore`, `.ignore`,
 * `.gitignore`, each from the file's directory upwards, then git's own excludes.
 *
 * @see https://docs.rs/ignore/latest/ignore/struct.WalkBuilder.html#ignore-rules
 */

import ignore, { type Ignore } from 'ignore';
import { posix } from 'node:path';
import type { WorkspaceFiles } from './workspace-files';

const RULE_FILES = ['.nxignore', '.ignore', '.gitignore'];
const GIT_EXCLUDES = '.git/info/exclude';
const NEVER_SEEN =
  /(^|\/)(node_modules|\.git|\.nx\/cache|\.nx\/workspace-data|\.yarn\/cache)(\/|$)/;

/** @returns for a file, the name of the rules that hide it from Nx; undefined where Nx hashes it */
export type HiddenBy = (path: string) => string | undefined;

type Rules = Pick<WorkspaceFiles, 'read' | 'outerRules'>;

export function hiddenFromNx(files: Rules): HiddenBy {
  const rulesAt = new Map<string, Ignore | null>();
  const rules = (path: string): Ignore | null => {
    const known = rulesAt.get(path);
    if (known !== undefined) return known;
    const text = files.read(path);
    const read = text === undefined ? null : gitignore(text);
    rulesAt.set(path, read);
    return read;
  };
  const outer = files.outerRules().map((one) => ({ ...one, rules: gitignore(one.text) }));

  const judge = (path: string, isDirectory: boolean): string | undefined => {
    const end = isDirectory ? '/' : '';
    for (const name of RULE_FILES) {
      for (const directory of ancestors(path)) {
        const file = posix.join(directory, name);
        const verdict = rules(file)?.test(`${posix.relative(directory, path)}${end}`);
        if (verdict?.ignored) return file;
        if (verdict?.unignored) return undefined;
      }
    }
    const own = rules(GIT_EXCLUDES)?.test(`${path}${end}`);
    if (own?.ignored) return GIT_EXCLUDES;
    if (own?.unignored) return undefined;
    for (const { name, workspace, rules: others } of outer) {
      const verdict = others.test(`${posix.join(workspace, path)}${end}`);
      if (verdict.ignored) return name;
      if (verdict.unignored) return undefined;
    }
    return undefined;
  };
  const directories = new Map<string, string | undefined>([['.', undefined]]);
  // Nothing below an ignored directory is looked at, whatever rules lie there.
  const hidesDirectory = (path: string): string | undefined => {
    if (directories.has(path)) return directories.get(path);
    const verdict = hidesDirectory(posix.dirname(path)) ?? judge(path, true);
    directories.set(path, verdict);
    return verdict;
  };
  return (path) => {
    const [never] = NEVER_SEEN.exec(path) ?? [];
    if (never !== undefined) return 'Nx itself';
    return hidesDirectory(posix.dirname(path)) ?? judge(path, false);
  };
}

/** From the one it is in up to the workspace: `a/b/c` gives `a/b`, `a` and `.`. */
function ancestors(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === '.' ? ['.'] : [parent, ...ancestors(parent)];
}

function gitignore(text: string): Ignore {
  return ignore({ ignorecase: false }).add(text);
}
