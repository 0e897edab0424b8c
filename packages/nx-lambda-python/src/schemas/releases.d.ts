/** Generated from schema.json by `npm run generate`. */

/**
 * Lists the releases of a service, newest first: when, what, by whom, of which commit and package, with what outcome.
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
   * Stage whose releases are meant. Default: what the deploy target has in the same configuration.
   */
  stage?: string;
  /**
   * AWS region. Default: what the deploy target, or the upload target, has in the same configuration.
   */
  region?: string;
  /**
   * Profile of the AWS configuration files. Default: what the deploy target, or the upload target, has in the same configuration.
   */
  profile?: string;
  /**
   * URL that S3 is asked at instead of AWS. Default: what the deploy target, or the upload target, has in the same configuration.
   */
  endpoint?: string;
  /**
   * Target of the same project that deploys; its stage and its upload target are used.
   */
  deployTarget?: string;
  /**
   * Use the simulated account of this workspace instead of AWS. Default: what the deploy target has in the same configuration.
   */
  simulated?: boolean;
}
