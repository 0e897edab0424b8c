/** Generated from schema.json by `npm run generate`. */

/**
 * Removes what builds no longer use from the wheel store, which all services and workspaces of a user share.
 */
export interface PruneExecutorSchema {
  /**
   * Removes what no build has used for this many days. A later build that needs it fetches it again.
   */
  maxAgeDays?: number;
  /**
   * Largest size of the store, in millions of bytes: the least recently used is removed until it fits. No limit by default; `0` empties the store.
   */
  maxSizeMb?: number;
  /**
   * Only lists what would be removed.
   */
  dryRun?: boolean;
}
