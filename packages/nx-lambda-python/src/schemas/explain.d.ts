/** Generated from schema.json by `npm run generate`. */

/**
 * Shows whether a build would find its dependencies in the wheel store and, if not, what changed since the last build. Builds, pulls and resolves nothing.
 */
export interface ExplainExecutorSchema {
  /**
   * Name of a handler: shows which modules and distributions it reaches instead.
   */
  handler?: string;
  /**
   * With `handler`: shows only through which imports it reaches this module (`orders.shared.money`) or distribution.
   */
  why?: string;
  /**
   * Format of the output.
   */
  format?: 'text' | 'json';
  /**
   * Build target to explain.
   */
  buildTarget?: string;
}
