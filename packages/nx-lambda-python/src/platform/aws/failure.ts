/**
 * Classes what the AWS SDK throws. What may be repeated is the SDK's own judgement, whose retries are off;
 * then the HTTP status counts, and the error's name where a status says too little.
 */

import {
  isClockSkewCorrectedError,
  isClockSkewError,
  isThrottlingError,
  isTransientError,
} from '@smithy/core/retry';
import type { AwsFailure, AwsFailureKind } from '../../release/model/aws-failure';
import type { AwsOperation } from '../../release/model/permissions';
import {
  credentialsKind,
  CredentialsStageError,
  handOutKind,
  withoutCommand,
} from './credentials-failure';
import { isOfNetwork, type NetworkError } from './network-error';
import { ProxyRefusal } from './proxy';
import { redact } from './redact';

/** What an error of the SDK may carry; read defensively, since every layer below it throws its own kind. */
interface SdkError extends NetworkError {
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
  $retryable?: { throttling?: boolean };
  /** On Lambda's TooManyRequestsException. */
  retryAfterSeconds?: string;
  /** In S3's AuthorizationHeaderMalformed. */
  Region?: string;
}

/** Rethrows what is not AWS's doing: a defect must keep its stack. */
export function toFailure(error: unknown, operation: AwsOperation): AwsFailure {
  if (error instanceof CredentialsStageError) return credentialsFailure(error.cause, operation);
  const thrown = asSdkError(error);
  const headers = thrown.$response?.headers ?? {};
  const kind = kindOf(thrown);
  if (kind === null) throw error;
  const retryAfter = Number(thrown.retryAfterSeconds ?? headers['retry-after']);
  const bucketRegion = headers['x-amz-bucket-region'] ?? thrown.Region;
  return {
    kind,
    operation,
    name: nameOf(thrown),
    message: redact(messageOf(thrown)),
    ...(retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {}),
    ...(bucketRegion === undefined ? {} : { bucketRegion }),
  };
}

function credentialsFailure(error: unknown, operation: AwsOperation): AwsFailure {
  const thrown = asSdkError(error);
  const isAnswered = thrown.$metadata?.httpStatusCode !== undefined;
  const own = isAnswered ? handOutKind(thrown.name ?? '') : null;
  const message = withoutCommand(messageOf(thrown));
  const isOnTheWay = thrown instanceof ProxyRefusal || isOfNetwork(thrown);
  const kind = own ?? (isAnswered || isOnTheWay ? kindOf(thrown) : null);
  return {
    kind: kind ?? credentialsKind(message),
    stage: 'credentials',
    operation,
    name: nameOf(thrown),
    message: redact(message),
  };
}

function asSdkError(error: unknown): SdkError {
  return typeof error === 'object' && error !== null ? error : {};
}

const EXPIRED = /^(ExpiredToken(Exception)?|TokenRefreshRequired)$/;
const BAD_CREDENTIALS =
  /^(UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|InvalidToken|MissingAuthenticationToken(Exception)?|IncompleteSignature(Exception)?)$/;
const WRONG_REGION =
  /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/;

function kindOf(thrown: SdkError): AwsFailureKind | null {
  const status = thrown.$metadata?.httpStatusCode;
  const name = thrown.name ?? '';
  if (status === undefined) return kindWithoutAnswer(thrown);
  // An answer that broke off in its middle.
  if (status < 300) return 'unreachable';
  if (isOfSomebodyElse(thrown)) return 'blocked';
  // Before the SDK's judgement, which goes by their 502: they stay until somebody allows it.
  if (isAboutPackage(thrown)) return 'package-unreadable';
  const judged = judgeable(thrown, status);
  if (isThrottlingError(judged)) return 'throttled';
  if (isAboutClock(thrown) || isTransientError(judged)) return 'server';
  if (EXPIRED.test(name)) return 'expired';
  if (BAD_CREDENTIALS.test(name)) return 'bad-credentials';
  if (WRONG_REGION.test(name) || status === 301 || status === 307) return 'wrong-region';
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'not-found';
  if (status === 409) return 'conflict';
  if (status === 412 || isAboutOtherCode(thrown)) return 'precondition';
  if (name === 'CodeStorageExceededException') return 'quota';
  // 501 says that it never will: a storage without conditional writes, for one.
  return status >= 500 && status !== 501 ? 'server' : 'invalid';
}

