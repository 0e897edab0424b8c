/** The chain as a user types it: generate, build, upload, deploy to the simulated account, change, deploy again. */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { startSimulatedAccount } from '../../packages/nx-lambda-python/src/testing';
import { commitAll } from '../../tools/fresh-workspace';
import { Workspace } from './support/workspace';

interface Report {
  functions: { name: string; status: string; seconds: number }[];
}

describe('the chain', () => {
  let workspace: Workspace;
  const deploy = (...args: string[]) =>
    workspace.succeed(['deploy', 'orders', '-c', 'local', '--output-style=static', ...args]);
  const report = () =>
    JSON.parse(workspace.read('dist/services/orders/deploy-report.json')) as Report;

  beforeAll(() => {
    workspace = new Workspace('chain');
    workspace.succeed([
      ...['g', 'nx-lambda-python:project', 'services/orders', '--name=orders', '--package=orders'],
      ...['--runtime=python3.11', '--no-interactive'],
    ]);
    workspace.succeed(['g', 'nx-lambda-python:handler', 'refund', '--project=orders']);
    workspace.write('services/orders/requirements.txt', 'orjson==3.11.5\nsix==1.17.0\n');
    workspace.setDefaults('build', { engine: 'host' });
    commitAll(workspace.root, 'feat: orders');
  });

  it('builds, uploads and deploys a new service in a new workspace', () => {
    const output = deploy();
    const order = ['orders:build', 'orders:upload', 'orders:deploy'].map((task) =>
      output.indexOf(task),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(report().functions.map(({ name, status }) => [name, status])).toEqual([
      ['orders-hello', 'updated'],
      ['orders-refund', 'updated'],
    ]);
  });

  it('writes a manifest that describes the package', () => {
    const manifest = workspace.manifest('services/orders');
    expect(manifest).toMatchObject({
      format: 2,
      project: 'orders',
      package: { file: 'package.zip', sha256: workspace.packageDigest('services/orders') },
      requirementsKey: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      runtime: 'python3.11',
      architecture: 'x86_64',
      image: null,
      engine: 'host',
      handlers: [
        {
          name: 'hello',
          file: 'orders/handlers/hello.py',
          handler: 'orders.handlers.hello.handler',
        },
        {
          name: 'refund',
          file: 'orders/handlers/refund.py',
          handler: 'orders.handlers.refund.handler',
        },
      ],
    });
    expect(manifest.distributions).toMatchObject([
      { name: 'orjson', version: '3.11.5', wheel: expect.stringContaining('manylinux') as string },
      { name: 'six', version: '1.17.0', wheel: 'six-1.17.0-py2.py3-none-any.whl' },
    ]);
  });

  it('runs exactly the package in every function', async () => {
    const { sha256 } = workspace.manifest('services/orders').package;
    const directory = join(workspace.root, '.nx-lambda-python', 'account');
    const account = await startSimulatedAccount({ directory });
    const codes = await Promise.all(
      ['orders-hello', 'orders-refund'].map((name) => account.functionCode(name)),
    );
    await account.stop();
    const digests = codes.map((code) =>
      createHash('sha256')
        .update(code ?? '')
        .digest('base64'),
    );
    expect(digests).toEqual([sha256, sha256]);
  });

  it('skips what is unchanged', () => {
    expect(deploy()).toContain('2 unchanged');
    expect(report().functions.map(({ status }) => status)).toEqual(['unchanged', 'unchanged']);
  });

  it('is answered by the cache of Nx while nothing changes', () => {
    expect(workspace.succeed(['build', 'orders', '--output-style=static'])).toMatch(
      /local cache|existing outputs match/,
    );
  });

  it('shows a plan and writes nothing with --dryRun', () => {
    workspace.write('services/orders/orders/shared.py', 'X = 1\n');
    workspace.succeed(['upload', 'orders', '-c', 'local']);
    const before = report();
    expect(deploy('--dryRun')).toMatch(/update \(\d+\).*\n[^\n]*\n\s+orders-hello\s+hello/);
    expect(report()).toEqual(before);
  });

  it('deploys what is affected, and nothing else', () => {
    commitAll(workspace.root, 'feat: shared');
    const handler = 'services/orders/orders/handlers/hello.py';
    workspace.write(handler, `${workspace.read(handler)}\nCHANGED = True\n`);
    const output = workspace.succeed([
      ...['affected', '-t', 'deploy', '-c', 'local', '--base=HEAD', '--output-style=static'],
    ]);
    expect(output).toContain('2 updated');
    commitAll(workspace.root, 'feat: hello');
    workspace.write('notes.md', 'nothing of a service');
    expect(workspace.succeed(['affected', '-t', 'deploy', '-c', 'local', '--base=HEAD'])).toContain(
      'No tasks were run',
    );
  });

  it('has the same bytes when built from nothing again', () => {
    const before = workspace.packageDigest('services/orders');
    workspace.remove('dist');
    workspace.succeed(['build', 'orders', '--skip-nx-cache']);
    expect(workspace.packageDigest('services/orders')).toBe(before);
  });
});
