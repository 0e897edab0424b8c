import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { callOf, expectGone } from '../../runtime/runtime.fixtures';
import { temporaryDirectory } from '../../temporary.fixtures';
import { ORDERS, startBench, stopBenches } from '../clients.fixtures';
import { smallZip } from '../seeding';
import { pythonInvoker } from './python';

afterEach(async () => {
  await stopBenches();
});

const FunctionName = ORDERS.name;

async function startWith(body: string) {
  const bench = await startBench({ updateMilliseconds: 0 });
  const zipOf = (text: string) =>
    smallZip('handler.py', `import os\ncount = 0\ndef handler(event, context):\n${text}\n`);
  await bench.account.createFunction({ ...ORDERS, handler: 'handler.handler', code: zipOf(body) });
  const invoke = async (more: object = {}) => {
    const {
      Payload,
      FunctionError,
      LogResult = '',
    } = await bench.lambda.invoke({
      FunctionName,
      LogType: 'Tail',
      ...more,
    });
    return {
      error: FunctionError,
      log: Buffer.from(LogResult, 'base64').toString(),
      body: JSON.parse(Payload?.transformToString() ?? '') as unknown,
    };
  };
  return { ...bench, invoke, zipOf };
}

test('a function is warm until its code changes, and its log is as in Lambda', async () => {
  const body = (step: number) =>
    `    global count; count += ${step}; print('counts'); return count`;
  const { invoke, lambda, zipOf } = await startWith(body(1));
  expect(await invoke()).toMatchObject({
    body: 1,
    log: expect.stringMatching(
      /^START .*\ncounts\nEND .*\nREPORT .*Init Duration: [\d.]+ ms\n$/,
    ) as string,
  });
  expect((await invoke()).body).toBe(2);
  await lambda.updateFunctionCode({ FunctionName, ZipFile: zipOf(body(10)) });
  expect((await invoke()).body).toBe(10);
});

test('the function sees what the caller sends, its own environment, and its own PATH', async () => {
  const { lambda, invoke } = await startWith(
    `    return [context.function_version, context.tenant_id, context.client_context.custom,
      os.environ['PATH'], os.environ['AWS_ENDPOINT_URL'] != '', context.get_remaining_time_in_millis() > 0]`,
  );
  const Environment = { Variables: { PATH: '/opt/bin' } };
  await lambda.updateFunctionConfiguration({ FunctionName, Environment });
  const ClientContext = Buffer.from('{"custom":{"a":1}}').toString('base64');
  const { body } = await invoke({ ClientContext, TenantId: 'blue' });
  expect(body).toEqual(['$LATEST', 'blue', { a: 1 }, '/opt/bin', true, true]);
});

test('an account that stops ends what still runs, with what that has started', async () => {
  const { account, invoke } = await startWith(
    `    import subprocess, sys, time
    if event.get('slow'): time.sleep(60)
    return subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid`,
  );
  const { body } = await invoke();
  const answer = invoke({ Payload: '{"slow": true}' }).catch(() => 'no answer');
  await sleep(100);
  await account.stop();
  await expectGone(Number(body));
  await answer;
  const own = new RegExp(`^nx-lambda-python-(run|account)-${process.pid}-`);
  expect(readdirSync(tmpdir()).filter((name) => own.test(name))).toEqual([]);
});

test('without a Python there is no result', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = temporaryDirectory();
  const bytes = smallZip('handler.py', '');
  const account = { region: 'us-east-1', accountId: '000000000000' };
  const code = { sha256: '00', bytes };
  const call = callOf('handler.handler');
  const invocation = { code, layers: [], runtime: 'python3.13', ...account, call };
  const result = await pythonInvoker().run(invocation);
  process.env['PATH'] = path;
  expect(result).toBeUndefined();
});
