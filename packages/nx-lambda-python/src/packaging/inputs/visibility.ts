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

/** @returns for a file, the name of the rules that hide it from Nx; undefined if Nx hashes it */
export type HiddenBy = (path: string) => string | undefined;

type Rules = Pick<WorkspaceFiles, 'read' | 'outerRules'>;

interface AppliedRules {
  /** As messages name them. */
  name: string;
  rules: Ignore;
  /** What a path of the workspace is to them. */
  within: (path: string) => string;
}

export function hiddenFromNx(files: Rules): HiddenBy {
  const readRules = (name: string, within: AppliedRules['within']): AppliedRules[] => {
    const text = files.read(name);
    return text === undefined ? [] : [{ name, rules: gitignore(text), within }];
  };
  /** Of each kind of rule file, those that apply in a directory, the nearest first. */
  const applied = new Map<string, AppliedRules[][]>();
  const appliedIn = (directory: string): AppliedRules[][] => {
    const cached = applied.get(directory);
    if (cached) return cached;
    const isTop = directory === '.';
    const above = isTop ? [] : appliedIn(posix.dirname(directory));
    const within = isTop
      ? (path: string) => path
      : (path: string) => path.slice(directory.length + 1);
    const all = RULE_FILES.map((name, kind) => [
      ...readRules(isTop ? name : `${directory}/${name}`, within),
      ...(above[kind] ?? []),
    ]);
    applied.set(directory, all);
    return all;
  };
  const always: AppliedRules[] = [
    ...readRules(GIT_EXCLUDES, (path) => path),
    ...files.outerRules().map(({ name, text, workspace }) => ({
      name,
      rules: gitignore(text),
      within: (path: string) => posix.join(workspace, path),
    })),
  ];

  const judge = (path: string, end: string): string | undefined => {
    for (const { name, rules, within } of [...appliedIn(posix.dirname(path)), always].flat()) {
      const verdict = rules.test(`${within(path)}${end}`);
      if (verdict.ignored) return name;
      if (verdict.unignored) return undefined;
    }
    return undefined;
  };
  const directories = new Map<string, string | undefined>([['.', undefined]]);
  // Nothing below an ignored directory is looked at, whatever rules are in it.
  const hidesDirectory = (path: string): string | undefined => {
    if (directories.has(path)) return directories.get(path);
    const verdict = hidesDirectory(posix.dirname(path)) ?? judge(path, '/');
    directories.set(path, verdict);
    return verdict;
  };
  return (path) => {
    if (NEVER_SEEN.test(path)) return 'Nx itself';
    return hidesDirectory(posix.dirname(path)) ?? judge(path, '');
  };
}

function gitignore(text: string): Ignore {
  return ignore({ ignorecase: false }).add(text);
}
