/** Generated from schema.json by `npm run generate`. */

/**
 * Removes from the wheel store, which all services and workspaces of a user share, what builds no longer use.
 */
export interface PruneExecutorSchema {
  /**
   * What no build has used for so many days is removed. Builds made again later fetch it again.
   */
  maxAgeDays?: number;
  /**
   * Above this size, in millions of bytes, the least recently used is removed as well. The default is no limit; `0` empties the store.
   */
  maxSizeMb?: number;
  /**
   * Only lists what would be removed.
   */
  dryRun?: boolean;
}
