/** `nx invoke` as a user types it: the package here, the deployed function, failures, and Ctrl-C in the middle. */

import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { NX_22 } from '../../tools/nx-versions';
import { startNx } from './support/nx-process';
import { until } from './support/until';
import { Workspace } from './support/workspace';

const REFUND = `import logging, os, time
from orders import money
def handler(event, context):
    if event.get('wait'):
        with open(event['wait'], 'w') as file: file.write(f'{os.getpid()}\\n')
        time.sleep(60)
    print('refunding', event['order'])
    return {'refunded': money.cents(event['order']), 'function': context.function_name,
            'tenant': context.tenant_id, 'token': len(os.environ.get('TOKEN', ''))}
`;
const FILES = {
  'services/orders/orders/handlers/refund.py': REFUND,
  'services/orders/orders/money.py': 'def cents(order):\n    return 100 // order\n',
  'events/refund.json': '{"order": 4}',
  '.env.orders': 'TOKEN=s3cret\n',
};

let workspace: Workspace;
beforeAll(() => {
  workspace = new Workspace('invoke').generateOrders('', { engine: 'host' });
  workspace.writeAll(FILES);
});

const invoke = (...args: string[]) => ['invoke', 'orders', '--output-style=static', ...args];
const result = () => JSON.parse(workspace.read('answer.json')) as unknown;

it('prints log, answer and figures, and no variable of the environment', () => {
  const options = [
    '--event=events/refund.json',
    '--resultFile=answer.json',
    '--envFile=.env.orders',
  ];
  const output = workspace.succeed(invoke('refund', ...options, '--tenantId=0012'));
  expect(result()).toEqual({ refunded: 25, function: 'orders-refund', tenant: '0012', token: 6 });
  expect(output).toMatch(/refunding 4\n/);
  expect(output).toMatch(/init \d+ ms, run [\d.]+ ms, \d+ of 128 MB \(python3\.11, this machine\)/);
  expect(output).not.toContain('s3cret');
});

it('shows a traceback with the workspace’s paths, and keeps the error', () => {
  const options = ['--handler=refund', '--event={"order": 0}', '--resultFile=answer.json'];
  workspace.fail(invoke(...options), [
    'File "services/orders/orders/handlers/refund.py", line 8, in handler',
    'File "services/orders/orders/money.py", line 2, in cents',
    'error[FUNCTION_FAILED]: `refund` failed: ZeroDivisionError',
  ]);
  expect(result()).toMatchObject({ errorType: 'ZeroDivisionError' });
  workspace.fail(invoke('--handler=refnd', '--resultFile=answer.json'), ['did you mean `refund`?']);
  expect(workspace.exists('answer.json')).toBe(false);
  workspace.fail(invoke('refund', '--python=python3.999'), ['error[HOST_PYTHON_MISSING]']);
});

it('calls the deployed function', () => {
  workspace.succeed(['deploy', 'orders', '-c', 'local', '--output-style=static']);
  const remote = [
    '--remote',
    '-c',
    'local',
    '--event=events/refund.json',
    '--resultFile=answer.json',
  ];
  const output = workspace.succeed(invoke('refund', ...remote));
  expect(result()).toMatchObject({ refunded: 25, function: 'orders-refund' });
  expect(output).toMatch(/refunding 4\n/);
  expect(output).toMatch(/init \d+ ms, run [\d.]+ ms, \d+ of 128 MB \(orders-refund:\$LATEST\)/);
});

it.each(['SIGINT', 'SIGKILL'] as const)('%s leaves no process, and no file', async (signal) => {
  const file = join(workspace.root, `pid-${signal}`);
  const event = `--event=${JSON.stringify({ wait: file })}`;
  const TMPDIR = join(workspace.root, `tmp-${signal}`);
  mkdirSync(TMPDIR);
  const runs = () => readdirSync(TMPDIR).filter((name) => name.startsWith('nx-lambda-python-run-'));
  const nx = startNx(workspace, invoke('refund', event, '--timeout=100'), { TMPDIR });
  const pid = await nx.until('the function runs', () => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return text.endsWith('\n') && text.trim();
  });
  expect(runs()).toHaveLength(1);
  expect((await nx.interrupt(signal)).code).not.toBe(0);
  await until('the end of the function', () => !isThere(pid));
  await until('the end of its files', () => runs().length === 0);
});

/** A zombie is gone in all but name. */
function isThere(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

it('takes the handler as a word in the oldest Nx, too', () => {
  const other = new Workspace('invoke 22', NX_22).generateOrders('', {
    engine: 'host',
  });
  other.writeAll(FILES);
  expect(other.succeed(invoke('refund', '--event=events/refund.json'))).toContain('"refunded": 25');
});
