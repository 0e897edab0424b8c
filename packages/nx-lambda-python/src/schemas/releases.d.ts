/** Generated from schema.json by `npm run generate`. */

/**
 * Lists the releases of a service, newest first: when, what, by whom, of which commit and package, and with what outcome.
 */
export interface ReleasesExecutorSchema {
  /**
   * How many to list. Each costs one small request to S3.
   */
  limit?: number;
  /**
   * Form of the list on standard output. `json` has each record in full, with the states of all functions before and after.
   */
  format?: 'table' | 'json' | 'markdown';
  /**
   * Stage of the releases. Default: what the deploy target has in the same configuration.
   */
  stage?: string;
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
   * Target of the same project that deploys; what is not set here is read from it and from its upload target.
   */
  deployTarget?: string;
  /**
   * Use the simulated account of this workspace (`.nx-lambda-python/account`) instead of AWS; its bucket and functions are created on demand, and `region`, `profile` and `endpoint` have no effect. The `local` configuration sets it. Default: what the deploy or upload target has in the same configuration.
   */
  simulated?: boolean;
}
