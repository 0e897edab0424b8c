/** Where MiniStack 1.5.33 does not do what AWS documents. AWS decides; each entry is asserted. */

import type { Difference } from './conformance.fixtures';

export const MINISTACK_DIFFERENCES: readonly Difference[] = [
  {
    check: 'PutObject answers with the SHA-256 that it was sent',
    instead: 'the answer has no checksum',
    source: 'Amazon S3 API reference, PutObject, response element x-amz-checksum-sha256',
  },
  {
    check: 'Another expected bucket owner is 403',
    instead: 'the owner is not compared',
    source: 'Amazon S3 user guide, "Verifying bucket ownership with bucket owner condition"',
  },
  {
    check: 'S3 refuses unknown keys, wrong secrets and unsigned requests with 403',
    instead: 'signatures are not checked',
    source: 'Amazon S3 API reference, "Error responses": InvalidAccessKeyId, SignatureDoesNotMatch',
  },
  {
    check: 'A second update while one is InProgress is 409 ResourceConflictException',
    instead: 'it is accepted',
    source:
      'AWS Lambda developer guide, "Lambda function states": updates while one is in progress fail',
  },
  {
    check: 'DryRun answers with the new CodeSha256 and changes nothing',
    instead: 'the code is replaced',
    source: 'AWS Lambda API reference, UpdateFunctionCode, DryRun',
  },
  {
    check: 'The end of an update gives the function a new RevisionId',
    instead: 'it stays the same',
    source:
      'localstack/localstack, test_lambda_api.py, TestLambdaRevisions: validated there against AWS',
  },
  {
    check: 'An update without Architectures makes the function x86_64',
    instead: 'the old architecture stays',
    source:
      'AWS Lambda API reference, UpdateFunctionCode, Architectures: "The default value is x86_64"',
  },
  {
    check: 'GetFunction names the key of the code, which must be sent in every update',
    instead: 'the key stays when it is not sent again',
    source:
      'AWS Lambda API reference, UpdateFunctionCode, SourceKMSKeyArn: without one "Lambda uses an AWS managed key"',
  },
  {
    check: 'More than 50 MB in the request is 413 RequestEntityTooLargeException',
    instead: 'it is accepted',
    source: 'AWS Lambda developer guide, "Lambda quotas": 50 MB zipped for direct upload',
  },
  {
    check: 'Lambda refuses unknown keys, wrong secrets and unsigned requests with 403',
    instead: 'signatures are not checked',
    source: 'AWS Lambda API reference, "Common errors"',
  },
  {
    check: 'PublishVersion with another CodeSha256 is 400 InvalidParameterValueException',
    instead: 'the version is published',
    source: 'AWS Lambda API reference, PublishVersion, CodeSha256',
  },
  {
    check: 'PublishVersion with a stale RevisionId is 412',
    instead: 'the version is published',
    source: 'AWS Lambda API reference, PublishVersion, RevisionId',
  },
  {
    check: 'Publishing gives $LATEST a new RevisionId',
    instead: 'it stays the same',
    source:
      'localstack/localstack, test_lambda_api.py, TestLambdaRevisions: validated there against AWS',
  },
  {
    check: 'An alias to a version that does not exist is 404 ResourceNotFoundException',
    instead: 'the alias is created',
    source: 'AWS Lambda API reference, CreateAlias, ResourceNotFoundException',
  },
  {
    check: '$LATEST cannot share an alias with a version: 400 InvalidParameterValueException',
    instead: 'the alias is created',
    source:
      'AWS Lambda developer guide, "Implement Lambda canary deployments using a weighted alias"',
  },
  {
    check: 'A function takes five layers at most',
    instead: 'it takes more',
    source: 'AWS Lambda developer guide, "Lambda quotas", Function layers: five layers',
  },
  {
    check: 'A function takes one version of a layer only',
    instead: 'it takes both',
    source:
      'localstack/localstack, test_lambda_api.py, TestLambdaLayer: validated there against AWS',
  },
  {
    check: 'What the handler raises is FunctionError Unhandled, with message, type and trace',
    instead: 'the type is Runtime.HandlerError, and there is no trace',
    source: 'AWS Lambda developer guide, "AWS Lambda function errors in Python"',
  },
  {
    check: 'A handler whose module cannot be imported is Runtime.ImportModuleError',
    instead: 'the type is RuntimeError',
    source: 'aws/aws-lambda-python-runtime-interface-client, bootstrap.py, ImportModuleError',
  },
  {
    check: 'In REFERENCE mode GetFunction names the object; every update must ask for it',
    instead: 'the mode stays when it is not sent again',
    source:
      'AWS Lambda developer guide, "Self-managed S3 code storage": "If you omit S3ObjectStorageMode, it defaults to COPY"',
  },
  {
    check:
      'UpdateFunctionConfiguration is InProgress, then Successful, and a write meanwhile is 409',
    instead: 'the write is accepted',
    source:
      'AWS Lambda developer guide, "Lambda function states": updates while one is in progress fail',
  },
  {
    check: 'CreateFunction refuses a role that is not an ARN: 400 ValidationException',
    instead: 'it is accepted',
    source: 'AWS Lambda API reference, CreateFunction, Role, pattern',
  },
  {
    check: 'A function is read by the ARN of its version and of its alias',
    instead: 'by an alias, the ARN ends in the version',
    source: 'AWS Lambda developer guide, "Using Lambda aliases": qualified ARN',
  },
  {
    check: 'ListAliases pages, and finds those of a version',
    instead: 'it gives those of all versions',
    source: 'AWS Lambda API reference, ListAliases, FunctionVersion',
  },
  {
    check: 'A weight above 1 is refused: 400 ValidationException',
    instead: 'it is accepted',
    source:
      'AWS Lambda API reference, AliasRoutingConfiguration, AdditionalVersionWeights: 0.0 to 1.0',
  },
  {
    check: 'More than 15 writes in a second are 429 TooManyRequestsException',
    instead: 'there is no quota',
    source: 'AWS Lambda developer guide, "Lambda quotas", Lambda API requests',
  },
  {
    check: 'A range of an old version gives bytes of that version',
    instead: 'the range is ignored',
    source: 'Amazon S3 API reference, GetObject, Range and versionId',
  },
  {
    check: 'CreateMultipartUpload says that the CRC64NVME will be of the FULL_OBJECT',
    instead: 'it says COMPOSITE',
    source:
      'Amazon S3 user guide, "Checking object integrity": CRC64NVME is always of the full object',
  },
  {
    check: 'The whole object’s CRC64NVME is compared, returned, and kept as FULL_OBJECT',
    instead: 'a composite is compared instead: BadDigest',
    source: 'Amazon S3 API reference, CompleteMultipartUpload, ChecksumCRC64NVME',
  },
  {
    check: 'UploadPartCopy answers with the part’s CRC64NVME',
    instead: 'the answer has no checksum',
    source: 'Amazon S3 API reference, UploadPartCopy, response element ChecksumCRC64NVME',
  },
  {
    check: 'Parts are copied from another bucket if it has the expected owner',
    instead: 'the owner is not compared',
    source: 'Amazon S3 API reference, UploadPartCopy, x-amz-source-expected-bucket-owner',
  },
  {
    check: 'A part under 5 MB that is not the last is 400 EntityTooSmall',
    instead: 'the object is made',
    source: 'Amazon S3 API reference, CompleteMultipartUpload, EntityTooSmall',
  },
  {
    check: 'Parts out of order are 400 InvalidPartOrder',
    instead: 'they are put in order',
    source: 'Amazon S3 API reference, CompleteMultipartUpload, InvalidPartOrder',
  },
  {
    check: 'A part that is named twice is 400 InvalidPartOrder',
    instead: 'the object is made',
    source: 'Amazon S3 API reference, CompleteMultipartUpload, InvalidPartOrder',
  },
  {
    check: 'UploadPartCopy of a range beyond the object is 400 InvalidRequest',
    instead: 'it is InvalidArgument',
    source: 'localstack/localstack, services/s3/utils.py, parse_copy_source_range_header',
  },
  {
    check: 'A part with a checksum of another algorithm than the upload’s is 400 InvalidRequest',
    instead: 'it is accepted',
    source:
      'localstack/localstack, test_s3.py, TestS3MultipartUploadChecksum: validated there against AWS',
  },
  {
    check: 'A CRC64NVME is of the FULL_OBJECT, never COMPOSITE',
    instead: 'it is always COMPOSITE',
    source:
      'Amazon S3 user guide, "Checking object integrity": CRC64NVME is always of the full object',
  },
  {
    check: 'A completion with a COMPOSITE CRC64NVME is 400 InvalidRequest',
    instead: 'the object is made',
    source:
      'Amazon S3 user guide, "Checking object integrity": CRC64NVME is always of the full object',
  },
  {
    check: 'A condition on a key that was deleted during the upload is 409 for that upload',
    instead: 'the object is made',
    source:
      'Amazon S3 API reference, CompleteMultipartUpload, If-None-Match: 409 ConditionalRequestConflict',
  },
  {
    check:
      'CreateFunction refuses a runtime that Lambda does not have: 400 InvalidParameterValueException',
    instead: 'the function is created',
    source: 'AWS Lambda API reference, CreateFunction, Runtime, valid values',
  },
  {
    check: 'CreateFunction refuses two architectures: 400 ValidationException',
    instead: 'the function is created',
    source: 'AWS Lambda API reference, CreateFunction, Architectures: fixed number of 1 item',
  },
  {
    check:
      'CreateFunction refuses a memory size and a timeout out of bounds: 400 ValidationException',
    instead: 'the function is created',
    source: 'AWS Lambda API reference, CreateFunction, MemorySize and Timeout, valid range',
  },
  {
    check: 'CreateFunction refuses code in a missing bucket: 400 InvalidParameterValueException',
    instead: 'the function is created',
    source: 'AWS Lambda API reference, CreateFunction, InvalidParameterValueException',
  },
  {
    check: 'A qualifier other than the one in the function’s ARN is 400',
    instead: 'one of the two is taken',
    source:
      'localstack/localstack, test_lambda_api.py, TestLambdaFunction: validated there against AWS',
  },
  {
    check: 'GetAccountSettings counts the code of every version',
    instead: 'only that of $LATEST',
    source:
      'localstack/localstack, test_lambda_api.py, TestLambdaAccountSettings: validated there against AWS',
  },
  {
    check: 'Deleting a version that does not exist succeeds',
    instead: 'it is 404',
    source:
      'localstack/localstack, test_lambda_api.py, TestLambdaFunction: validated there against AWS',
  },
  {
    check: '$LATEST cannot be deleted on its own: 400 InvalidParameterValueException',
    instead: 'it succeeds',
    source: 'AWS Lambda API reference, DeleteFunction, Qualifier',
  },
  {
    check: 'UpdateAlias to a version that does not exist is 404 and changes nothing',
    instead: 'the alias is changed',
    source: 'AWS Lambda API reference, UpdateAlias, ResourceNotFoundException',
  },
  {
    check: 'Calls cannot be split with the alias’s own version: 400 InvalidParameterValueException',
    instead: 'the alias is created',
    source:
      'localstack/localstack, test_lambda_api.py, TestLambdaAlias: validated there against AWS',
  },
  {
    check: 'Calls cannot be split among three versions: 400 InvalidParameterValueException',
    instead: 'the alias is created',
    source:
      'localstack/localstack, test_lambda_api.py, TestLambdaAlias: validated there against AWS',
  },
  {
    check:
      'Calls cannot be split with a version that does not exist: 404 ResourceNotFoundException',
    instead: 'the alias is created',
    source:
      'localstack/localstack, test_lambda_api.py, TestLambdaAlias: validated there against AWS',
  },
];
