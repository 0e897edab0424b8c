import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectStorage } from './connect';

/** A proxy that notes where it should connect to, and refuses. */
async function startProxy(
  status = '502 Bad Gateway',
): Promise<{ url: string; asked: string[]; server: Server }> {
  const asked: string[] = [];
  const server = createServer();
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, server };
}

describe('calls to AWS', () => {
  const original = { ...process.env };
  afterEach(() => {
    process.env = { ...original };
  });

  it.each([
    ['go through HTTPS_PROXY', undefined, ['packages.s3.eu-west-1.amazonaws.com:443']],
    ['go directly where NO_PROXY says so', 'https://127.0.0.1:1', []],
  ])('%s', async (_, endpoint, expected) => {
    const { url, asked, server } = await startProxy();
    Object.assign(process.env, { HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' });
    const { storage, close } = await connectStorage({
      region: 'eu-west-1',
      endpoint,
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
    });
    // Nobody answers; whom it asked is all that counts here.
    await storage.checkBucket({ name: 'packages' }).catch(() => undefined);
    close();
    server.close();
    expect(asked).toEqual(expected);
  });

  it.each([
    ['403 Forbidden', 'blocked'],
    ['407 Proxy Authentication Required', 'blocked'],
    ['502 Bad Gateway', 'unreachable'],
  ])('are told as refused by the proxy, not by AWS: %s', async (status, kind) => {
    const { url, server } = await startProxy(status);
    Object.assign(process.env, { HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' });
    const { storage, close } = await connectStorage({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
    });
    const answer = await storage.checkBucket({ name: 'packages' });
    close();
    server.close();
    const to = 'packages.s3.eu-west-1.amazonaws.com:443';
    const message = `the proxy ${new URL(url).host} answered ${status} to a connection to ${to}`;
    expect(answer).toMatchObject({ ok: false, failure: { kind, message } });
  });
});
