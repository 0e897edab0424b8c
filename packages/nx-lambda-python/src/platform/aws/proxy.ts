/** Calls to AWS through the proxy that HTTPS_PROXY, ALL_PROXY and NO_PROXY name; the SDK itself reads none of them. */

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
  /** By proxy, empty for none. One each, so that connections are used again. */
  private readonly agents = new Map<string, Promise<HttpAgent>>();

  override connect(_request: ClientRequest, { host, port }: AgentConnectOpts): Promise<HttpAgent> {
    const proxy = getProxyForUrl(`https://${host}:${port}`);
    const agent = this.agents.get(proxy) ?? this.newAgent(proxy);
    this.agents.set(proxy, agent);
    return agent;
  }

  override destroy(): void {
    super.destroy();
    for (const agent of this.agents.values()) {
      agent.then((one) => one.destroy()).catch(() => undefined);
    }
  }

  private async newAgent(proxy: string): Promise<HttpAgent> {
    const options = { maxSockets: this.maxSockets, keepAlive: true };
    if (!proxy) return new DirectAgent(options);
    return /^socks/i.test(proxy)
      ? socksAgent(proxy, options)
      : new RefusingProxyAgent(proxy, options);
  }
}

/** A connection that the proxy did not make. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';

  /** @param kind `blocked`: it will refuse again until somebody allows it */
  constructor(
    readonly kind: 'blocked' | 'unreachable',
    message: string,
  ) {
    super(message);
  }
}

/** The agent would hand the proxy's answer on as if the server had sent it. */
class RefusingProxyAgent extends HttpsProxyAgent<string> {
  override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>) {
    let answer = { statusCode: 200, statusText: '' };
    request.once('proxyConnect', (said: typeof answer) => (answer = said));
    const socket = await super.connect(request, options);
    if (answer.statusCode === 200) return socket;
    socket.destroy();
    const { statusCode, statusText } = answer;
    const to = `${options.host}:${options.port}`;
    throw new ProxyRefusal(
      statusCode < 500 ? 'blocked' : 'unreachable',
      `the proxy ${this.proxy.host} answered ${statusCode} ${statusText} to a connection to ${to}`,
    );
  }
}

/** Loaded for the few who need it. `socks5:` asks this machine for the host's address, `socks5h:` the proxy. */
async function socksAgent(
  proxy: string,
  options: { maxSockets: number; keepAlive: boolean },
): Promise<HttpAgent> {
  const { SocksProxyAgent } = await import('socks-proxy-agent');
  type SocksAgent = InstanceType<typeof SocksProxyAgent>;
  const { host } = new URL(proxy);
  class RefusingSocksAgent extends SocksProxyAgent {
    override async connect(...[request, to]: Parameters<SocksAgent['connect']>) {
      try {
        return await super.connect(request, to);
      } catch (error) {
        // Its errors have neither a code nor a class of their own.
        const reason = error instanceof Error ? error.message : String(error);
        throw new ProxyRefusal(
          /NotAllowed|authentication/i.test(reason) ? 'blocked' : 'unreachable',
          `the proxy ${host} made no connection to ${to.host}:${to.port}: ${reason}`,
        );
      }
    }
  }
  return new RefusingSocksAgent(proxy, options);
}
