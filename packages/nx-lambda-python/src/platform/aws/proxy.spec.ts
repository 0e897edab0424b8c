import { createServer, type Server } from 'node:http';
import { createServer as createSocketServer, type Socket } from 'node:net';
import { close as closeServer, isolateEnvironment, listen } from './aws.fixtures';
import { connectStorage } from './connect';

const HOST = 'packages.s3.eu-west-1.amazonaws.com';

interface Proxy {
  address: string;
  /** Where it was told to connect to. */
  asked: string[];
  server: Server | ReturnType<typeof createSocketServer>;
}

/** A proxy that refuses. */
async function startProxy(status = '502 Bad Gateway'): Promise<Proxy> {
  const asked: string[] = [];
  const server = createServer();
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
  });
  return { address: await listen(server), asked, server };
}

/** RFC 1928. @param reply its answer to a request, after which it hangs up */
async function startSocks(reply: number): Promise<Proxy> {
  const asked: string[] = [];
  const server = createSocketServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      // 5 - version; 0 - no authentication.
      socket.write(Buffer.from([5, 0]));
      socket.once('data', (request) => {
        // 3 - a name; 4 - its length.
        const end = 5 + request.readUInt8(4);
        const isName = request.readUInt8(3) === 3;
        asked.push(
          isName ? `${request.toString('utf8', 5, end)}:${request.readUInt16BE(end)}` : '',
        );
        socket.end(Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]));
      });
    });
  });
  return { address: await listen(server), asked, server };
}

describe('calls to AWS', () => {
  isolateEnvironment();

  async function askThrough({ server }: Proxy, variables: object, endpoint?: string) {
    Object.assign(process.env, { NO_PROXY: '127.0.0.1', ...variables });
    const { storage, close } = await connectStorage({
      region: 'eu-west-1',
      endpoint,
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
    });
    try {
      // Under Jest an error of a socket is not an instance of the SDK's Error, which then wraps it.
      return await storage.checkBucket({ name: 'packages' }).catch(String);
    } finally {
      close();
      server.close();
    }
  }

  it('go directly where NO_PROXY says so', async () => {
    const proxy = await startProxy();
    await askThrough(proxy, { HTTPS_PROXY: `http://${proxy.address}` }, 'https://127.0.0.1:1');
    expect(proxy.asked).toEqual([]);
  });

  it.each([
    ['403 Forbidden', 'blocked'],
    ['407 Proxy Authentication Required', 'blocked'],
    ['502 Bad Gateway', 'unreachable'],
  ])('go through HTTPS_PROXY, whose %s is not taken for one of AWS', async (status, kind) => {
    const proxy = await startProxy(status);
    const answer = await askThrough(proxy, { HTTPS_PROXY: `http://${proxy.address}` });
    expect(proxy.asked).toEqual([`${HOST}:443`]);
    const message = `the proxy ${proxy.address} answered ${status} to a connection to ${HOST}:443`;
    expect(answer).toMatchObject({ ok: false, failure: { kind, message } });
  });

  it.each([
    [2, 'blocked', 'Socks5 proxy rejected connection - NotAllowed'],
    [4, 'unreachable', 'Socks5 proxy rejected connection - HostUnreachable'],
  ])('go through a SOCKS proxy, which answers %i', async (reply, kind, reason) => {
    const proxy = await startSocks(reply);
    const answer = await askThrough(proxy, { ALL_PROXY: `socks5h://me:secret@${proxy.address}` });
    expect(proxy.asked).toEqual([`${HOST}:443`]);
    const message = `the proxy ${proxy.address} made no connection to ${HOST}:443: ${reason}`;
    expect(answer).toMatchObject({ ok: false, failure: { kind, message } });
  });

  it('send what is meant for AWS through the tunnel of a SOCKS proxy', async () => {
    const proxy = await startSocks(0);
    const answer = await askThrough(proxy, { ALL_PROXY: `socks5h://${proxy.address}` });
    // It hangs up where AWS would begin to speak TLS.
    expect(answer).toContain('disconnected before secure TLS connection was established');
  });

  it('say that a SOCKS proxy is not running', async () => {
    const proxy = await startSocks(0);
    await closeServer(proxy.server);
    const answer = await askThrough(proxy, { ALL_PROXY: `socks5h://${proxy.address}` });
    expect(answer).toMatchObject({ failure: { kind: 'unreachable' } });
    expect(JSON.stringify(answer)).toContain(`ECONNREFUSED ${proxy.address}`);
  });
});
