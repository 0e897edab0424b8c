import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorWith } from '../errors.fixtures';
import { temporaryDirectory } from '../temporary.fixtures';
import { callOf, expectGone, hostPython, runnerOf, taskOf, textOf } from './runtime.fixtures';

const SOURCE = `import json, logging, os, subprocess, sys, time
print('loaded', end='')
count = 0

def counts(event, context):
    global count
    count += 1
    print('call', count)
    return [os.getpid(), count]

def sleeps(event, context):
    print('before')
    time.sleep(60)

def exits(event, context):
    os._exit(event)

def starts(event, context):
    return subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid

def describes(event, context):
    with open('/dev/null' if os.name == 'posix' else 'NUL'): pass
    client = context.client_context
    return {
        'id': context.aws_request_id,
        'arn': context.invoked_function_arn,
        'names': [context.function_name, context.function_version, context.memory_limit_in_mb],
        'logs': [context.log_group_name, bool(context.log_stream_name)],
        'remaining': 0 < context.get_remaining_time_in_millis() <= 3000,
        'client': [client.client.app_title, client.custom, client.env],
        'identity': [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
        'tenant': context.tenant_id,
        'trace': os.environ['_X_AMZN_TRACE_ID'],
        'own': os.environ['TABLE'],
        'machine': 'HOME' in os.environ or 'HOST_SECRET' in os.environ,
        'place': os.getcwd() == os.environ['LAMBDA_TASK_ROOT'] == sys.path[0],
    }

def echoes(event, context):
    return event

def grows(event, context):
    return 'x' * event

def temporary(event, context):
    import tempfile
    before = os.listdir(tempfile.gettempdir())
    open(os.path.join(tempfile.gettempdir(), 'mine'), 'w').close()
    return before

def leaves(event, context):
    late = '''import os, time, urllib.request
time.sleep(0.3)
api = os.environ['AWS_LAMBDA_RUNTIME_API']
urllib.request.urlopen(f'http://{api}/2018-06-01/runtime/invocation/next', timeout=5)'''
    subprocess.Popen([sys.executable, '-c', late], stderr=subprocess.DEVNULL, start_new_session=True)
    os._exit(0)

def ends(event, context):
    import signal
    def end(*_):
        open(event, 'w').close()
        sys.exit(0)
    signal.signal(signal.SIGTERM, end)

def waits(event, context):
    time.sleep(event)
    return os.getpid()
`;

const FILES = { 'orders/__init__.py': '', 'orders/refund.py': SOURCE };
const call = (name: string, event?: unknown, more?: Parameters<typeof callOf>[2]) =>
  callOf(`orders.refund.${name}`, event, more);
const parsed = (result: Parameters<typeof textOf>[0]) => JSON.parse(textOf(result)) as unknown;

test('a process is warm after its first call, until its handler is restarted', async () => {
  const runner = await runnerOf(FILES);
  const lines: string[] = [];
  const first = await runner.invoke(call('counts', {}, { onLog: (line) => lines.push(line) }));
  const second = await runner.invoke(call('counts'));
  const [pid] = parsed(first) as [number];
  expect(parsed(second)).toEqual([pid, 2]);
  expect(first.initMs).toBeGreaterThan(0);
  expect(second).toMatchObject({ log: 'call 2\n' });
  expect(second).not.toHaveProperty('initMs');
  expect(lines).toEqual(['loadedcall 1']);
  runner.restart(['orders.other.handler']);
  expect(parsed(await runner.invoke(call('counts')))).toEqual([pid, 3]);
  runner.restart(['orders.refund.counts']);
  expect(parsed(await runner.invoke(call('counts')))).toEqual([expect.any(Number), 1]);
});

test('context and environment are Lambda’s', async () => {
  process.env['HOST_SECRET'] = 'secret';
  const runner = await runnerOf(FILES, { region: 'eu-west-1', accountId: '111122223333' });
  const result = await runner.invoke(
    call(
      'describes',
      {},
      {
        environment: { TABLE: 'orders' },
        clientContext: '{"client":{"app_title":"täst"},"custom":{"a":1},"env":{}}',
        identity: '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}',
        tenantId: 'blue',
        traceId: 'Root=1-a',
        version: '7',
        requestId: 'id-1',
      },
    ),
  );
  delete process.env['HOST_SECRET'];
  expect(parsed(result)).toEqual({
    id: 'id-1',
    arn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders',
    names: ['orders', '7', '128'],
    logs: ['/aws/lambda/orders', true],
    remaining: true,
    client: ['täst', { a: 1 }, {}],
    identity: ['i', 'p'],
    tenant: 'blue',
    trace: 'Root=1-a',
    own: 'orders',
    machine: false,
    place: true,
  });
});

