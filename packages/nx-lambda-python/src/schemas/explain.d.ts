/** Generated from schema.json by `npm run generate`. */

/**
 * Says whether a build would find its dependencies in the wheel store, and if not, what changed since the last build. Builds, pulls and resolves nothing.
 */
export interface ExplainExecutorSchema {
  /**
   * Form of the answer on standard output.
   */
  format?: 'text' | 'json';
  /**
   * Target whose build is explained, with its options.
   */
  buildTarget?: string;
}
