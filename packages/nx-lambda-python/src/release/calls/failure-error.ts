/** Puts a failure of AWS into the words that a user can act on. */

import { LambdaPythonError } from '../../errors';
import { permissionFor, type AwsFailure } from '../model/aws-failure';
import { credentialsError } from './credentials-error';
import type { CredentialsSource, IgnoredVariables } from './credentials-source';

/** Where requests go, for messages. */
export interface AwsPlace {
  region: string;
  profile?: string;
  credentials?: CredentialsSource;
  ignored?: IgnoredVariables;
}

/** `subject` is what the call was about: a function's name, or `s3://bucket/key`. */
export function failureError(
  failure: AwsFailure,
  subject: string,
  place: AwsPlace,
): LambdaPythonError {
  const said = `${failure.name}: ${failure.message}`;
  const permission = permissionFor(failure.operation);
  const aboutCredentials = credentialsError(failure, sourceOf(place), place.ignored);
  if (aboutCredentials) return aboutCredentials;
  switch (failure.kind) {
    case 'denied':
      return new LambdaPythonError('ACCESS_DENIED', {
        message: `AWS denied ${permission} on ${subject}; it said ${said}`,
        hint: `allow ${permission} on it to these credentials, or choose others with --profile`,
        cause: failure,
      });
    case 'blocked':
      return new LambdaPythonError('AWS_UNREACHABLE', {
        message: `${failure.operation} for ${subject} did not get to AWS in ${place.region}; got ${said}`,
        hint: BLOCKED_HINT,
        cause: failure,
      });
    case 'unreachable':
      return new LambdaPythonError('AWS_UNREACHABLE', {
        message: `no answer to ${failure.operation} for ${subject} in ${place.region}; got ${said}`,
        hint: 'check the network, the region and any `endpoint` or AWS_ENDPOINT_URL, then run the same command again',
        cause: failure,
      });
    default:
      return new LambdaPythonError('AWS_REQUEST_FAILED', {
        message: `${failure.operation} for ${subject} failed in ${place.region}; AWS said ${said}`,
        hint: hintOf(failure),
        cause: failure,
      });
  }
}

const BLOCKED_HINT =
  'let the proxy pass these requests, give HTTPS_PROXY its user and password, or go around it: NO_PROXY=.amazonaws.com';

function hintOf({ kind, name }: AwsFailure): string {
  if (/^(RequestTimeTooSkewed|RequestInTheFuture|RequestExpired|InvalidSignature)/.test(name)) {
    return "correct this machine's clock, then run the same command again";
  }
  return kind === 'server' || kind === 'throttled' || kind === 'conflict'
    ? 'run the same command again: what was done is kept and not repeated'
    : 'correct what AWS names and run the same command again';
}

function sourceOf({ credentials, profile }: AwsPlace): CredentialsSource {
  return credentials ?? (profile === undefined ? { kind: 'none' } : { kind: 'keys', profile });
}
