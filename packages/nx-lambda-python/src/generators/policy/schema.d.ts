/** Generated from schema.json by `npm run generate`. */

/**
 * Prints the least IAM policy that lets a role upload, deploy and roll back a service, or the policy of its package bucket.
 */
export interface PolicyGeneratorSchema {
  /**
   * Service to deploy, by any of its names. Default: the one of the current directory, or the only one of the workspace; if there are several, a terminal asks.
   */
  project?: string;
  /**
   * Configuration of the targets, as in `nx deploy orders -c production`. Default: each target's default configuration.
   */
  configuration?: string;
  /**
   * `deployer`: policy of a role that runs upload, deploy, releases and rollback. `bucket`: policy of the bucket of packages, which Lambda reads itself with `storageMode: REFERENCE`.
   */
  for?: 'deployer' | 'bucket';
  /**
   * Account of the functions, twelve digits. Default: `accountId` of the deploy target, else `*`, every account. The bucket's policy needs it.
   */
  account?: string | number;
  /**
   * Also allow calls by `nx invoke --remote`.
   */
  invoke?: boolean;
  /**
   * File to write the policy to, relative to the current directory. It may replace an older policy, but no other file. Default: print it.
   */
  output?: string;
  /**
   * Deploy target of the service; its options name the other targets.
   */
  deployTarget?: string;
}
