/** What IAM must allow for each operation: denials name it, and the `policy` generator grants it. */

interface Permission {
  /** IAM's name of it; S3's differ from the operations'. */
  action: string;
  /** What a policy names as its resource. */
  on: PermissionResource;
}

export type PermissionResource =
  | 'bucket'
  | 'object'
  | 'function'
  | 'layer'
  | 'layer version'
  /** IAM takes nothing but `*`. */
  | 'account';

/** Every operation that is sent to AWS. */
export const PERMISSIONS = {
  HeadBucket: { action: 's3:ListBucket', on: 'bucket' },
  ListObjectsV2: { action: 's3:ListBucket', on: 'bucket' },
  HeadObject: { action: 's3:GetObject', on: 'object' },
  GetObject: { action: 's3:GetObject', on: 'object' },
  PutObject: { action: 's3:PutObject', on: 'object' },
  CreateMultipartUpload: { action: 's3:PutObject', on: 'object' },
  UploadPart: { action: 's3:PutObject', on: 'object' },
  // Beside s3:PutObject, which has begun the upload.
  UploadPartCopy: { action: 's3:GetObjectVersion', on: 'object' },
  CompleteMultipartUpload: { action: 's3:PutObject', on: 'object' },
  AbortMultipartUpload: { action: 's3:AbortMultipartUpload', on: 'object' },
  GetFunction: { action: 'lambda:GetFunction', on: 'function' },
  UpdateFunctionCode: { action: 'lambda:UpdateFunctionCode', on: 'function' },
  UpdateFunctionConfiguration: { action: 'lambda:UpdateFunctionConfiguration', on: 'function' },
  PublishVersion: { action: 'lambda:PublishVersion', on: 'function' },
  CreateAlias: { action: 'lambda:CreateAlias', on: 'function' },
  GetAlias: { action: 'lambda:GetAlias', on: 'function' },
  UpdateAlias: { action: 'lambda:UpdateAlias', on: 'function' },
  CreateFunction: { action: 'lambda:CreateFunction', on: 'function' },
  Invoke: { action: 'lambda:InvokeFunction', on: 'function' },
  ListVersionsByFunction: { action: 'lambda:ListVersionsByFunction', on: 'function' },
  ListAliases: { action: 'lambda:ListAliases', on: 'function' },
  ListDurableExecutionsByFunction: {
    action: 'lambda:ListDurableExecutionsByFunction',
    on: 'function',
  },
  DeleteFunction: { action: 'lambda:DeleteFunction', on: 'function' },
  GetAccountSettings: { action: 'lambda:GetAccountSettings', on: 'account' },
  ListLayerVersions: { action: 'lambda:ListLayerVersions', on: 'layer' },
  PublishLayerVersion: { action: 'lambda:PublishLayerVersion', on: 'layer' },
  GetLayerVersion: { action: 'lambda:GetLayerVersion', on: 'layer version' },
  // Needs no policy: AWS answers every signed request.
  GetCallerIdentity: { action: 'sts:GetCallerIdentity', on: 'account' },
} as const satisfies Record<string, Permission>;

export type AwsOperation = keyof typeof PERMISSIONS;
