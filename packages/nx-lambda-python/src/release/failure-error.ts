/** Puts a failure of AWS into the words that a user can act on. */

import { LambdaPythonError } from '../errors';
import { permissionFor, type AwsFailure } from './aws-failure';

/** Where requests go, for messages. */
export interface AwsPlace {
  region: string;
  profile?: string;
}

/** `subject` is what the call was about: a function's name, or `s3://bucket/key`. */
export function failureError(
  failure: AwsFailure,
  subject: string,
  place: AwsPlace,
): LambdaPythonError {
  const said = `${failure.name}: ${failure.message}`;
  const permission = permissionFor(failure.operation);
  switch (failure.kind) {
    case 'denied':
      return new LambdaPythonError('ACCESS_DENIED', {
        message: `AWS denied ${permission} on ${subject}; it said ${said}`,
        hint: `allow ${permission} on it to these credentials, or choose others with --profile`,
        cause: failure,
      });
    case 'expired':
      return new LambdaPythonError('CREDENTIALS_EXPIRED', {
        message: `the AWS credentials${ofProfile(place)} have expired; AWS said ${said}`,
        hint: `run \`${loginCommand(place)}\` (or renew them as you got them) and the same command again`,
        cause: failure,
      });
    case 'no-credentials':
      return new LambdaPythonError('CREDENTIALS_MISSING', {
        message: `no AWS credentials were found${ofProfile(place)}; the SDK said ${said}`,
        hint: 'set AWS_PROFILE or --profile (`aws configure sso` makes one), or try without an account: `-c local`',
        cause: failure,
      });
    case 'bad-credentials':
      return new LambdaPythonError('CREDENTIALS_INVALID', {
        message: `AWS does not accept the credentials${ofProfile(place)}; it said ${said}`,
        hint: 'correct them: `aws sts get-caller-identity` shows which ones are in use',
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
        hint: isLater(failure)
          ? 'run the same command again: what was done is kept and not repeated'
          : 'correct what AWS names and run the same command again',
        cause: failure,
      });
  }
}

function isLater({ kind }: AwsFailure): boolean {
  return kind === 'server' || kind === 'throttled' || kind === 'conflict';
}

function ofProfile({ profile }: AwsPlace): string {
  return profile === undefined ? '' : ` of profile \`${profile}\``;
}

function loginCommand({ profile }: AwsPlace): string {
  return profile === undefined ? 'aws sso login' : `aws sso login --profile ${profile}`;
}
