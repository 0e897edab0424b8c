/** Generated from schema.json by `npm run generate`. */

/**
 * Prints the least IAM policy for whoever uploads, deploys and rolls back a service, or the policy of its package bucket.
 */
export interface PolicyGeneratorSchema {
  /**
   * Service that is deployed.
   */
  project: string;
  /**
   * Configuration of the targets, as in `nx deploy orders -c production`. Default: the targets' own default.
   */
  configuration?: string;
  /**
   * `deployer`: whoever runs upload, deploy, releases and rollback. `bucket`: the bucket of packages, which Lambda reads itself with `storageMode: REFERENCE`.
   */
  for?: 'deployer' | 'bucket';
  /**
   * Account of the functions, twelve digits. Default: `accountId` of the deploy target, then `*` for every account; the bucket's policy needs one.
   */
  account?: string | number;
  /**
   * File that the policy is written to, relative to the current directory; an older policy there is replaced, another file never. Default: printed.
   */
  output?: string;
  /**
   * Target of the service that deploys it; the others are found through it.
   */
  deployTarget?: string;
}
