/** The handlers of a service, from its source: a policy needs no build. */

import { joinPathFragments, type Tree } from '@nx/devkit';
import { isPrunedDirectory } from '../../service/files';
import { discoverHandlers, type Handler } from '../../service/discover';
import type { Marker } from '../../service/marker';
import { parseModule } from '../../python/module';

/** @throws the codes of `discoverHandlers` */
export function readHandlers(tree: Tree, root: string, marker: Marker): Promise<Handler[]> {
  return discoverHandlers(marker, filesBelow(tree, root, ''), (path) =>
    parseModule(tree.read(joinPathFragments(root, path)) ?? ''),
  );
}

function filesBelow(tree: Tree, root: string, directory: string): string[] {
  return tree.children(joinPathFragments(root, directory)).flatMap((name) => {
    const path = directory === '' ? name : `${directory}/${name}`;
    if (tree.isFile(joinPathFragments(root, path))) return [path];
    return isPrunedDirectory(path) ? [] : filesBelow(tree, root, path);
  });
}
