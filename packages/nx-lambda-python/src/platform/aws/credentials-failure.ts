/** Tells what went wrong while the SDK got credentials from what went wrong with a request that has them. */

import type { AwsFailureKind } from '../../release/model/aws-failure';

interface Identity {
  accessKeyId?: unknown;
  secretAccessKey?: unknown;
}
type Provider = (options?: Record<string, unknown>) => Promise<Identity>;

/** Thrown by the chain; STS's AccessDenied would pass for Lambda's without it. */
export class CredentialsStageError extends Error {
  override readonly name = 'CredentialsStageError';

  constructor(override readonly cause: unknown) {
    super('no credentials', { cause });
  }
}

interface Client {
  config: { credentials: unknown; logger: { debug?: (...content: never[]) => void } };
}

/** Marks whatever the client's chain of credentials throws. */
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
    throw new CredentialsStageError(new Error('a key is empty or no text, returned invalid'));
  };
  // With the SDK's own marks, or else it would keep the credentials in a second cache.
  config.credentials = Object.assign(marked, provide);
}

/** As the SDK's provider errors introduce themselves to its logger. */
const ABOUT_PROCESS =
  /^@smithy\/property-provider -> (Command failed|Profile .* credential_process .*|Cannot read properties of null.*)/;
const END_OF_CHAIN = /from any providers|Metadata Service access disabled/;

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** The first that fits the message; the SDK has one error class for all of these. */
const BY_MESSAGE: readonly (readonly [RegExp, AwsFailureKind])[] = [
  [/expired|Cannot refresh/i, 'expired'],
  [/^UnauthorizedException|Session token not found or invalid/i, 'expired'],
  [/^ForbiddenException|No access/, 'denied'],
  [/credential_process (returned invalid|did not return)|returned invalid/, 'bad-credentials'],
  [/Cannot read properties of/, 'bad-credentials'],
];

/** Of an error that no service sent. Whatever a chain throws is about the user's setup, not a defect. */
export function credentialsKind(message: string): AwsFailureKind {
  return BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? 'no-credentials';
}

/** What STS says, where its meaning differs from that of the services. */
export function handOutKind(name: string): AwsFailureKind | null {
  if (/^IDPCommunicationError/.test(name)) return 'server';
  return /^(InvalidIdentityToken|IDPRejectedClaim|Validation|Malformed|RegionDisabled)/.test(name)
    ? 'bad-credentials'
    : null;
}

/** A failed command's message has its arguments and its stderr, where secrets may stand. */
export function withoutCommand(message: string): string {
  return message.startsWith('Command failed') ? 'its command failed' : message;
}
