/** Tells which link of the SDK's chain will give the credentials; the SDK alone resolves them. */

import type { CredentialsSource, IgnoredVariables } from '../../release/calls/failure-error';
import type { AwsSettings } from './settings';
import { readSharedConfig, type Sections } from './shared-config';

/** In the order in which the SDK looks: a profile that is named wins over keys in the environment. */
export function credentialsSource(
  settings: AwsSettings,
  environment: NodeJS.ProcessEnv = process.env,
): CredentialsSource {
  if (settings.credentials) return { kind: 'given' };
  const named = settings.profile || environment['AWS_PROFILE'];
  if (!named && environment['AWS_ACCESS_KEY_ID'] && environment['AWS_SECRET_ACCESS_KEY']) {
    return { kind: 'environment' };
  }
  const { profiles } = readSharedConfig(environment);
  const profile = named || 'default';
  const found = ofProfile(profile, profiles, new Set());
  if (found.kind !== 'unknown-profile') return found;
  const roleArn = environment['AWS_ROLE_ARN'];
  if (environment['AWS_WEB_IDENTITY_TOKEN_FILE'] && roleArn) {
    return { kind: 'web-identity', roleArn };
  }
  if (environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']) return { kind: 'machine' };
  if (environment['AWS_CONTAINER_CREDENTIALS_FULL_URI']) return { kind: 'machine' };
  return named ? found : { kind: 'none' };
}

/** As CI sets them; undefined where none is set, or they are what gives the credentials. */
export function ignoredVariables(
  settings: AwsSettings,
  environment: NodeJS.ProcessEnv = process.env,
): IgnoredVariables | undefined {
  const profile = settings.profile || environment['AWS_PROFILE'];
  if (settings.credentials || !profile) return undefined;
  const source = credentialsSource(settings, environment);
  // A profile that does not exist leaves the chain to go on, but for keys.
  const isTokenUsed = source.kind === 'web-identity' && source.profile === undefined;
  const names = [...KEYS, ...(isTokenUsed ? [] : ['AWS_WEB_IDENTITY_TOKEN_FILE'])];
  const set = names.filter((name) => environment[name]);
  return set.length === 0
    ? undefined
    : { names: set, profile, by: settings.profile ? 'profile' : 'AWS_PROFILE' };
}

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

function ofProfile(
  profile: string,
  profiles: Sections,
  visited: ReadonlySet<string>,
): CredentialsSource {
  const section = profiles.get(profile);
  if (section === undefined) return { kind: 'unknown-profile', profile };
  const isKeys = section['aws_access_key_id'] !== undefined;
  // As a source, keys win over a role: a profile may name itself, for the keys beside its role.
  if (isKeys && visited.size > 0) return { kind: 'keys', profile };
  if (visited.has(profile)) return { kind: 'unknown-profile', profile };
  const { role_arn: roleArn, source_profile: from, credential_source: outside } = section;
  if (roleArn && (from || outside)) {
    const source: CredentialsSource = from
      ? ofProfile(from, profiles, new Set([...visited, profile]))
      : { kind: outside === 'Environment' ? 'environment' : 'machine' };
    return { kind: 'role', roleArn, profile, mfa: section['mfa_serial'] !== undefined, source };
  }
  if (isKeys) return { kind: 'keys', profile };
  if (roleArn && section['web_identity_token_file']) {
    return { kind: 'web-identity', roleArn, profile };
  }
  if (section['credential_process'] !== undefined) return { kind: 'process', profile };
  if (Object.keys(section).some((key) => key.startsWith('sso_'))) return { kind: 'sso', profile };
  if (section['login_session'] !== undefined) return { kind: 'login', profile };
  return { kind: 'unknown-profile', profile };
}
