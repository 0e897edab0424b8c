/** Turns a failure of AWS into a message that a user can act on. */

import { LambdaPythonError } from '../../errors';
import { saidBy, type AwsFailure } from '../model/aws-failure';
import { PERMISSIONS } from '../model/permissions';

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
  const said = saidBy(failure);
  const permission = PERMISSIONS[failure.operation].action;
  const aboutCredentials = credentialsError(failure, sourceOf(place), place.ignored);
  if (aboutCredentials) return aboutCredentials;
  switch (failure.kind) {
    case 'denied':
      return new LambdaPythonError('ACCESS_DENIED', {
        message: `AWS denied ${permission} on ${subject}; it said ${said}`,
        hint: `allow these credentials ${permission} on it, or choose others with --profile`,
        cause: failure,
      });
    case 'blocked':
      return new LambdaPythonError('AWS_UNREACHABLE', {
        message: `${failure.operation} for ${subject} did not reach AWS in ${place.region}; got ${said}`,
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
  'let the proxy pass these requests, give HTTPS_PROXY its user and password, or bypass it: NO_PROXY=.amazonaws.com';

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
export type CredentialsSource =
  | { kind: 'none' }
  /** The simulated account's. */
  | { kind: 'given' }
  /** AWS_ACCESS_KEY_ID and its companions. */
  | { kind: 'environment' }
  /** A container's or a machine's role. */
  | { kind: 'machine' }
  | { kind: 'unknown-profile'; profile: string }
  | { kind: 'keys' | 'sso' | 'login' | 'process'; profile: string }
  /** Without a profile where AWS_WEB_IDENTITY_TOKEN_FILE says so. */
  | { kind: 'web-identity'; roleArn: string; profile?: string }
  | { kind: 'role'; roleArn: string; profile: string; mfa: boolean; source: CredentialsSource };

/** Variables that hold credentials and are not asked, since a profile that is named wins over them. */
export interface IgnoredVariables {
  names: readonly string[];
  profile: string;
  /** Who names it: `profile` of the target or command line, or AWS_PROFILE. */
  by: 'profile' | 'AWS_PROFILE';
}

/** Whose expiry or absence makes a role unreachable. */
export function innermost(source: CredentialsSource): CredentialsSource {
  return source.kind === 'role' ? innermost(source.source) : source;
}

/** `SSO profile `dev``: for sentences. */
function sourceName(source: CredentialsSource): string {
  switch (source.kind) {
    case 'none':
      return 'no source';
    case 'given':
      return 'the simulated account';
    case 'environment':
      return 'AWS_ACCESS_KEY_ID';
    case 'machine':
      return 'the role of this machine';
    case 'web-identity':
      return `the web identity token for ${source.roleArn}`;
    case 'role':
      return `profile \`${source.profile}\` (role ${source.roleArn})`;
    case 'process':
      return `the \`credential_process\` of profile \`${source.profile}\``;
    default:
      return `profile \`${source.profile}\``;
  }
}

/**
 * Null where the failure is not about credentials.
 *
 * @param ignored variables that are set but not used; on CI they are usually what was meant
 */
export function credentialsError(
  failure: AwsFailure,
  source: CredentialsSource,
  ignored?: IgnoredVariables,
): LambdaPythonError | null {
  const error = errorOf(failure, source);
  if (error === null || ignored === undefined) return error;
  const { names, profile, by } = ignored;
  const owner = by === 'profile' ? 'the option `profile`' : 'AWS_PROFILE';
  const wayOut =
    by === 'profile'
      ? 'run with `--profile=`, or move `profile` into a configuration that CI does not use'
      : 'unset AWS_PROFILE';
  return new LambdaPythonError(error.code, {
    message: `${error.message}; ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} set but ignored, because ${owner} selects \`${profile}\``,
    hint: `to use the variables, ${wayOut}; to use the profile, ${error.hint}`,
    cause: error.cause,
  });
}

function errorOf(failure: AwsFailure, source: CredentialsSource): LambdaPythonError | null {
  const said = saidBy(failure);
  const name = sourceName(source);
  switch (failure.kind) {
    case 'expired':
      return new LambdaPythonError('CREDENTIALS_EXPIRED', {
        message: `the AWS credentials from ${name} have expired; got ${said}`,
        hint: `${renewal(failure, source)}, then run the same command again`,
        cause: failure,
      });
    case 'no-credentials':
      return new LambdaPythonError('CREDENTIALS_MISSING', {
        message: `no AWS credentials from ${name}; got ${said}`,
        hint: provision(source),
        cause: failure,
      });
    case 'bad-credentials':
      return new LambdaPythonError('CREDENTIALS_INVALID', {
        message: `the AWS credentials from ${name} were rejected; got ${said}`,
        hint: correction(source),
        cause: failure,
      });
    default:
      return failure.stage === 'credentials' ? stageError(failure, source, said) : null;
  }
}

/** The service that issues credentials refused: the command's own request was never sent. */
function stageError(
  failure: AwsFailure,
  source: CredentialsSource,
  said: string,
): LambdaPythonError {
  const name = sourceName(source);
  if (failure.kind === 'denied') {
    return new LambdaPythonError('ACCESS_DENIED', {
      message: `AWS denied ${handOut(source)}, so there are no credentials from ${name}; got ${said}`,
      hint: admission(source),
      cause: failure,
    });
  }
  if (failure.kind === 'blocked' || failure.kind === 'unreachable') {
    return new LambdaPythonError('AWS_UNREACHABLE', {
      message: `no answer to ${handOut(source)} for credentials from ${name}; got ${said}`,
      hint: 'check the network, the region and any AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_STS, then run the same command again',
      cause: failure,
    });
  }
  return new LambdaPythonError('AWS_REQUEST_FAILED', {
    message: `${handOut(source)} for credentials from ${name} failed; got ${said}`,
    hint: 'run the same command again: nothing was sent with these credentials',
    cause: failure,
  });
}

function renewal({ stage }: AwsFailure, source: CredentialsSource): string {
  // Each run gets new credentials for the role; the credentials that it is assumed with may expire.
  if (source.kind === 'role' && stage !== 'credentials') return 'nothing needs renewing';
  const inner = innermost(source);
  switch (inner.kind) {
    case 'sso':
      return `run \`aws sso login --profile ${inner.profile}\``;
    case 'login':
      return `run \`aws login --profile ${inner.profile}\``;
    case 'process':
      return `run the command under \`credential_process\` of profile \`${inner.profile}\` by hand and renew what it reads`;
    case 'web-identity':
      return `let CI issue a new token (${CI_TOKEN})`;
    case 'environment':
      return 'set new values for AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN';
    case 'keys':
      return `write new keys to profile \`${inner.profile}\`, with \`aws configure --profile ${inner.profile}\` or the way you first got them`;
    default:
      return 'renew them the way you got them';
  }
}

const CI_TOKEN =
  'GitHub Actions: `permissions: id-token: write` and `aws-actions/configure-aws-credentials` in the same job; GitLab: `id_tokens`';

function provision(source: CredentialsSource): string {
  if (source.kind === 'role' && source.mfa) {
    return `this role requires an MFA code: \`eval "$(aws configure export-credentials --profile ${source.profile} --format env)"\`, unset AWS_PROFILE, and run the same command without --profile`;
  }
  const inner = innermost(source);
  switch (inner.kind) {
    case 'sso':
      return `run \`aws sso login --profile ${inner.profile}\` and the same command again`;
    case 'login':
      return `run \`aws login --profile ${inner.profile}\` and the same command again`;
    case 'process':
      return `run the command under \`credential_process\` of profile \`${inner.profile}\` by hand: it must end with status 0`;
    case 'web-identity':
      return `let CI write the token to the file that ${tokenFile(inner)} names (${CI_TOKEN})`;
    case 'unknown-profile':
      return `\`aws configure list-profiles\` shows those that exist; \`aws configure sso --profile ${inner.profile}\` creates it`;
    case 'keys':
      return `give profile \`${inner.profile}\` both keys: \`aws configure --profile ${inner.profile}\``;
    case 'machine':
      return 'attach a role to the machine or container, or choose a profile with --profile';
    default:
      return 'set AWS_PROFILE or --profile (`aws configure sso` creates one), or try without an account: `-c local`';
  }
}

function tokenFile({ profile }: { profile?: string }): string {
  return profile === undefined
    ? 'AWS_WEB_IDENTITY_TOKEN_FILE'
    : `\`web_identity_token_file\` of profile \`${profile}\``;
}

function correction(source: CredentialsSource): string {
  const inner = innermost(source);
  switch (inner.kind) {
    case 'process':
      return `run the command under \`credential_process\` of profile \`${inner.profile}\` by hand: it must print JSON with Version 1, AccessKeyId and SecretAccessKey, of keys that AWS knows`;
    case 'web-identity':
      return `register the token's issuer and audience (sts.amazonaws.com) as an identity provider in the account of ${inner.roleArn}, and let CI issue a new token (${CI_TOKEN})`;
    case 'keys':
      return `correct them with \`aws configure --profile ${inner.profile}\`; \`aws sts get-caller-identity --profile ${inner.profile}\` tries them`;
    default:
      return 'correct them: `aws sts get-caller-identity` shows which ones are in use';
  }
}

function handOut(source: CredentialsSource): string {
  if (source.kind === 'role') return `sts:AssumeRole on ${source.roleArn}`;
  if (source.kind === 'web-identity') return `sts:AssumeRoleWithWebIdentity on ${source.roleArn}`;
  return source.kind === 'sso' ? 'sso:GetRoleCredentials' : 'the request';
}

function admission(source: CredentialsSource): string {
  if (source.kind === 'role') {
    return `allow sts:AssumeRole on the role to ${sourceName(source.source)}, and name it in the role's trust policy`;
  }
  if (source.kind === 'web-identity') {
    return "name the token's issuer and subject (repository and branch) in the role's trust policy";
  }
  return 'correct `sso_account_id` and `sso_role_name` of the profile, or have the role assigned to you';
}
