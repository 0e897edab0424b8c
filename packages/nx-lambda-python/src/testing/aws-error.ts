/** A refusal as AWS words it; each service renders it in its own protocol. */

export interface AwsErrorDetails {
  /** Sent as response headers: `x-amz-bucket-region`, `Retry-After`, … */
  headers?: Record<string, string>;
  /** Further fields of the body: `Reason`, `Endpoint`, … */
  fields?: Record<string, string>;
}

export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly headers: Record<string, string>;
  readonly fields: Record<string, string>;

  constructor(
    /** HTTP status. */
    readonly status: number,
    /** The error's name in AWS's documentation: `NoSuchBucket`, `ResourceConflictException`. */
    readonly code: string,
    message: string,
    { headers = {}, fields = {} }: AwsErrorDetails = {},
  ) {
    super(message);
    this.headers = headers;
    this.fields = fields;
  }
}

export function notSimulated(what: string): AwsError {
  return new AwsError(501, 'NotImplemented', `The simulated account does not implement ${what}`);
}
