/** The workspace on disk, with its documents read. */

import type { WorkspaceFiles, WorkspaceLooks } from '../../packaging/inputs/workspace-files';
import { parseToml, type TomlTable } from '../../packaging/requirements/toml';
import { workspaceLooks } from './workspace-looks';

/** By path. The lock of a workspace may have megabytes. */
export type Documents = Map<string, TomlTable>;

/**
 * @param looks at the workspace, if something counts them
 * @param documents those that others have parsed already
 */
export function workspaceFiles(
  root: string,
  looks: WorkspaceLooks = workspaceLooks(root),
  documents: Documents = new Map(),
): WorkspaceFiles {
  return {
    ...looks,
    parse: (text, path) => {
      const document = documents.get(path) ?? parseToml(text, path);
      documents.set(path, document);
      return document;
    },
  };
}
