/** How everything that decides a package is looked at. Paths are relative to the workspace, with forward slashes. */

import type { TomlTable } from '../requirements/toml';

export interface WorkspaceFiles extends WorkspaceLooks {
  /** For readers that read many services: the lock of a workspace may have megabytes. */
  parse: (text: string, path: string) => TomlTable;
}

/** The answers are all that a reader learns of the workspace. */
export interface WorkspaceLooks {
  /** Absolute path of the workspace, for requirements such as `common @ file:///…`. */
  root: string;
  /**
   * Text of a file, of a requirements file as pip decodes it; undefined if it cannot be read.
   * @throws REQUIREMENTS_INVALID for one that cannot be decoded
   */
  read: (path: string) => string | undefined;
  exists: (path: string) => boolean;
  isDirectory: (path: string) => boolean;
  /** Entries of a directory, in any order; empty if it cannot be read. */
  list: (directory: string) => readonly DirectoryEntry[];
  /** The path without symbolic links; undefined if it leads nowhere or out of the workspace. */
  resolve: (path: string) => string | undefined;
  /** Ignore rules from outside of the workspace that count in it, the strongest first. */
  outerRules: () => readonly OuterRules[];
}

export interface DirectoryEntry {
  name: string;
  kind: 'file' | 'directory' | 'link';
}

export interface OuterRules {
  /** As messages name it: `core.excludesFile of git`. */
  name: string;
  /** gitignore syntax. */
  text: string;
  /** The workspace, relative to the directory that the rules are for; empty for the workspace itself. */
  workspace: string;
}
