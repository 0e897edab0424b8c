/** How many handlers a service has, by its files' names alone: an estimate for descriptions, cheap enough for every command. */

import { readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isPrunedDirectory, selectFiles } from '../service/content';
import { compile, handlerModules, positiveGlobs } from '../service/handler-modules';
import type { Marker } from '../service/marker';

/** Handler modules, and the functions table's handlers that lie elsewhere. */
export function countHandlers(marker: Marker, directory: string): number {
  // Only the directories that the globs fix are walked, not the whole service.
  const bases = positiveGlobs(marker).map((glob) => posix.join(marker.root, compile(glob).base));
  const files = [...new Set(bases)].flatMap((base) => listFiles(directory, base));
  const modules = handlerModules(marker, selectFiles(marker, [...new Set(files)]));
  const found = new Set(modules.map(({ module }) => `${module}.${marker.handlerName}`));
  for (const { handler } of marker.functions) {
    if (handler !== undefined) found.add(handler);
  }
  return found.size;
}

function listFiles(directory: string, below: string): string[] {
  return entries(join(directory, below)).flatMap((entry) => {
    const path = below === '' || below === '.' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return isPrunedDirectory(path) ? [] : listFiles(directory, path);
    return entry.isFile() ? [path] : [];
  });
}

function entries(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
