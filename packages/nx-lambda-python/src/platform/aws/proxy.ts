/** Calls to AWS through the proxy that HTTPS_PROXY, ALL_PROXY and NO_PROXY name; the SDK itself knows none. */

import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { ClientRequest } from 'node:http';
import { Agent as DirectAgent } from 'node:https';
import { getProxyForUrl } from 'proxy-from-env';

/** Undefined where no proxy is set at all. */
export function proxyAgent(maxSockets: number): Agent | undefined {
  const isSet = ['https_proxy', 'all_proxy'].some(
    (name) => process.env[name] || process.env[name.toUpperCase()],
  );
  return isSet ? new EnvironmentProxyAgent({ maxSockets, keepAlive: true }) : undefined;
}

/** Decides for each host, since NO_PROXY may except some. */
class EnvironmentProxyAgent extends Agent {
  override connect(_request: ClientRequest, { host, port }: AgentConnectOpts) {
    const proxy = getProxyForUrl(`https://${host}:${port}`);
    return proxy ? new HttpsProxyAgent(proxy) : new DirectAgent();
  }
}