test.each<[string, string, unknown, string, string]>([
  [
    'a call that takes too long',
    'sleeps',
    {},
    'Sandbox.Timedout',
    'Error: Task timed out after 0.30 seconds',
  ],
  [
    'a process that ends itself',
    'exits',
    3,
    'Runtime.ExitError',
    'Error: Runtime exited with error: exit status 3',
  ],
  [
    'one that ends well',
    'exits',
    0,
    'Runtime.ExitError',
    'Error: Runtime exited without providing a reason',
  ],
  [
    'a missing handler',
    'absent',
    {},
    'Runtime.HandlerNotFound',
    "Handler 'absent' missing on module 'orders.refund'",
  ],
])('%s fails its own call, and the next one works', async (_, name, event, errorType, message) => {
  const runner = await runnerOf(FILES, { concurrency: 1 });
  const failed = await runner.invoke(call(name, event, { timeoutMs: 300 }));
  expect(failed.functionError).toBe('Unhandled');
  expect(parsed(failed)).toMatchObject({
    errorType,
    errorMessage: expect.stringContaining(message),
  });
  expect(parsed(await runner.invoke(call('counts')))).toEqual([expect.any(Number), 1]);
});

test('6 MB go in and come back, and more is an error', async () => {
  const runner = await runnerOf(FILES);
  const event = 'x'.repeat(6_291_554);
  expect(textOf(await runner.invoke(call('echoes', event)))).toHaveLength(6_291_556);
  const large = await runner.invoke(call('grows', 6_291_556));
  expect(parsed(large)).toMatchObject({
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: expect.stringContaining('6291558 bytes'),
  });
  expect(parsed(await runner.invoke(call('echoes', 1)))).toBe(1);
});

test('50 calls at once share the processes that there may be', async () => {
  const runner = await runnerOf(FILES, { concurrency: 3 });
  const results = await Promise.all(
    Array.from({ length: 50 }, () => runner.invoke(call('waits', 0.01))),
  );
  const pids = new Set(results.map(parsed));
  expect(pids.size).toBe(3);
});

test('/tmp is a process’s own, and empty when it starts again', async () => {
  const runner = await runnerOf(FILES);
  expect(parsed(await runner.invoke(call('temporary')))).toEqual([]);
  expect(parsed(await runner.invoke(call('temporary')))).toEqual(['mine']);
  runner.restart('all');
  expect(parsed(await runner.invoke(call('temporary')))).toEqual([]);
});

test('nothing is left when it closes, whatever runs', async () => {
  const runner = await runnerOf(FILES);
  const pid = parsed(await runner.invoke(call('starts'))) as number;
  const running = runner.invoke(call('sleeps', {}, { timeoutMs: 60_000 })).catch(() => undefined);
  await runner.close();
  await running;
  await expectGone(pid);
  const ours = new RegExp(`^nx-lambda-python-run-${process.pid}-`);
  expect(readdirSync(tmpdir()).filter((name) => ours.test(name))).toEqual([]);
});

test('what a process asked for is not taken for the wish of the next one', async () => {
  const runner = await runnerOf(FILES, { concurrency: 1 });
  await runner.invoke(call('leaves'));
  expect(parsed(await runner.invoke(call('waits', 0.8)))).toEqual(expect.any(Number));
});

test('a process is asked to end before it is ended', async () => {
  const told = join(temporaryDirectory('told'), 'file');
  const runner = await runnerOf(FILES);
  await runner.invoke(call('ends', told));
  await runner.close();
  expect(existsSync(told)).toBe(true);
});

test('an idle process ends', async () => {
  const runner = await runnerOf(FILES, { idleMs: 10 });
  const [pid] = parsed(await runner.invoke(call('counts'))) as [number];
  await expectGone(pid);
  expect(parsed(await runner.invoke(call('counts')))).toEqual([expect.any(Number), 1]);
});

test('a package that is deleted while it is used fails the next process only', async () => {
  const task = taskOf(FILES);
  const runner = await runnerOf({}, { tree: { task } });
  expect(parsed(await runner.invoke(call('echoes', 1)))).toBe(1);
  rmSync(task, { recursive: true });
  expect(parsed(await runner.invoke(call('echoes', 2)))).toBe(2);
  runner.restart('all');
  await expect(runner.invoke(call('echoes', 3))).rejects.toThrow(
    errorWith('PACKAGE_NOT_BUILT', task),
  );
});

test.each([
  ['no-such-python', 'cannot be started'],
  ['python3', 'but python3.0 needs Python 3.0'],
])('%s in the place of a fitting Python', async (python, message) => {
  const { runtime } = await hostPython();
  const other =
    python === 'python3' ? { ...runtime, name: 'python3.0', python: [3, 0] as const } : runtime;
  const runner = await runnerOf(FILES, { place: { kind: 'host', python }, runtime: other });
  await expect(runner.invoke(call('echoes'))).rejects.toThrow(
    errorWith('HOST_PYTHON_MISSING', message, '--python='),
  );
});
