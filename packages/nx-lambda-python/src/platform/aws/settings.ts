/** Where and as whom requests are sent; everything left out is decided by the SDK's own chain. */

import { proxyAgent } from './proxy';
import { profileEndpoint } from './shared-config';

export interface AwsSettings {
  region?: string;
  profile?: string;
  /** Of S3 and Lambda alike; AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL_LAMBDA are the way to tell them apart. */
  endpoint?: string;
  /** Instead of the chain; the simulated account's. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/**
 * What all clients are made with.
 * @param socketTimeout milliseconds that an answer may be waited for
 */
export function clientConfiguration(
  settings: AwsSettings,
  maxSockets: number,
  service: 'lambda' | 's3' | 'sts',
  socketTimeout = 60_000,
) {
  // The SDK would print a warning about coming releases in the middle of our output; ours to heed, not the user's.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const { profile, credentials } = settings;
  const endpoint = settings.endpoint ?? profileEndpoint(profile, service);
  // The CLI knows AWS_DEFAULT_REGION, the SDK for JavaScript does not.
  const region = settings.region || process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'];
  return {
    ...(region ? { region } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    // Or else it warns on the console of what we handle.
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

function ignore(): void {
  // Failures reach the user as errors of ours, or not at all.
}
