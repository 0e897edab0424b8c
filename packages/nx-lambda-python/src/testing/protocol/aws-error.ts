/** A refusal as AWS words it; each service renders it in its own protocol. */

export type ServiceName = 's3' | 'lambda' | 'sts';

type ErrorDetails = Partial<Pick<AwsError, 'headers' | 'fields'>>;

export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** Sent as response headers: `x-amz-bucket-region`, `Retry-After`, … */
  readonly headers: Record<string, string>;
  /** Further fields of the body: `Reason`, `Endpoint`, … */
  readonly fields: Record<string, string>;

  constructor(
    /** HTTP status. */
    readonly status: number,
    /** The error's name in AWS's documentation: `NoSuchBucket`, `ResourceConflictException`. */
    readonly code: string,
    message: string,
    { headers = {}, fields = {} }: ErrorDetails = {},
  ) {
    super(message);
    this.headers = headers;
    this.fields = fields;
  }
}

export function notSimulated(what: string): AwsError {
  return new AwsError(501, 'NotImplemented', `The simulated account does not implement ${what}`);
}

/** `Reason` and `Type` in the body and whole seconds in `Retry-After`, as Lambda sends them. */
export function tooManyRequests(seconds: number): AwsError {
  return new AwsError(429, 'TooManyRequestsException', 'Rate exceeded', {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(seconds))) },
    fields: { Reason: 'CallerRateLimitExceeded' },
  });
}

export function preconditionFailed(fields: Record<string, string> = {}): AwsError {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new AwsError(412, 'PreconditionFailed', message, { fields });
}

export function conditionalConflict(fields: Record<string, string> = {}): AwsError {
  const message =
    'The conditional request cannot succeed due to a conflicting operation against this resource.';
  return new AwsError(409, 'ConditionalRequestConflict', message, { fields });
}

export function noSuchKey(details?: ErrorDetails): AwsError {
  return new AwsError(404, 'NoSuchKey', 'The specified key does not exist.', details);
}

export function conflict(message: string): AwsError {
  return new AwsError(409, 'ResourceConflictException', message);
}

const NOT_NOW = 'The operation cannot be performed at this time.';

/** @param resource its ARN */
export function updateInProgress(resource: string): AwsError {
  return conflict(`${NOT_NOW} An update is in progress for resource: ${resource}`);
}

export function notInState(state: string): AwsError {
  return conflict(`${NOT_NOW} The function is currently in the following state: ${state}`);
}

export function staleRevision(): AwsError {
  const message =
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id';
  return new AwsError(412, 'PreconditionFailedException', message);
}

export function codeStorageExceeded(): AwsError {
  return new AwsError(400, 'CodeStorageExceededException', 'Code storage limit exceeded.');
}

export function notAuthorized(
  accountId: string,
  action: string,
  resource: string,
  policy: 'identity' | 'resource',
): AwsError {
  const message = `User: arn:aws:iam::${accountId}:user/simulated is not authorized to perform: ${action} on resource: ${resource} because no ${policy}-based policy allows the ${action} action`;
  return new AwsError(403, 'AccessDeniedException', message);
}

/** @param what it may not read */
export function deniedByS3(what: string): AwsError {
  const message = `Your access has been denied by S3, please make sure your request credentials have permission to GetObject for ${what}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied`;
  return new AwsError(403, 'AccessDeniedException', message);
}
