import type { AddressInfo, Server } from 'node:net';

/** Has it answer on this machine. @returns `127.0.0.1:<port>` */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function close(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}

/** Each test begins without the variables that AWS's clients read, and leaves none behind. */
export function isolateEnvironment(): void {
  const before = { ...process.env };
  beforeEach(() => {
    for (const name of Object.keys(process.env)) {
      if (/^AWS_|_proxy$/i.test(name)) delete process.env[name];
    }
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
}
