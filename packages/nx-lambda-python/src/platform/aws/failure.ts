/** Classes what the AWS SDK throws: the HTTP status first, the error's name second, since names differ. */

import type { AwsFailure, AwsFailureKind, AwsOperation } from '../../release/calls/aws-failure';
import {
  credentialsKind,
  CredentialsStageError,
  handOutKind,
  withoutCommand,
} from './credentials-failure';
import { redact } from './redact';

/** What an error of the SDK may carry; read defensively, since every layer below it throws its own kind. */
interface SdkError {
  name?: string;
  message?: string;
  /** Node's: `ECONNREFUSED`. */
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
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
  const kind = own ?? (isAnswered || isOfNetwork(thrown) ? kindOf(thrown) : null);
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

const EXPIRED = /^(ExpiredToken(Exception)?|TokenRefreshRequired|RequestExpired)$/;
const BAD_CREDENTIALS =
  /^(UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|InvalidToken|MissingAuthenticationToken(Exception)?|IncompleteSignature(Exception)?)$/;
const THROTTLED =
  /^(SlowDown|Throttling(Exception)?|TooManyRequests(Exception)?|RequestLimitExceeded)$/;
const WRONG_REGION =
  /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/;
/** Clocks drift: the SDK has corrected its own from this very answer, so the next try is signed right. */
const SKEWED = /^RequestTimeTooSkewed$/;

function kindOf(thrown: SdkError): AwsFailureKind | null {
  const status = thrown.$metadata?.httpStatusCode;
  const name = thrown.name ?? '';
  if (status === undefined) return kindWithoutAnswer(thrown);
  // An answer that broke off in its middle.
  if (status < 300) return 'unreachable';
  if (EXPIRED.test(name)) return 'expired';
  if (BAD_CREDENTIALS.test(name)) return 'bad-credentials';
  if (isAboutPackage(thrown)) return 'package-unreadable';
  if (status === 429 || THROTTLED.test(name)) return 'throttled';
  if (WRONG_REGION.test(name) || status === 301 || status === 307) return 'wrong-region';
  if (SKEWED.test(name)) return 'server';
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'not-found';
  if (status === 409) return 'conflict';
  if (status === 412) return 'precondition';
  if (name === 'CodeStorageExceededException') return 'quota';
  // 501 says that it never will: a storage without conditional writes, for one.
  return status >= 500 && status !== 501 ? 'server' : 'invalid';
}

/** Lambda, not the caller, was refused: "… by S3", "S3 Error Code: NoSuchKey", or a KMS exception (502). */
function isAboutPackage({ name = '', message = '' }: SdkError): boolean {
  return /^KMS/.test(name) || /S3 Error Code|denied by S3/i.test(message);
}

function kindWithoutAnswer(thrown: SdkError): AwsFailureKind | null {
  const { name = '', message = '' } = thrown;
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return credentialsKind(message);
  }
  return isOfNetwork(thrown) ? 'unreachable' : null;
}

function isOfNetwork({ name, code }: SdkError): boolean {
  if (name === 'TimeoutError' || name === 'AbortError') return true;
  return typeof code === 'string' && NETWORK_CODES.test(code);
}

const NETWORK_CODES =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|EPROTO|HPE_.*|ERR_(SSL|TLS)_.*|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*)$/;

/** The SDK says `UnknownError` where an answer has no body, as those to HEAD: the status tells more. */
function nameOf({ name, code, $metadata }: SdkError): string {
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return typeof code === 'string' ? code : (name ?? 'Error');
  const isBare = name === undefined || /^(Unknown(Error)?|Error|\d+)$/.test(name);
  return isBare ? `HTTP ${status}` : name;
}

function messageOf({ message, $metadata }: SdkError): string {
  const isBare = message === undefined || message === '' || /^Unknown(Error)?$/.test(message);
  if (!isBare) return message;
  return $metadata?.httpStatusCode === undefined ? 'no answer' : 'no reason given';
}
