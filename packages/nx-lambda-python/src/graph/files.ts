/** The workspace as the graph reads it: what went away since Nx listed it, or cannot be read, is as good as none. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseToml, type TomlTable } from '../packaging/requirements/toml';
import type { GraphFiles } from './requirements';

export function graphFiles(workspaceRoot: string): GraphFiles {
  // Services of one workspace share locks and requirements: each file is read once per command.
  const texts = new Map<string, string | undefined>();
  const documents = new Map<string, TomlTable>();
  return {
    root: workspaceRoot,
    read: (path) => {
      if (!texts.has(path)) texts.set(path, readText(join(workspaceRoot, path)));
      return texts.get(path);
    },
    parse: (text, path) => {
      const known = documents.get(path) ?? parseToml(text, path);
      documents.set(path, known);
      return known;
    },
    exists: (path) => existsSync(join(workspaceRoot, path)),
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
