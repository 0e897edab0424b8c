/** Generated from schema.json by `npm run generate`. */

/**
 * Brings the functions of a service back to what they ran before a release, or after an earlier one: reads all, plans, then changes only what differs, under the same lock and with a record of its own. Reports as deploy does: on standard output, in `deploy-report.json` beside the package, in the step summary of GitHub Actions.
 */
export interface RollbackExecutorSchema {
  /**
   * Number of the release to go back to, as `releases` lists it: what ran right after it. Default: undo the last release, whatever it was; a rollback is undone by a second one.
   */
  to?: number;
  /**
   * Print the plan and change nothing. Costs one GetFunction for each function. Fails where the rollback itself would.
   */
  dryRun?: boolean;
  /**
   * Names or globs of handlers or functions, those to leave out with `!` before them (`--only='!purge'`); the others are left as they are. A glob that matches nothing is an error. Default: all that the release touched.
   */
  only?: string[];
  /**
   * Form of the plan or report on standard output. With `json` or `markdown`, progress goes to standard error.
   */
  format?: 'table' | 'json' | 'markdown';
  /**
   * Take the release lock from whoever holds it. Only where that process is known to be gone: one that ended on this machine, or did not renew its lock for 5 minutes, is recognised without it.
   */
  forceUnlock?: boolean;
  /**
   * Stage whose releases are meant. Default: what the deploy target has in the same configuration.
   */
  stage?: string;
  /**
   * The only account, twelve digits, whose functions may be changed. Default: what the deploy target has in the same configuration.
   */
  accountId?: string | number;
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
   * Target of the same project that deploys; its stage, account, rates and upload target are used.
   */
  deployTarget?: string;
  /**
   * Use the simulated account of this workspace instead of AWS. Default: what the deploy target has in the same configuration.
   */
  simulated?: boolean;
  /**
   * Updates begun per second, as in `deploy`. Default: what the deploy target has, or 12.
   */
  writesPerSecond?: number;
  /**
   * How long AWS may take to make one accepted update effective before its function counts as failed. Default: what the deploy target has, or 300.
   */
  waitTimeoutSeconds?: number;
}
