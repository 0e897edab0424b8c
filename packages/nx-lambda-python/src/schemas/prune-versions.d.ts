/** Generated from schema.json by `npm run generate`. */

/**
 * Deletes old published versions of a service's functions that no alias and no recent release points to; only lists them unless told otherwise.
 */
export interface PruneVersionsExecutorSchema {
  /**
   * How many of the newest versions of each function stay, and of how many of the newest releases of each stage. Fewer free more code storage; a rollback then reaches back less far.
   */
  keep?: number;
  /**
   * Only list what would be deleted. `--dryRun=false` deletes: a version that is gone cannot be brought back.
   */
  dryRun?: boolean;
  /**
   * Names or globs of handlers or functions, those to leave out with `!` before them (`--only='!purge'`). Default: all of the service.
   */
  only?: string[];
  /**
   * Form of the list on standard output. `json` has every version of every function, and why it is kept.
   */
  format?: 'table' | 'json' | 'markdown';
  /**
   * Stage whose functions are meant, where `functionName` has `{stage}`. Releases of all stages are looked at in any case. Default: what the deploy target has in the same configuration.
   */
  stage?: string;
  /**
   * Go on although a release of the service seems to be under way. Not while one is: it may be about to point an alias to a version that is deleted here.
   */
  forceUnlock?: boolean;
  /**
   * Calls to Lambda in a second. AWS allows 15 for all callers of an account and region together. Default: what the deploy target has in the same configuration.
   */
  writesPerSecond?: number;
  /**
   * AWS region. Default: what the deploy target, or the upload target, has in the same configuration.
   */
  region?: string;
  /**
   * Profile of the AWS configuration files. Default: what the deploy target, or the upload target, has in the same configuration.
   */
  profile?: string;
  /**
   * URL that S3 and Lambda are asked at instead of AWS. Default: what the deploy target, or the upload target, has in the same configuration.
   */
  endpoint?: string;
  /**
   * The only AWS account whose versions may be deleted. Default: what the deploy target has in the same configuration.
   */
  accountId?: string | number;
  /**
   * Target of the same project that deploys; its names of functions, its stage and its upload target are used.
   */
  deployTarget?: string;
  /**
   * Use the simulated account of this workspace instead of AWS. Default: what the deploy target has in the same configuration.
   */
  simulated?: boolean;
}
