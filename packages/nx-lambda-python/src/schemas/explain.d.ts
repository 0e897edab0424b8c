/** Generated from schema.json by `npm run generate`. */

/**
 * Shows whether a build would find its dependencies in the wheel store and, if not, what changed since the last build. Builds, pulls and resolves nothing.
 */
export interface ExplainExecutorSchema {
  /**
   * Format of the output.
   */
  format?: 'text' | 'json';
  /**
   * Build target to explain.
   */
  buildTarget?: string;
}
