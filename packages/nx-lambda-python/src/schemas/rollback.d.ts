/** Generated from schema.json by `npm run generate`. */

/**
 * Brings the functions of a service back to what they ran before a release, or after an earlier one: reads all functions, plans, then changes only what differs, under the same lock as deploy and with a record of its own. Reports as deploy does: on standard output, in `deploy-report.json` beside the package, and in the step summary of GitHub Actions.
 */
export interface RollbackExecutorSchema {
  /**
   * Number of the release to go back to, as `releases` lists it: what ran right after it. Default: undo the last release, whatever it was; a second rollback undoes the first.
   */
  to?: number;
  /**
   * Print the plan and change nothing. Costs one GetFunction per function. Fails whenever the rollback itself would.
   */
  dryRun?: boolean;
  /**
   * Names or globs of handlers or functions; `!` leaves one out (`--only='!purge'`). The others are left as they are. A glob that matches nothing is an error. Default: all.
   */
  only?: string[];
  /**
   * Form of the plan or report on standard output. With `json` or `markdown`, progress goes to standard error.
   */
  format?: 'table' | 'json' | 'markdown';
  /**
   * Take the release lock from its holder. Only for a holder that is known to be gone: a process that ended on this machine, or did not renew its lock for 5 minutes, is recognised without this option.
   */
  forceUnlock?: boolean;
  /**
   * Stage of the releases. Default: what the deploy target has in the same configuration.
   */
  stage?: string;
  /**
   * The only account, twelve digits, that may be written to; with any other nothing is written. Default: what the deploy target has in the same configuration.
   */
  accountId?: string | number;
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
  /**
   * Updates started per second. AWS allows 15 for the whole account and region, all callers together, and does not raise it; use less while others deploy. 100 functions take 8 s at 12. Default: what the deploy target has in the same configuration.
   */
  writesPerSecond?: number;
  /**
   * How long AWS may take to make one accepted update effective before its function counts as failed. Default: what the deploy target has in the same configuration.
   */
  waitTimeoutSeconds?: number;
}
