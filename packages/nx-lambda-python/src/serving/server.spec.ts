import { connect } from 'node:net';
import { errorWith } from '../errors.fixtures';
import type { HttpRequest } from './http-event';
import { startServer, type LocalServer } from './server';

let server: LocalServer;
let seen: HttpRequest | undefined;
const LOCAL = { host: '127.0.0.1', port: 0 };

beforeEach(async () => {
  server = await startServer(LOCAL, (request) => {
    seen = request;
    const headers = { 'set-cookie': ['a=1', 'b=2'], 'content-type': 'text/plain' };
    return Promise.resolve({ status: 200, headers, body: Buffer.from('é') });
  });
});
afterEach(() => server.close());

const portOf = ({ url }: LocalServer) => Number(new URL(url).port);

describe('startServer', () => {
  it('carries requests and answers as they are', async () => {
    const response = await fetch(`${server.url}/a%20b/?x=1&x=%20`, { method: 'POST', body: 'hi' });
    expect(seen).toMatchObject({ method: 'POST', path: '/a%20b/', query: 'x=1&x=%20' });
    expect(seen?.body.toString()).toBe('hi');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.text()).toBe('é');
  });

  it('keeps headers of the same name apart', async () => {
    const socket = connect(portOf(server), '127.0.0.1');
    socket.end('GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\n\r\n');
    await new Promise((resolve) => socket.resume().once('close', resolve));
    expect(seen?.headers).toEqual(
      expect.arrayContaining([
        ['X-A', '1'],
        ['x-a', '2'],
      ]),
    );
  });

  it('reads a body that is too large, and keeps little more of it than Lambda takes', async () => {
    const { status } = await fetch(server.url, { method: 'POST', body: Buffer.alloc(9_000_000) });
    expect(status).toBe(200);
    expect(seen?.body.length).toBeGreaterThan(6_291_556);
    expect(seen?.body.length).toBeLessThan(7_000_000);
  });

  it('names a free port where the asked one is taken', async () => {
    const port = portOf(server);
    const error = await startServer({ ...LOCAL, port }, () => Promise.reject()).catch((one) => one);
    expect(() => {
      throw error;
    }).toThrow(errorWith('PORT_TAKEN', `port ${port} of 127.0.0.1`, '--port='));
    const free = Number(/--port=(\d+)/.exec(error.hint)?.[1]);
    const other = await startServer({ ...LOCAL, port: free }, () => Promise.reject());
    await other.close();
  });

  it('refuses an address of another machine', async () => {
    const error = await startServer({ host: '192.0.2.1', port: 0 }, () => Promise.reject()).catch(
      (one) => one,
    );
    expect(error).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('192.0.2.1'),
    });
  });

  it('leaves no port', async () => {
    const port = portOf(server);
    await server.close();
    server = await startServer({ ...LOCAL, port }, () => Promise.reject());
    expect(portOf(server)).toBe(port);
  });
});
