/** Generated from schema.json by `npm run generate`. */

/**
 * Inspects a service's built package for what would fail in Lambda: imports, compiled files, metadata, limits. Writes `verify-report.json` beside the manifest.
 */
export interface VerifyExecutorSchema {
  /**
   * Import every handler module, each in its own process, in the build image or with a Python of this machine. `false` runs nothing of the package.
   */
  imports?: boolean;
  /**
   * What runs functions: a container of the build image, or `host`, a Python of this machine that has the runtime's version. Default: the build's `engine`.
   */
  engine?: 'auto' | 'docker' | 'podman' | 'finch' | 'nerdctl' | 'host';
  /**
   * Python of this machine to run functions with, instead of a container: a path, or a name on PATH. It must have the runtime's version.
   */
  python?: string;
  /**
   * File, relative to the workspace, of environment variables that modules need when they are imported: `NAME=value` on each line. Values are never printed.
   */
  envFile?: string;
  /**
   * How long the import of one handler may take. Lambda gives it 10 seconds, on a machine of its own.
   */
  importTimeoutSeconds?: number;
  /**
   * Milliseconds that the import of a handler may take on this machine. Default: no limit.
   */
  maxInitMs?: number;
  /**
   * Lowest level of a finding that makes the command fail.
   */
  failOn?: 'error' | 'warning' | 'note';
  /**
   * Findings that do not count, by kind, or by kind and distribution or handler: `"library-missing:opencv-python"`. They stay in the report, as accepted.
   */
  accept?: string[];
  /**
   * Millions of bytes that the package may have, unzipped, with its layer. Default: Lambda's limit.
   */
  maxPackageMb?: number;
  /**
   * Form of the plan or report on standard output. With `json` or `markdown`, progress goes to standard error.
   */
  format?: 'table' | 'json' | 'markdown';
  /**
   * Build target whose package is inspected. If the package is not that of the present sources, it is built again.
   */
  buildTarget?: string;
}
