/** A refusal as AWS words it; each service renders it in its own protocol. */

export type ServiceName = 's3' | 'lambda' | 'sts';

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
    { headers = {}, fields = {} }: Partial<Pick<AwsError, 'headers' | 'fields'>> = {},
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
