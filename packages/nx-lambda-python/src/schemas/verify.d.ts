/** Generated from schema.json by `npm run generate`. */

/**
 * Inspects a service's built package for what would fail in Lambda: compiled files, metadata, limits. Writes `verify-report.json` beside the manifest.
 */
export interface VerifyExecutorSchema {
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
