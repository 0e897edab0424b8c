/** What can go wrong in a call to AWS, as a value: release code decides by `kind`, never by an SDK's class. */

import type { AwsOperation } from './permissions';

export type AwsFailureKind =
  | 'throttled'
  | 'conflict'
  | 'precondition'
  | 'not-found'
  | 'denied'
  | 'expired'
  | 'no-credentials'
  | 'bad-credentials'
  /** The bucket answers, but from another region. */
  | 'wrong-region'
  /** Lambda may not read the package from S3, or not decrypt it. */
  | 'package-unreadable'
  /** The account's code storage is full. */
  | 'quota'
  /** No answer, or half of one: a write may have happened. */
  | 'unreachable'
  /** A proxy or gateway answered in AWS's place, and will again. */
  | 'blocked'
  /** 5xx: a write may have happened. */
  | 'server'
  | 'invalid'
  /** Another deploy has taken the release lock over: whatever is written now would race it. */
  | 'lock-lost';

export interface AwsFailure {
  kind: AwsFailureKind;
  operation: AwsOperation;
  /** Present where the request was never sent, for want of credentials. */
  stage?: 'credentials';
  /** AWS's own code, `ResourceConflictException`; the network's, `ECONNRESET`, where AWS did not answer. */
  name: string;
  message: string;
  /** How long AWS asks to wait. */
  retryAfterSeconds?: number;
  /** S3 names the bucket's region in answers that refuse the request. */
  bucketRegion?: string;
}

/** `AccessDenied: not authorized to …`, as AWS or the network said it. */
export function saidBy({ name, message }: AwsFailure): string {
  return `${name}: ${message}`;
}

/** `UpdateFunctionCode: AccessDenied: not authorized to …` */
export function describe(failure: AwsFailure): string {
  return `${failure.operation}: ${saidBy(failure)}`;
}

export type AwsResult<T> = { ok: true; value: T } | { ok: false; failure: AwsFailure };

/** The same call may succeed a moment later. */
export function isTransient({ kind }: AwsFailure): boolean {
  return kind === 'throttled' || isAmbiguous(kind);
}

/** It is unknown whether the request was carried out. */
export function isAmbiguous(kind: AwsFailureKind): boolean {
  return kind === 'unreachable' || kind === 'server';
}

/** Every further write would fail in the same way, so none is sent. */
export function stopsEverything({ kind }: AwsFailure): boolean {
  return (
    kind === 'denied' ||
    kind === 'blocked' ||
    kind === 'expired' ||
    kind === 'no-credentials' ||
    kind === 'bad-credentials' ||
    kind === 'package-unreadable' ||
    kind === 'quota' ||
    kind === 'lock-lost'
  );
}
