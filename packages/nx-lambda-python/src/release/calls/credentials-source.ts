/** Where credentials come from, so that an error can say how to renew exactly these. */

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
export function sourceName(source: CredentialsSource): string {
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
