/**
 * Turns a call that throws into one that answers, and classes what the AWS SDK throws. What may be repeated is the
 * SDK's own judgement, whose retries are off; then the HTTP status counts, and the error's name where a status says
 * too little.
 */

import {
  isClockSkewCorrectedError,
  isClockSkewError,
  isThrottlingError,
  isTransientError,
} from '@smithy/core/retry';
import type { AwsFailure, AwsFailureKind, AwsResult } from '../../release/model/aws-failure';
import type { AwsOperation } from '../../release/model/permissions';
import { redactCredentials } from '../process/redact';
import { CredentialsStageError } from './credentials';
import { ProxyRefusal } from './proxy';

/** @throws errors that do not come from AWS or the way to it: a defect must keep its stack. */
export async function call<T>(
  operation: AwsOperation,
  send: () => Promise<T>,
): Promise<AwsResult<T>> {
  try {
    return { ok: true, value: await sendInTime(send) };
  } catch (error) {
    return { ok: false, failure: toFailure(error, operation) };
  }
}

/**
 * The SDK learns AWS's time from each answer and signs the next request by it. A request that was refused for this
 * machine's clock was not carried out, so it is sent once more, even a write.
 */
async function sendInTime<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!isClockCorrected(error)) throw error;
    return send();
  }
}

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

/** For what may be absent: null instead of `not-found`. */
export function absentAsNull<T>(result: AwsResult<T>): AwsResult<T | null> {
  const isAbsent = !result.ok && result.failure.kind === 'not-found';
  return isAbsent ? { ok: true, value: null } : result;
}

/** Rethrows what is not about AWS, as `call` does. */
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
    message: redactCredentials(messageOf(thrown)),
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
    message: redactCredentials(message),
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
  if (isFromElsewhere(thrown)) return 'blocked';
  // Before the SDK's judgement, which looks at their 502: they stay until somebody allows it.
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

/** Refused for this machine's clock, which the SDK now corrects: AWS has told it the time. */
function isClockCorrected(error: unknown): boolean {
  const thrown = asSdkError(error) as Judged;
  // An answer to HEAD does not name the reason of its 403.
  const mayBeClock = isClockSkewError(thrown) || /^Unknown/.test(thrown.name);
  return mayBeClock && isClockSkewCorrectedError(thrown) === true;
}

/** Without the mark that the clock was corrected: with a wrong clock the SDK sets it on every refusal. */
function judgeable(
  { name = '', message = '', cause, $retryable }: SdkError,
  httpStatusCode: number,
): Judged {
  const sent = { $retryable, $metadata: { httpStatusCode } };
  return { name, message, cause: cause instanceof Error ? cause : undefined, ...sent };
}

/** Still refused after `call` sent it once more with AWS's time. */
function isAboutClock({ name = '', message = '' }: SdkError): boolean {
  if (/^(RequestTimeTooSkewed|RequestInTheFuture|RequestExpired)$/.test(name)) return true;
  return (
    name === 'InvalidSignatureException' && /Signature (expired|not yet current)/.test(message)
  );
}

/** A web page comes from a proxy or gateway: S3 and Lambda refuse in XML and JSON. AWS's load balancers send pages with a 503. */
function isFromElsewhere({ $metadata, $response }: SdkError): boolean {
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
 * PublishVersion's 400 when $LATEST is not the code that it names. Its words, seen on AWS:
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
  if (thrown instanceof ProxyRefusal) return thrown.kind;
  return isOfNetwork(thrown) ? 'unreachable' : null;
}

/** The SDK says `UnknownError` for an answer without a body, as those to HEAD: the status tells more. */
function nameOf({ name, code, $metadata }: SdkError): string {
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return typeof code === 'string' ? code : (name ?? 'Error');
  const isBare = name === undefined || /^(Unknown(Error)?|(Syntax)?Error|\d+)$/.test(name);
  return isBare ? `HTTP ${status}` : name;
}

