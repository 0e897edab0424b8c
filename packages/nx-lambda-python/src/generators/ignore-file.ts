/** Lines of .gitignore files. */

import { joinPathFragments, type Tree } from '@nx/devkit';

/** The entries that a .gitignore does not have yet, however it writes them: `dist`, `/dist` and `dist/` are one. */
export function missingEntries(
  tree: Tree,
  directory: string,
  entries: readonly string[],
): string[] {
  const text = tree.read(ignoreFile(directory), 'utf-8') ?? '';
  const present = new Set(text.split(/\r?\n/).map(bare));
  return entries.filter((entry) => !present.has(bare(entry)));
}

/** Adds what is missing at the end; nothing is written where nothing is. */
export function addIgnoreEntries(tree: Tree, directory: string, entries: readonly string[]): void {
  const missing = missingEntries(tree, directory, entries);
  if (missing.length === 0) return;
  const file = ignoreFile(directory);
  const text = tree.read(file, 'utf-8') ?? '';
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  tree.write(file, `${text}${separator}${missing.join('\n')}\n`);
}

function ignoreFile(directory: string): string {
  return joinPathFragments(directory, '.gitignore');
}

function bare(entry: string): string {
  return entry.trim().replace(/^\/|\/$/g, '');
}
