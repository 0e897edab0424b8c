/** Calls to AWS through the proxy that HTTPS_PROXY, ALL_PROXY and NO_PROXY name; the SDK itself knows none. */

import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { Agent as HttpAgent, ClientRequest } from 'node:http';
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
  /** By proxy, empty for none. Kept, so that connections are. */
  private readonly agents = new Map<string, HttpAgent>();

  override connect(_request: ClientRequest, { host, port }: AgentConnectOpts): HttpAgent {
    const proxy = getProxyForUrl(`https://${host}:${port}`);
    const agent = this.agents.get(proxy) ?? this.newAgent(proxy);
    this.agents.set(proxy, agent);
    return agent;
  }

  override destroy(): void {
    super.destroy();
    for (const agent of this.agents.values()) agent.destroy();
  }

  private newAgent(proxy: string): HttpAgent {
    const options = { maxSockets: this.maxSockets, keepAlive: true };
    return proxy ? new RefusingProxyAgent(proxy, options) : new DirectAgent(options);
  }
}

/** The proxy's own answer where it makes no connection. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';

  constructor(
    readonly status: number,
    reason: string,
    proxy: URL,
    to: string,
  ) {
    super(`the proxy ${proxy.host} answered ${status} ${reason} to a connection to ${to}`);
  }
}

/** The agent's way is to hand the proxy's answer on as if the server had sent it. */
class RefusingProxyAgent extends HttpsProxyAgent<string> {
  override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>) {
    let answer = { statusCode: 200, statusText: '' };
    request.once('proxyConnect', (said: typeof answer) => (answer = said));
    const socket = await super.connect(request, options);
    if (answer.statusCode === 200) return socket;
    socket.destroy();
    const { statusCode, statusText } = answer;
    const to = `${options.host}:${options.port}`;
    throw new ProxyRefusal(statusCode, statusText, this.proxy, to);
  }
}
