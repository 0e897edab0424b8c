/** Tells which link of the SDK's chain gives the credentials, and marks what that chain throws; the SDK alone resolves them. */

import { parseKnownFiles } from '@smithy/core/config';
import type { CredentialsSource, IgnoredVariables } from '../../release/calls/failure-error';
import type { AwsSettings } from './settings';

type Sections = Awaited<ReturnType<typeof parseKnownFiles>>;

/** In the order in which the SDK looks: a profile that is named wins over keys in the environment. */
export async function credentialsSource(settings: AwsSettings): Promise<CredentialsSource> {
  const { env } = process;
  if (settings.credentials) return { kind: 'given' };
  const named = settings.profile || env['AWS_PROFILE'];
  if (!named && env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']) {
    return { kind: 'environment' };
  }
  // A file that the SDK cannot read makes its chain fail, which says why.
  const profiles = await parseKnownFiles({});
  const source = ofProfile(named || 'default', profiles, new Set());
  if (source.kind !== 'unknown-profile') return source;
  const roleArn = env['AWS_ROLE_ARN'];
  if (env['AWS_WEB_IDENTITY_TOKEN_FILE'] && roleArn) return { kind: 'web-identity', roleArn };
  if (env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']) return { kind: 'machine' };
  if (env['AWS_CONTAINER_CREDENTIALS_FULL_URI']) return { kind: 'machine' };
  return named ? source : { kind: 'none' };
}

/** As CI sets them; undefined where none is set, or where they give the credentials. */
export function ignoredVariables(
  settings: AwsSettings,
  source: CredentialsSource,
): IgnoredVariables | undefined {
  const profile = settings.profile || process.env['AWS_PROFILE'];
  if (settings.credentials || !profile) return undefined;
  // For a profile that does not exist the chain goes on, but not to keys.
  const isTokenUsed = source.kind === 'web-identity' && source.profile === undefined;
  const names = [...KEYS, ...(isTokenUsed ? [] : ['AWS_WEB_IDENTITY_TOKEN_FILE'])];
  const set = names.filter((name) => process.env[name]);
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
  const section = profiles[profile];
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

interface Identity {
  accessKeyId?: unknown;
  secretAccessKey?: unknown;
}
type Provider = (options?: Record<string, unknown>) => Promise<Identity>;

/** Thrown by the chain; without it, AccessDenied from STS would pass for Lambda's. */
export class CredentialsStageError extends Error {
  override readonly name = 'CredentialsStageError';

  constructor(override readonly cause: unknown) {
    super('no credentials', { cause });
  }
}

interface Client {
  config: { credentials: unknown; logger: { debug?: (...content: never[]) => void } };
}

/** Marks everything that the client's chain of credentials throws. */
export function markCredentialsStage({ config }: Client): void {
  const provide = config.credentials as Provider;
  // The chain goes on after a process that failed, and ends with an error that no longer says so.
  let processFailure: string | null = null;
  config.logger.debug = (...content: unknown[]) => {
    processFailure = ABOUT_PROCESS.exec(String(content[0]))?.[1] ?? processFailure;
  };
  const marked: Provider = async (options) => {
    let identity: Identity;
    try {
      identity = await provide(options);
    } catch (cause) {
      const isEnd = cause instanceof Error && END_OF_CHAIN.test(cause.message);
      const reason =
        isEnd && processFailure !== null ? new Error(processFailure, { cause }) : cause;
      throw new CredentialsStageError(reason);
    }
    if (isText(identity.accessKeyId) && isText(identity.secretAccessKey)) return identity;
    throw new CredentialsStageError(new Error('a key is empty or not text, returned invalid'));
  };
  // With the SDK's own marks; without them it would keep the credentials in a second cache.
  config.credentials = Object.assign(marked, provide);
}

/** As the SDK's provider errors introduce themselves to its logger. */
const ABOUT_PROCESS =
  /^@smithy\/property-provider -> (Command failed|Profile .* credential_process .*|Cannot read properties of null.*)/;
const END_OF_CHAIN = /from any providers|Metadata Service access disabled/;

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
