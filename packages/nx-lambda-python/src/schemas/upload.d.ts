/** Generated from schema.json by `npm run generate`. */

/**
 * Puts the deployment package into S3 under its SHA-256, once: a package that S3 already has costs one request.
 */
export interface UploadExecutorSchema {
  /**
   * S3 bucket for deployment packages, in the region of the functions. No default, except `local-packages` with `simulated`. Deploy reads it from here.
   */
  bucket?: string;
  /**
   * Start of the objects' keys: `<prefix>/<project>/<sha256>.zip`. Empty: no prefix. A changed prefix uploads every package again.
   */
  prefix?: string;
  /**
   * AWS region of the bucket and the functions. Default: AWS_REGION, AWS_DEFAULT_REGION, then the profile's.
   */
  region?: string;
  /**
   * Profile of the AWS configuration files. Default: the SDK's own chain (environment variables, AWS_PROFILE, web identity, container and instance roles).
   */
  profile?: string;
  /**
   * Account id, twelve digits, that must own the bucket; otherwise S3 refuses the request. Default: not checked. Costs nothing.
   */
  expectedBucketOwner?: string;
  /**
   * Id, ARN or alias of the KMS key that encrypts everything written to the bucket: packages, and the records and lock of deploys. Default: the bucket's own setting. The deploying identity needs kms:GenerateDataKey and kms:Decrypt for it, and KMS bills each request.
   */
  kmsKeyId?: string;
  /**
   * URL of S3 and Lambda to use instead of AWS; buckets are then addressed in the path. Default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_LAMBDA and AWS_ENDPOINT_URL (to set only one of the two, use those), then AWS itself.
   */
  endpoint?: string;
  /**
   * Use the simulated account of this workspace (`.nx-lambda-python/account`) instead of AWS; its bucket and functions are created on demand, and `region`, `profile` and `endpoint` have no effect. The `local` configuration sets it. Default: false.
   */
  simulated?: boolean;
  /**
   * Target of the same project that builds the package; the package is read from its `outputPath`.
   */
  buildTarget?: string;
  /**
   * Which package to use. `present`: only one that was built from the present sources; a package of other sources (an old cache entry, another commit) is built again with a warning, or refused if it was built with `ref`. `any`: whatever is in the build's output, for a job that gets its package from another one. The comparison reads the service's files: 30 ms for 190 MB of dependencies. Deploy reads it from here.
   */
  sources?: 'present' | 'any';
  /**
   * Only say whether the package would be uploaded; nothing is written.
   */
  dryRun?: boolean;
}
