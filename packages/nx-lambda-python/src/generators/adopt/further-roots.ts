/** Directories beside the code's root from which it imports modules: they become roots of the service. */

import { joinPathFragments, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import { filesBelow } from '../generator';
import { packagedModules, type Existing } from './existing';
import { isWithin } from './infrastructure';
import { topsImported, type AdoptedLayout } from './layout';
import type { ImportRoot } from './python-path';

export interface FurtherRoot extends ImportRoot {
  /** Relative to the adopted directory. */
  files: string[];
  /** What is imported from it, as patterns of `include`. */
  tops: string[];
}

/** @param root of the adopted directory */
export function furtherRoots(
  tree: Tree,
  root: string,
  { modules }: Existing,
  layout: AdoptedLayout,
  importRoots: readonly ImportRoot[],
): FurtherRoot[] {
  const own = posix.join(root, layout.root);
  const texts = [...modules].flatMap(([file, { text }]) =>
    isWithin(posix.join(root, file), own) ? [text] : [],
  );
  const imported = new Set(texts.flatMap(topsImported));
  return importRoots.flatMap(({ directory, source }) => {
    const place = posix.join(root, directory);
    if (isWithin(place, own) || isWithin(own, place)) return [];
    const files = filesBelow(tree, place);
    const tops = packagedModules(files).map((file) => file.split('/')[0] ?? '');
    const used = [...new Set(tops)].filter((top) => imported.has(top.replace(/\.py$/, '')));
    if (used.length === 0) return [];
    for (const file of packagedModules(files)) {
      const text = tree.read(joinPathFragments(place, file), 'utf-8') ?? '';
      for (const top of topsImported(text)) imported.add(top);
    }
    return {
      ...{ directory, source },
      files: files.map((file) => posix.join(directory, file)),
      tops: used.map((top) => (top.endsWith('.py') ? `/${top}` : `/${top}/`)),
    };
  });
}
