/** Faults to inject: failures of the network and of AWS, at a chosen call. */

import type { ServiceName } from './aws-error';
import {
  AwsError,
  codeStorageExceeded,
  conditionalConflict,
  deniedByS3,
  notAuthorized,
  preconditionFailed,
  staleRevision,
  tooManyRequests,
  updateInProgress,
} from './aws-error';

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

/** What a call is about; decides whether a fault hits it. */
export interface CallSubject {
  service: ServiceName;
  /** As AWS names it: `UpdateFunctionCode`. */
  operation: string;
  /** Function or layer name, `bucket`, or `bucket/key`; empty for calls on the account. */
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
  next(call: CallSubject): Fault | undefined {
    const due = this.entries.filter((entry) => {
      const first = entry.fault.nth ?? 1;
      if (entry.fault.lasting && entry.seen >= first) return true;
      const { operation, target = call.target } = entry.fault;
      if (operation !== '*' && operation !== call.operation) return false;
      if (target !== call.target) return false;
      entry.seen += 1;
      return entry.seen >= first && entry.seen < first + (entry.fault.times ?? 1);
    });
    return due[0]?.fault;
  }
}

/** The refusal that stands in for the operation; undefined for faults that let it run. */
export function faultError(
  fault: Fault,
  call: CallSubject,
  accountId: string,
): AwsError | undefined {
  const [ofS3, ofLambda = ofS3] = refusals(fault, call, accountId)[fault.kind] ?? [];
  return call.service === 's3' ? ofS3 : ofLambda;
}

type Refusals = Partial<Record<FaultKind, readonly [s3: AwsError, lambda?: AwsError]>>;

/**
 * Each service has its own name and status for the same failure. Sources: Amazon S3 API reference, "Error responses";
 * AWS Lambda API reference, "Common errors"; AWS General Reference, "Troubleshooting Signature Version 4".
 */
function refusals(fault: Fault, call: CallSubject, accountId: string): Refusals {
  const { reason, retryAfterSeconds = 1 } = fault;
  const { service, operation, target } = call;
  // The client's clock is an hour late: AWS tells the time with its refusal.
  const headers = { date: new Date(Date.now() + 3_600_000).toUTCString() };
  const expired = service === 'sts' ? 'ExpiredToken' : 'ExpiredTokenException';
  return {
    '409': [conditionalConflict(), updateInProgress(target)],
    '412': [preconditionFailed(), staleRevision()],
    // S3 has no 429: it asks to slow down with a 503.
    '429': [
      new AwsError(503, 'SlowDown', 'Please reduce your request rate.'),
      tooManyRequests(retryAfterSeconds),
    ],
    '500': [
      new AwsError(500, 'InternalError', INTERNAL),
      new AwsError(500, 'ServiceException', UNPROCESSED),
    ],
    '503': [
      new AwsError(503, 'ServiceUnavailable', BUSY),
      new AwsError(503, 'ServiceUnavailableException', BUSY),
    ],
    'passing-400': [
      new AwsError(400, 'RequestTimeout', SOCKET_TIMEOUT),
      new AwsError(400, 'ThrottlingException', 'Rate exceeded'),
    ],
    'clock-skew': [
      new AwsError(403, 'RequestTimeTooSkewed', TOO_SKEWED, { headers }),
      new AwsError(403, 'InvalidSignatureException', SIGNATURE_EXPIRED, { headers }),
    ],
    'access-denied': [
      new AwsError(403, 'AccessDenied', 'Access Denied'),
      notAuthorized(accountId, `lambda:${operation}`, target, 'identity'),
    ],
    'expired-credentials': [
      new AwsError(400, 'ExpiredToken', 'The provided token has expired.'),
      new AwsError(403, expired, 'The security token included in the request is expired'),
    ],
    'invalid-parameter': [
      new AwsError(400, 'InvalidArgument', reason ?? 'Invalid Argument'),
      new AwsError(400, 'InvalidParameterValueException', reason ?? INVALID),
    ],
    'code-storage-exceeded': [codeStorageExceeded()],
    's3-access-denied': [deniedByS3('the deployment package')],
  };
}

const SOCKET_TIMEOUT =
  'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.';
const TOO_SKEWED = 'The difference between the request time and the current time is too large.';
const SIGNATURE_EXPIRED = 'Signature expired: the request is older than 5 min.';
const INTERNAL = 'We encountered an internal error. Please try again.';
const UNPROCESSED = 'An error occurred and the request cannot be processed.';
const INVALID = 'Injected: invalid parameter value';
const BUSY = 'Service is unable to handle request.';