function messageOf(thrown: SdkError): string {
  if (isFromElsewhere(thrown)) {
    const server = thrown.$response?.headers?.['server'];
    return `not from AWS: a proxy or gateway answered${server === undefined ? '' : ` (${server})`}`;
  }
  // The rest is for programmers: where the SDK keeps the answer that it could not read.
  const [message = ''] = (thrown.message ?? '').split(/\s*Deserialization error:/);
  if (message !== '' && !/^Unknown(Error)?$/.test(message)) return message;
  return thrown.$metadata?.httpStatusCode === undefined ? 'no answer' : 'no reason given';
}

/** The first that fits the message; the SDK has one error class for all of these. */
const BY_MESSAGE: readonly (readonly [RegExp, AwsFailureKind])[] = [
  [/expired|Cannot refresh/i, 'expired'],
  [/^UnauthorizedException|Session token not found or invalid/i, 'expired'],
  [/^ForbiddenException|No access/, 'denied'],
  [/credential_process (returned invalid|did not return)|returned invalid/, 'bad-credentials'],
  [/Cannot read properties of/, 'bad-credentials'],
];

/** Of an error that no service sent: everything that a chain throws is about the user's setup, not a defect. */
function credentialsKind(message: string): AwsFailureKind {
  return BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? 'no-credentials';
}

/** For answers of STS whose meaning differs from that of the services. */
function handOutKind(name: string): AwsFailureKind | null {
  if (/^IDPCommunicationError/.test(name)) return 'server';
  return /^(InvalidIdentityToken|IDPRejectedClaim|Validation|Malformed|RegionDisabled)/.test(name)
    ? 'bad-credentials'
    : null;
}

/** A failed command's message has its arguments and its stderr, which may hold secrets. */
function withoutCommand(message: string): string {
  return message.startsWith('Command failed') ? 'its command failed' : message;
}

/** Node, its parsers and OpenSSL name errors of the network by code. */
interface NetworkError {
  name?: string;
  message?: string;
  /** `ECONNREFUSED`; some layers give numbers. */
  code?: unknown;
  syscall?: string;
  /** Of a file. */
  path?: string;
  cause?: unknown;
  /** Of an AggregateError: one for each address that was tried. */
  errors?: unknown;
}

/**
 * Any `E…` of the system counts, unless it is an error of a file. Of Node's own `ERR_…` only those of sockets do:
 * the others are mistakes of a program.
 */
const CODES =
  /^(E[A-Z0-9]+|EAI_\w+|HPE_\w+|UND_ERR_\w+|ERR_(SSL|TLS|SOCKET|HTTP2|STREAM_PREMATURE_CLOSE)\w*|(CERT|CRL|UNABLE_TO|ERROR_IN)_\w+|\w*SELF_SIGNED_CERT\w*|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED)$/;
/** A firewall that forbids a connection also says EACCES or EPERM. */
const FILE_CODES = /^E(NOENT|ACCES|PERM|EXIST|ISDIR|NOTDIR|NOTEMPTY|NOSPC|ROFS|IO|BADF|XDEV|FBIG)$/;
/** Those that are thrown without a code, by Node and by the proxy agent. */
const MESSAGES =
  /^(socket hang up|socket is closed|aborted|premature close|client network socket disconnected|proxy connection ended)/i;
const LONGEST_CHAIN = 5;

function isOfNetwork(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > LONGEST_CHAIN) return false;
  const { name = '', message = '', code, cause, errors } = error as NetworkError;
  // A chain of credentials also tries machines that do not exist: its end is about credentials.
  if (name.endsWith('ProviderError')) return false;
  if (name === 'TimeoutError' || name === 'AbortError' || MESSAGES.test(message)) return true;
  if (typeof code === 'string' && CODES.test(code) && !isOfFile(error as NetworkError)) return true;
  const below = [cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return below.some((one) => isOfNetwork(one, depth + 1));
}

function isOfFile({ code, syscall, path }: NetworkError): boolean {
  if (syscall === 'connect') return false;
  return typeof path === 'string' || FILE_CODES.test(String(code));
}
