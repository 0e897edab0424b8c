/** Turns a failure of AWS into a message that a user can act on. */

import { LambdaPythonError, type ErrorCode } from '../../errors';
import { saidBy, type AwsFailure } from '../model/aws-failure';
import { PERMISSIONS } from '../model/permissions';

/** Where requests go, for messages. */
export interface AwsPlace {
  region: string;
  credentials?: CredentialsSource;
  ignored?: IgnoredVariables;
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

type Told = readonly [code: ErrorCode, message: string, hint: string];

/** `subject` is what the call was about: a function's name, or `s3://bucket/key`. */
export function failureError(
  failure: AwsFailure,
  subject: string,
  place: AwsPlace,
): LambdaPythonError {
  const aboutCredentials = credentialsError(failure, place);
  if (aboutCredentials) return aboutCredentials;
  const [code, message, hint] = toldOfRequest(failure, subject, place);
  return new LambdaPythonError(code, { message, hint, cause: failure });
}

function toldOfRequest(failure: AwsFailure, subject: string, { region }: AwsPlace): Told {
  const { kind, operation } = failure;
  const said = saidBy(failure);
  if (kind === 'denied') {
    const { action } = PERMISSIONS[operation];
    return [
      'ACCESS_DENIED',
      `AWS denied ${action} on ${subject}; it said ${said}`,
      `allow these credentials ${action} on it, or choose others with --profile`,
    ];
  }
  if (kind === 'blocked') {
    return [
      'AWS_UNREACHABLE',
      `${operation} for ${subject} did not reach AWS in ${region}; got ${said}`,
      'let the proxy pass these requests, give HTTPS_PROXY its user and password, or bypass it: NO_PROXY=.amazonaws.com',
    ];
  }
  if (kind === 'unreachable') {
    return [
      'AWS_UNREACHABLE',
      `no answer to ${operation} for ${subject} in ${region}; got ${said}`,
      'check the network, the region and any `endpoint` or AWS_ENDPOINT_URL, then run the same command again',
    ];
  }
  return [
    'AWS_REQUEST_FAILED',
    `${operation} for ${subject} failed in ${region}; AWS said ${said}`,
    hintOf(failure),
  ];
}

function hintOf({ kind, name }: AwsFailure): string {
  if (/^(RequestTimeTooSkewed|RequestInTheFuture|RequestExpired|InvalidSignature)/.test(name)) {
    return "correct this machine's clock, then run the same command again";
  }
  return kind === 'server' || kind === 'throttled' || kind === 'conflict'
    ? 'run the same command again: what was done is kept and not repeated'
    : 'correct what AWS names and run the same command again';
}

/** Null where the failure is not about credentials. Variables that CI set and nobody asks are usually what was meant. */
export function credentialsError(
  failure: AwsFailure,
  { credentials = { kind: 'none' }, ignored }: AwsPlace,
): LambdaPythonError | null {
  const told = toldOfCredentials(failure, credentials);
  if (told === null) return null;
  const [code, message, hint] = told;
  if (ignored === undefined) return new LambdaPythonError(code, { message, hint, cause: failure });
  const { names, profile, by } = ignored;
  const [owner, wayOut] =
    by === 'profile'
      ? [
          'the option `profile`',
          'run with `--profile=`, or move `profile` into a configuration that CI does not use',
        ]
      : ['AWS_PROFILE', 'unset AWS_PROFILE'];
  return new LambdaPythonError(code, {
    message: `${message}; ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} set but ignored, because ${owner} selects \`${profile}\``,
    hint: `to use the variables, ${wayOut}; to use the profile, ${hint}`,
    cause: failure,
  });
}

function toldOfCredentials(failure: AwsFailure, source: CredentialsSource): Told | null {
  const own = { ...UNKNOWN, ...wordsOf(innermost(source)), ...wordsOf(source) };
  const { name, renew, provide, correct, request, admit } = own;
  const said = saidBy(failure);
  const { kind, stage } = failure;
  if (kind === 'expired') {
    const message = `the AWS credentials from ${name} have expired; got ${said}`;
    // Each run gets new credentials for the role; the credentials that it is assumed with may expire.
    const isOfRole = source.kind === 'role' && stage !== 'credentials';
    const first = isOfRole ? 'nothing needs renewing' : renew;
    return ['CREDENTIALS_EXPIRED', message, `${first}, then run the same command again`];
  }
  if (kind === 'no-credentials') {
    return ['CREDENTIALS_MISSING', `no AWS credentials from ${name}; got ${said}`, provide];
  }
  if (kind === 'bad-credentials') {
    const message = `the AWS credentials from ${name} were rejected; got ${said}`;
    return ['CREDENTIALS_INVALID', message, correct];
  }
  // The service that issues credentials refused: the command's own request was never sent.
  if (stage !== 'credentials') return null;
  if (kind === 'denied') {
    const message = `AWS denied ${request}, so there are no credentials from ${name}; got ${said}`;
    return ['ACCESS_DENIED', message, admit];
  }
  if (kind === 'blocked' || kind === 'unreachable') {
    return [
      'AWS_UNREACHABLE',
      `no answer to ${request} for credentials from ${name}; got ${said}`,
      'check the network, the region and any AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_STS, then run the same command again',
    ];
  }
  return [
    'AWS_REQUEST_FAILED',
    `${request} for credentials from ${name} failed; got ${said}`,
    'run the same command again: nothing was sent with these credentials',
  ];
}

/** Whose expiry or absence makes a role unreachable. */
function innermost(source: CredentialsSource): CredentialsSource {
  return source.kind === 'role' ? innermost(source.source) : source;
}

/** Of one source of credentials. */
interface SourceWords {
  /** `profile `dev``: for sentences. */
  name: string;
  /** What to do when they have expired, */
  renew?: string;
  /** are missing, */
  provide?: string;
  /** or are rejected. */
  correct?: string;
  /** What asks the service that issues them, */
  request?: string;
  /** and what makes that service agree. */
  admit?: string;
}

const UNKNOWN = {
  renew: 'renew them the way you got them',
  provide:
    'set AWS_PROFILE or --profile (`aws configure sso` creates one), or try without an account: `-c local`',
  correct: 'correct them: `aws sts get-caller-identity` shows which ones are in use',
  request: 'the request',
  admit:
    'correct `sso_account_id` and `sso_role_name` of the profile, or have the role assigned to you',
};

const CI_TOKEN =
  'GitHub Actions: `permissions: id-token: write` and `aws-actions/configure-aws-credentials` in the same job; GitLab: `id_tokens`';

function wordsOf(source: CredentialsSource): SourceWords {
  const profile = 'profile' in source ? source.profile : undefined;
  const name = `profile \`${profile}\``;
  const byHand = `run the command under \`credential_process\` of ${name} by hand`;
  const configure = `\`aws configure --profile ${profile}\``;
  switch (source.kind) {
    case 'none':
      return { name: 'no source' };
    case 'given':
      return { name: 'the simulated account' };
    case 'environment':
      return {
        name: 'AWS_ACCESS_KEY_ID',
        renew: 'set new values for AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN',
      };
    case 'machine':
      return {
        name: 'the role of this machine',
        provide: 'attach a role to the machine or container, or choose a profile with --profile',
      };
    case 'unknown-profile':
      return {
        name,
        provide: `\`aws configure list-profiles\` shows those that exist; \`aws configure sso --profile ${profile}\` creates it`,
      };
    case 'keys':
      return {
        name,
        renew: `write new keys to ${name}, with ${configure} or the way you first got them`,
        provide: `give ${name} both keys: ${configure}`,
        correct: `correct them with ${configure}; \`aws sts get-caller-identity --profile ${profile}\` tries them`,
      };
    case 'sso':
    case 'login': {
      const login = `run \`aws ${source.kind === 'sso' ? 'sso login' : 'login'} --profile ${profile}\``;
      const request = source.kind === 'sso' ? 'sso:GetRoleCredentials' : UNKNOWN.request;
      return { name, renew: login, provide: `${login} and the same command again`, request };
    }
    case 'process':
      return {
        name: `the \`credential_process\` of ${name}`,
        renew: `${byHand} and renew what it reads`,
        provide: `${byHand}: it must end with status 0`,
        correct: `${byHand}: it must print JSON with Version 1, AccessKeyId and SecretAccessKey, of keys that AWS knows`,
      };
    case 'web-identity': {
      const { roleArn } = source;
      const file =
        profile === undefined
          ? 'AWS_WEB_IDENTITY_TOKEN_FILE'
          : `\`web_identity_token_file\` of ${name}`;
      return {
        name: `the web identity token for ${roleArn}`,
        renew: `let CI issue a new token (${CI_TOKEN})`,
        provide: `let CI write the token to the file that ${file} names (${CI_TOKEN})`,
        correct: `register the token's issuer and audience (sts.amazonaws.com) as an identity provider in the account of ${roleArn}, and let CI issue a new token (${CI_TOKEN})`,
        request: `sts:AssumeRoleWithWebIdentity on ${roleArn}`,
        admit:
          "name the token's issuer and subject (repository and branch) in the role's trust policy",
      };
    }
    case 'role':
      return {
        name: `${name} (role ${source.roleArn})`,
        request: `sts:AssumeRole on ${source.roleArn}`,
        admit: `allow sts:AssumeRole on the role to ${wordsOf(source.source).name}, and name it in the role's trust policy`,
        ...(source.mfa && {
          provide: `this role requires an MFA code: \`eval "$(aws configure export-credentials --profile ${profile} --format env)"\`, unset AWS_PROFILE, and run the same command without --profile`,
        }),
      };
  }
}