type Judged = Parameters<typeof isTransientError>[0];

/** Refused for this machine's clock, by which the SDK will not go again: AWS has told it the time. */
export function isClockCorrected(error: unknown): boolean {
  const thrown = asSdkError(error) as Judged;
  // An answer to HEAD has no name for its 403.
  const mayBeClock = isClockSkewError(thrown) || /^Unknown/.test(thrown.name);
  return mayBeClock && isClockSkewCorrectedError(thrown) === true;
}

/** Without the mark that the clock was corrected: on a machine with a wrong clock the SDK sets it on every refusal. */
function judgeable(
  { name = '', message = '', cause, $retryable }: SdkError,
  httpStatusCode: number,
): Judged {
  const sent = { $retryable, $metadata: { httpStatusCode } };
  return { name, message, cause: cause instanceof Error ? cause : undefined, ...sent };
}

/** Still so after `call` has sent it once more with the time that AWS has told. */
function isAboutClock({ name = '', message = '' }: SdkError): boolean {
  if (/^(RequestTimeTooSkewed|RequestInTheFuture|RequestExpired)$/.test(name)) return true;
  return (
    name === 'InvalidSignatureException' && /Signature (expired|not yet current)/.test(message)
  );
}

/** A web page is a proxy's or a gateway's: S3 and Lambda refuse in XML and JSON. AWS's load balancers send pages with a 503. */
function isOfSomebodyElse({ $metadata, $response }: SdkError): boolean {
  const status = $metadata?.httpStatusCode ?? 0;
  if (status === 407 || status === 511) return true;
  const type = $response?.headers?.['content-type'] ?? '';
  return status >= 400 && status < 500 && /^text\/html/i.test(type);
}

/** Lambda, not the caller, was refused: "… by S3", "S3 Error Code: NoSuchKey", or a KMS exception (502). */
function isAboutPackage({ name = '', message = '' }: SdkError): boolean {
  return /^KMS/.test(name) || /S3 Error Code|denied by S3/i.test(message);
}

/**
 * PublishVersion's 400 where $LATEST is not the code that it names. Its words, seen on AWS:
 * justinram11/serverless-aws-batch#22, floci-io/floci#2822.
 */
function isAboutOtherCode({ name, message = '' }: SdkError): boolean {
  return name === 'InvalidParameterValueException' && /^CodeSHA256 .* is different/.test(message);
}

function kindWithoutAnswer(thrown: SdkError): AwsFailureKind | null {
  const { name = '', message = '' } = thrown;
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return credentialsKind(message);
  }
  if (thrown instanceof ProxyRefusal) return thrown.status < 500 ? 'blocked' : 'unreachable';
  return isOfNetwork(thrown) ? 'unreachable' : null;
}

/** The SDK says `UnknownError` where an answer has no body, as those to HEAD: the status tells more. */
function nameOf({ name, code, $metadata }: SdkError): string {
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return typeof code === 'string' ? code : (name ?? 'Error');
  const isBare = name === undefined || /^(Unknown(Error)?|(Syntax)?Error|\d+)$/.test(name);
  return isBare ? `HTTP ${status}` : name;
}

function messageOf(thrown: SdkError): string {
  if (isOfSomebodyElse(thrown)) {
    const server = thrown.$response?.headers?.['server'];
    return `not from AWS: a proxy or gateway answered${server === undefined ? '' : ` (${server})`}`;
  }
  // What follows is for programmers: where the SDK keeps the answer that it could not read.
  const [message = ''] = (thrown.message ?? '').split(/\s*Deserialization error:/);
  if (message !== '' && !/^Unknown(Error)?$/.test(message)) return message;
  return thrown.$metadata?.httpStatusCode === undefined ? 'no answer' : 'no reason given';
}
