/** Faults to inject: failures of the network and of AWS, at a chosen call. */

import type { ServiceName } from './aws-error';
import { AwsError, tooManyRequests } from './aws-error';

/** What happens; `docs/simulated-account.md` has the table. */
export const FAULT_KINDS = [
  // answers instead of the operation
  '409',
  '412',
  '429',
  '500',
  '503',
  'passing-400',
  'clock-skew',
  'access-denied',
  'expired-credentials',
  'invalid-parameter',
  'code-storage-exceeded',
  's3-access-denied',
  // the network
  'timeout',
  'reset',
  'lost-response',
  // the operation runs, with another outcome
  'update-failed',
  'slow-update',
  'wrong-checksum',
  'function-error',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  /** `UpdateFunctionCode`, `PutObject`, …; `*` for every operation. */
  operation: string;
  /** Function name, `bucket` or `bucket/key`; without it, any. */
  target?: string;
  /** The first call that it hits, counted from 1 among the calls that match; default 1. */
  nth?: number;
  /** How many calls in a row from there; default 1, `Infinity` for all. */
  times?: number;
  /** Once it has hit, every later call of any operation is hit, too: expired credentials stay expired. */
  lasting?: boolean;
  kind: FaultKind;
  /** `slow-update`: how many reads of the function still say InProgress; default 3. */
  polls?: number;
  /** `429`: seconds in `Retry-After`; default 1. */
  retryAfterSeconds?: number;
  /**
   * `update-failed`: `LastUpdateStatusReason` and its code; `function-error` and
   * `invalid-parameter`: the message.
   */
  reason?: string;
  reasonCode?: string;
}

/** What decides whether a fault hits a call. */
export interface FaultyCall {
  service: ServiceName;
  operation: string;
  target: string;
}

/** Counts matching calls per fault; the first fault that is due wins. */
export class FaultPlan {
  private entries: { fault: Fault; seen: number }[] = [];

  add(fault: Fault): void {
    this.entries.push({ fault, seen: 0 });
  }

  clear(): void {
    this.entries = [];
  }

  /** The fault for this call, if any. Every matching fault counts the call, even if another one wins. */
  next(call: FaultyCall): Fault | undefined {
    const due = this.entries.filter((entry) => {
      const first = entry.fault.nth ?? 1;
      if (entry.fault.lasting && entry.seen >= first) return true;
      if (!matches(entry.fault, call)) return false;
      entry.seen += 1;
      return entry.seen >= first && entry.seen < first + (entry.fault.times ?? 1);
    });
    return due[0]?.fault;
  }
}

/** The refusal that stands in for the operation; undefined for faults that let it run. */
export function faultError(
  fault: Fault,
  call: FaultyCall,
  accountId: string,
): AwsError | undefined {
  const s3 = call.service === 's3';
  switch (fault.kind) {
    case '409':
      return s3
        ? new AwsError(409, 'ConditionalRequestConflict', CONDITIONAL_CONFLICT)
        : new AwsError(409, 'ResourceConflictException', `${UPDATE_IN_PROGRESS}: ${call.target}`);
    case '412':
      return s3
        ? new AwsError(412, 'PreconditionFailed', PRECONDITION)
        : new AwsError(412, 'PreconditionFailedException', REVISION);
    case '429':
      // S3 has no 429: it asks to slow down with a 503.
      return s3
        ? new AwsError(503, 'SlowDown', 'Please reduce your request rate.')
        : tooManyRequests(fault.retryAfterSeconds ?? 1);
    case '500':
      return s3
        ? new AwsError(500, 'InternalError', 'We encountered an internal error. Please try again.')
        : new AwsError(
            500,
            'ServiceException',
            'An error occurred and the request cannot be processed.',
          );
    case '503':
      return new AwsError(503, s3 ? 'ServiceUnavailable' : 'ServiceUnavailableException', BUSY);
    case 'passing-400':
      // Sources: Amazon S3 API reference, "Error responses"; AWS Lambda API reference, "Common errors".
      return s3
        ? new AwsError(400, 'RequestTimeout', SOCKET_TIMEOUT)
        : new AwsError(400, 'ThrottlingException', 'Rate exceeded');
    case 'clock-skew':
      return clockSkew(s3);
    case 'access-denied':
      return accessDenied(call, accountId);
    case 'expired-credentials':
      return expired(call.service);
    case 'invalid-parameter':
      return s3
        ? new AwsError(400, 'InvalidArgument', fault.reason ?? 'Invalid Argument')
        : new AwsError(
            400,
            'InvalidParameterValueException',
            fault.reason ?? 'Injected: invalid parameter value',
          );
    case 'code-storage-exceeded':
      return new AwsError(400, 'CodeStorageExceededException', 'Code storage limit exceeded.');
    case 's3-access-denied':
      return new AwsError(403, 'AccessDeniedException', S3_DENIED);
    default:
      return undefined;
  }
}

function matches(fault: Fault, call: FaultyCall): boolean {
  if (fault.operation !== '*' && fault.operation !== call.operation) return false;
  return fault.target === undefined || fault.target === call.target;
}

function accessDenied(call: FaultyCall, accountId: string): AwsError {
  if (call.service === 's3') return new AwsError(403, 'AccessDenied', 'Access Denied');
  const action = `lambda:${call.operation}`;
  return new AwsError(
    403,
    'AccessDeniedException',
    `User: arn:aws:iam::${accountId}:user/simulated is not authorized to perform: ${action} on resource: ${call.target} because no identity-based policy allows the ${action} action`,
  );
}

/**
 * The client's clock is an hour late: AWS tells the time with its refusal.
 * Sources: Amazon S3 API reference, "Error responses"; AWS General Reference, "Troubleshooting Signature Version 4".
 */
function clockSkew(s3: boolean): AwsError {
  const headers = { date: new Date(Date.now() + 3_600_000).toUTCString() };
  return s3
    ? new AwsError(403, 'RequestTimeTooSkewed', TOO_SKEWED, { headers })
    : new AwsError(403, 'InvalidSignatureException', SIGNATURE_EXPIRED, { headers });
}

/** Each service has its own name and status for the same failure. */
function expired(service: ServiceName): AwsError {
  if (service === 's3') return new AwsError(400, 'ExpiredToken', 'The provided token has expired.');
  const message = 'The security token included in the request is expired';
  return new AwsError(
    403,
    service === 'lambda' ? 'ExpiredTokenException' : 'ExpiredToken',
    message,
  );
}

const SOCKET_TIMEOUT =
  'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.';
const TOO_SKEWED = 'The difference between the request time and the current time is too large.';
const SIGNATURE_EXPIRED = 'Signature expired: the request is older than 5 min.';
const BUSY = 'Service is unable to handle request.';
const PRECONDITION = 'At least one of the pre-conditions you specified did not hold';
const CONDITIONAL_CONFLICT =
  'The conditional request cannot succeed due to a conflicting operation against this resource.';
const UPDATE_IN_PROGRESS =
  'The operation cannot be performed at this time. An update is in progress for resource';
const REVISION =
  'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id';
const S3_DENIED =
  'Your access has been denied by S3, please make sure your request credentials have permission to GetObject for the deployment package. S3 Error Code: AccessDenied. S3 Error Message: Access Denied';
