/** Generated from schema.json by `npm run generate`. */

/**
 * Points every function of the service at the uploaded package: reads all, plans, then changes only what differs. Configuration, versions and aliases are not touched.
 */
export interface DeployExecutorSchema {
  /**
   * Template of the functions' names in AWS, with `{project}`, `{handler}`, `{package}` and `{stage}`. A name in the marker's functions table wins.
   */
  functionName?: string;
  /**
   * What `{stage}` stands for, such as `prod`; usually set per configuration. No default.
   */
  stage?: string;
  /**
   * Names or globs of handlers or functions; the others are left as they are. A glob that matches nothing is an error. Default: all.
   */
  only?: string[];
  /**
   * What to do about handlers that have no function: `error` changes nothing at all, `skip` deploys the others.
   */
  missing?: 'error' | 'skip';
  /**
   * Print the plan and change nothing. Costs one GetFunction for each function. Fails where the deploy itself would.
   */
  dryRun?: boolean;
  /**
   * Refuse to deploy from a working copy that differs from its commit, so that every release can be found in git. Set it for production; leave it off where developers try things. A package built by `--ref` is always clean. The report has commit and state either way.
   */
  requireClean?: boolean;
  /**
   * Form of the plan or report on standard output. With `json` or `markdown`, progress goes to standard error.
   */
  format?: 'table' | 'json' | 'markdown';
  /**
   * The only account, twelve digits, whose functions may be changed; nothing is written otherwise. Default: any. Costs nothing: the functions' ARNs tell.
   */
  accountId?: string | number;
  /**
   * AWS region. Default: what the upload target has in the same configuration.
   */
  region?: string;
  /**
   * Profile of the AWS configuration files. Default: what the upload target has in the same configuration.
   */
  profile?: string;
  /**
   * URL that S3 and Lambda are asked at instead of AWS. Default: what the upload target has in the same configuration.
   */
  endpoint?: string;
  /**
   * Target of the same project that uploads the package; bucket, prefix, region, profile, endpoint and `simulated` are read from it.
   */
  uploadTarget?: string;
  /**
   * Use the simulated account of this workspace instead of AWS; functions are created there. Default: what the upload target has in the same configuration.
   */
  simulated?: boolean;
  /**
   * Updates begun per second. AWS allows 15 for the whole account and region, all callers together, and does not raise it; take less where others deploy at the same time. 100 functions take 8 s at 12.
   */
  writesPerSecond?: number;
  /**
   * How long AWS may take to make one accepted update effective before its function counts as failed.
   */
  waitTimeoutSeconds?: number;
}
