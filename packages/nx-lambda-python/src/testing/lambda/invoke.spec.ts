import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ORDERS, startBench, stopBenches } from '../clients.fixtures';
import { pythonInvoker } from './python';
import { smallZip } from '../seeding';
import { temporaryDirectory } from '../../temporary.fixtures';

let directory: string;
beforeEach(() => (directory = temporaryDirectory()));
afterEach(async () => {
  await stopBenches();
});

const FunctionName = ORDERS.name;

async function startWith(body: string) {
  const bench = await startBench();
  const code = smallZip('handler.py', `def handler(event, context):\n${body}\n`);
  await bench.account.createFunction({ ...ORDERS, handler: 'handler.handler', code });
  const invoke = async () => {
    const { Payload, FunctionError } = await bench.lambda.invoke({ FunctionName });
    return {
      error: FunctionError,
      body: JSON.parse(Payload?.transformToString() ?? '') as unknown,
    };
  };
  return { ...bench, invoke };
}

test('the handler sees its own environment and no other', async () => {
  process.env['HOST_SECRET'] = 'secret';
  const { invoke } = await startWith('    import os; return dict(os.environ)');
  const { body } = await invoke();
  delete process.env['HOST_SECRET'];
  expect(body).toMatchObject({ AWS_LAMBDA_FUNCTION_NAME: FunctionName, AWS_REGION: 'us-east-1' });
  expect(body).not.toHaveProperty('HOST_SECRET');
  expect(body).not.toHaveProperty('HOME');
});

test('a PATH of the function’s own does not hide the Python', async () => {
  const { lambda, invoke } = await startWith("    import os; return os.environ['PATH']");
  const Environment = { Variables: { PATH: '/opt/bin' } };
  await lambda.updateFunctionConfiguration({ FunctionName, Environment });
  expect((await invoke()).body).toBe('/opt/bin');
});

test('the handler has Lambda’s context', async () => {
  const { invoke } = await startWith(
    '    return [context.function_name, context.function_version, context.get_remaining_time_in_millis() > 0]',
  );
  expect((await invoke()).body).toEqual([FunctionName, '$LATEST', true]);
});

test('a process that ends itself is Runtime.ExitError', async () => {
  const { invoke } = await startWith('    import os; os._exit(3)');
  expect(await invoke()).toMatchObject({
    error: 'Unhandled',
    body: {
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('exit status 3'),
    },
  });
});

test('what it returns must be JSON', async () => {
  const { invoke } = await startWith('    return {1, 2}');
  expect((await invoke()).body).toMatchObject({ errorType: 'Runtime.MarshalError' });
});

test('what the handler started ends with it, and its directory is gone', async () => {
  const { invoke } = await startWith(
    `    import os, subprocess, sys
    with open(${JSON.stringify(join(directory, 'root'))}, 'w') as file: file.write(os.getcwd())
    sleep = [sys.executable, '-c', 'import time; time.sleep(60)']
    return subprocess.Popen(sleep).pid`,
  );
  const { body } = await invoke();
  await expectGone(Number(body));
  expect(existsSync(readFileSync(join(directory, 'root'), 'utf8'))).toBe(false);
});

test('an account that stops ends what still runs', async () => {
  const { account, invoke } = await startWith(
    `    import os, time
    with open(${JSON.stringify(join(directory, 'pid'))}, 'w') as file: file.write(str(os.getpid()))
    os.rename(${JSON.stringify(join(directory, 'pid'))}, ${JSON.stringify(join(directory, 'ready'))})
    time.sleep(60)`,
  );
  const answer = invoke().catch(() => 'no answer');
  while (!readdirSync(directory).includes('ready')) await sleep(20);
  await account.stop();
  await expectGone(Number(readFileSync(join(directory, 'ready'), 'utf8')));
  expect(await answer).toBe('no answer');
});

test('without a Python there is no result', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = directory;
  const result = await pythonInvoker().run({
    requestId: 'id',
    code: smallZip('handler.py', ''),
    layers: [],
    runtime: 'python3.13',
    handler: 'handler.handler',
    environment: {},
    event: {},
    timeoutSeconds: 1,
    context: {},
  });
  process.env['PATH'] = path;
  expect(result).toBeUndefined();
});

/** A killed process stays for a moment, until its parent has been told. */
async function expectGone(pid: number): Promise<void> {
  const isThere = () => {
    try {
      // A zombie is gone in all but name; containers may have nobody who collects it.
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  };
  for (let tries = 0; isThere() && tries < 200; tries += 1) await sleep(25);
  expect(isThere()).toBe(false);
}
