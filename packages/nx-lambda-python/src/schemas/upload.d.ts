/** Generated from schema.json by `npm run generate`. */

/**
 * Puts the deployment package into S3 under its SHA-256, once: a package that is there already costs one request.
 */
export interface UploadExecutorSchema {
  /**
   * S3 bucket for deployment packages, in the region of the functions. No default, but `local-packages` with `simulated`. Deploy reads it from here.
   */
  bucket?: string;
  /**
   * What the objects' keys begin with: `<prefix>/<project>/<sha256>.zip`. An empty text leaves it out. Another prefix uploads every package once more.
   */
  prefix?: string;
  /**
   * AWS region of the bucket and the functions. Default: AWS_REGION, AWS_DEFAULT_REGION, then the profile's. Deploy reads it from here.
   */
  region?: string;
  /**
   * Profile of the AWS configuration files. Default: the SDK's own chain (environment variables, AWS_PROFILE, web identity, container and instance roles). Deploy reads it from here.
   */
  profile?: string;
  /**
   * Account id, twelve digits, that must own the bucket; S3 refuses the request otherwise. Default: not checked. Costs nothing.
   */
  expectedBucketOwner?: string;
  /**
   * Id, ARN or alias of the KMS key that encrypts all that is written to the bucket: packages, and the records and lock of deploys. Default: the bucket's own setting. Whoever deploys needs kms:GenerateDataKey and kms:Decrypt with it, and each request is billed by KMS.
   */
  kmsKeyId?: string;
  /**
   * URL that S3 and Lambda are asked at instead of AWS. Default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_LAMBDA and AWS_ENDPOINT_URL, then AWS itself; use those to set only one of the two. Buckets are then addressed in the path. Deploy reads it from here.
   */
  endpoint?: string;
  /**
   * Use the simulated account of this workspace (`.nx-lambda-python/account`) instead of AWS; the bucket is created there. The `local` configuration sets it. Default: false. `region`, `profile` and `endpoint` have no meaning then.
   */
  simulated?: boolean;
  /**
   * Target of the same project that builds the package; its `outputPath` is where it is looked for.
   */
  buildTarget?: string;
  /**
   * Which package may be used. `present`: that of the sources at hand; one of other sources, from an old cache or another commit, is built again with a warning, and refused where `ref` made it. `any`: whatever lies in the build's output, for a job that gets a package from another one. Comparing reads the service's files: 30 ms for 190 MB of dependencies. Deploy reads it from here.
   */
  sources?: 'present' | 'any';
  /**
   * Only tell whether the package would be uploaded; nothing is written.
   */
  dryRun?: boolean;
}
