/** Generated from schema.json by `npm run generate`. */

/**
 * Deletes old published versions of a service's functions that no alias and no recent release points to; only lists them by default.
 */
export interface PruneVersionsExecutorSchema {
  /**
   * How many of the newest versions of each function to keep, and the versions of how many of the newest releases of each stage. Fewer free more code storage; a rollback then reaches back less far.
   */
  keep?: number;
  /**
   * Only list what would be deleted. `--dryRun=false` deletes: a deleted version cannot be brought back.
   */
  dryRun?: boolean;
  /**
   * Names or globs of handlers or functions; `!` leaves one out (`--only='!purge'`). The others are left as they are. A glob that matches nothing is an error. Default: all.
   */
  only?: string[];
  /**
   * Form of the list on standard output. `json` has every version of every function, and why it is kept.
   */
  format?: 'table' | 'json' | 'markdown';
  /**
   * Stage of the functions, if `functionName` has `{stage}`. Releases of all stages are read in any case. Default: what the deploy target has in the same configuration.
   */
  stage?: string;
  /**
   * Continue although a release of the service seems to be under way. Do not use it during one: that release may be about to point an alias to a version that is deleted here.
   */
  forceUnlock?: boolean;
  /**
   * Updates started per second. AWS allows 15 for the whole account and region, all callers together, and does not raise it; use less while others deploy. 100 functions take 8 s at 12. Default: what the deploy target has in the same configuration.
   */
  writesPerSecond?: number;
  /**
   * AWS region of the bucket and the functions. Default: what the deploy or upload target has in the same configuration.
   */
  region?: string;
  /**
   * Profile of the AWS configuration files. Default: what the deploy or upload target has in the same configuration.
   */
  profile?: string;
  /**
   * URL of S3 and Lambda to use instead of AWS; buckets are then addressed in the path. Default: what the deploy or upload target has in the same configuration.
   */
  endpoint?: string;
  /**
   * The only account, twelve digits, that may be written to; with any other nothing is written. Default: what the deploy target has in the same configuration.
   */
  accountId?: string | number;
  /**
   * Target of the same project that deploys; what is not set here is read from it and from its upload target.
   */
  deployTarget?: string;
  /**
   * Use the simulated account of this workspace (`.nx-lambda-python/account`) instead of AWS; its bucket and functions are created on demand, and `region`, `profile` and `endpoint` have no effect. The `local` configuration sets it. Default: what the deploy or upload target has in the same configuration.
   */
  simulated?: boolean;
}
