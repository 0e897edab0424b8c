/** Where and as whom requests are sent; everything left out is decided by the SDK's own chain. */

import { parseKnownFiles } from '@smithy/core/config';
import { proxyAgent } from './proxy';

export interface AwsSettings {
  region?: string;
  profile?: string;
  /** Of S3 and Lambda alike; AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL_LAMBDA set one each. */
  endpoint?: string;
  /** Instead of the chain; the simulated account's. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/**
 * What all clients are made with.
 * @param socketTimeout milliseconds to wait for an answer
 */
export async function clientConfiguration(
  settings: AwsSettings,
  maxSockets: number,
  service: 'lambda' | 's3' | 'sts',
  socketTimeout = 60_000,
) {
  // The SDK would print a warning about coming releases in the middle of our output; ours to heed, not the user's.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const { profile, credentials } = settings;
  const endpoint = settings.endpoint ?? (await profileEndpoint(profile, service));
  // The CLI reads AWS_DEFAULT_REGION, the SDK for JavaScript does not.
  const region = settings.region || process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'];
  return {
    ...(region && { region }),
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    // Without it the SDK warns on the console about failures that are handled here.
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    // Retries are ours: the SDK's would repeat writes without a look at what the first one did.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      socketTimeout,
      httpAgent: { maxSockets, keepAlive: true },
      httpsAgent: proxyAgent(maxSockets) ?? { maxSockets, keepAlive: true },
    },
  };
}

/** Failures reach the user as this plugin's errors, or not at all. */
const ignore = () => undefined;

/**
 * The `endpoint_url` of a profile that an option names: the SDK looks only into the profile of AWS_PROFILE,
 * and would send to AWS what the profile sends elsewhere. Undefined where the SDK decides correctly.
 */
async function profileEndpoint(
  profile: string | undefined,
  service: 'lambda' | 's3' | 'sts',
): Promise<string | undefined> {
  const { env } = process;
  if (!profile || env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined;
  if (env['AWS_ENDPOINT_URL'] || env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`]) return undefined;
  const sections = await parseKnownFiles({});
  const section = sections[profile];
  const ofService = sections[`services.${section?.['services']}`]?.[`${service}.endpoint_url`];
  return ofService ?? section?.['endpoint_url'];
}
