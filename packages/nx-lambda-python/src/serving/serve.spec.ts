import { InvokeCommand, LambdaClient, type InvokeCommandInput } from '@aws-sdk/client-lambda';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MARKER, TestService } from '../assembly/service.fixtures';
import type { ServeExecutorSchema } from '../schemas/serve';
import { serveUntil } from './serve';

const PID = 'import os\n';
const FILES = {
  'svc/svc/money.py': 'RATE = 1\n',
  'svc/svc/handlers/one.py': `${PID}from svc.money import RATE
def handler(event, context):
    print('rate', RATE)
    if event.get('exit'):
        os._exit(3)
    if event.get('fail'):
        raise ValueError('no such order')
    if event.get('sleep'):
        import time; time.sleep(60)
    custom = context.client_context and context.client_context.custom
    secret = os.environ.get('SECRET')
    return {'rate': RATE, 'pid': os.getpid(), 'event': event, 'custom': custom, 'secret': secret}
`,
  'svc/svc/handlers/two.py': `${PID}def handler(event, context):
    return {'statusCode': 201, 'body': str(os.getpid()), 'cookies': ['a=1', 'b=2']}
`,
};

let service: TestService;
let url: string;
let lambda: LambdaClient;
let end: () => Promise<void>;

async function start(schema: ServeExecutorSchema = {}, files: Record<string, string> = {}) {
  service = new TestService({ ...FILES, ...files });
  service.targets['build'] = {
    executor: 'nx-lambda-python:build',
    options: { engine: 'host', outputPath: 'dist/svc' },
  };
  let ask = () => undefined as void;
  const asked = new Promise<void>((resolve) => (ask = resolve));
  const ended = serveUntil(asked, { port: 0, ...schema }, service.context('serve'));
  end = async () => {
    ask();
    await ended;
  };
  url = await Promise.race([
    printed(/ready: (\S+)/),
    ended.then(() => {
      throw new Error(service.printed);
    }),
  ]);
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  lambda = new LambdaClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
}

afterEach(async () => {
  await end();
  lambda.destroy();
  service.remove();
});

/** Waits until it was printed. */
async function printed(pattern: RegExp): Promise<string> {
  for (let waited = 0; waited < 60_000; waited += 10) {
    const found = pattern.exec(service.printed);
    if (found) return found[1] ?? found[0];
    await sleep(10);
  }
  throw new Error(`not printed: ${String(pattern)}\n${service.printed}`);
}

async function invoke(event: object = {}, more: Partial<InvokeCommandInput> = {}) {
  const Payload = JSON.stringify(event);
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: 'svc-one', Payload, ...more }),
  );
  const text = answer.Payload?.transformToString() ?? '';
  return {
    ...answer,
    result: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** Calls until the answer has it; the last one. */
async function untilAnswer(expected: object): Promise<Record<string, unknown>> {
  for (let waited = 0; ; waited += 20) {
    const { result = {} } = await invoke();
    if (
      waited > 20_000 ||
      Object.entries(expected).every(([key, value]) => result[key] === value)
    ) {
      expect(result).toMatchObject(expected);
      return result;
    }
    await sleep(20);
  }
}

describe('serve', () => {
  it("speaks Lambda's Invoke to the SDK", async () => {
    await start();
    const custom = { custom: { tenant: 'blue' } };
    const context = Buffer.from(JSON.stringify(custom)).toString('base64');
    const answer = await invoke({ a: 'é' }, { LogType: 'Tail', ClientContext: context });
    expect(answer).toMatchObject({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      result: { rate: 1, event: { a: 'é' }, custom: { tenant: 'blue' } },
    });
    expect(Buffer.from(answer.LogResult ?? '', 'base64').toString()).toContain('rate 1\n');
    const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:svc-one:live';
    expect(await invoke({}, { FunctionName: arn })).toMatchObject({ StatusCode: 200 });
    expect(await invoke({}, { InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204 });

    const failed = await invoke({ fail: true });
    expect(failed).toMatchObject({
      FunctionError: 'Unhandled',
      result: { errorType: 'ValueError', errorMessage: 'no such order' },
    });
    await printed(/svc-one \| .*File "svc\/svc\/handlers\/one\.py", line 8, in handler/);
    expect(await invoke({ later: 1 }, { InvocationType: 'Event' })).toMatchObject({
      StatusCode: 202,
    });
    await printed(/svc-one: Invoke Event, ok/);

    const missing = invoke({}, { FunctionName: 'svc-onr' });
    await expect(missing).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:svc-onr',
    });
    await printed(/did you mean `svc-one`/);
  });

  it('answers HTTP, and keeps on when a worker dies', async () => {
    await start();
    const response = await fetch(`${url}/two/x?a=1`);
    expect([response.status, response.headers.getSetCookie()]).toEqual([201, ['a=1', 'b=2']]);
    const before = await invoke();
    const died = await invoke({ exit: true });
    expect(died).toMatchObject({
      FunctionError: 'Unhandled',
      result: { errorType: 'Runtime.ExitError' },
    });
    const after = await invoke();
    expect(after.result?.['pid']).not.toBe(before.result?.['pid']);
    const bad = await fetch(`${url}/one`, { method: 'POST', body: '{' });
    expect(bad.status).toBe(200);
    expect((await fetch(`${url}/on`)).status).toBe(404);
  });

  it('has the limits and variables of its options, and prints no variable', async () => {
    const options = { timeout: 0.3, envFile: '.env' };
    await start(options, { '.env': 'SECRET=canary-77\n' });
    expect((await invoke()).result).toMatchObject({ secret: 'canary-77' });
    expect((await invoke({ sleep: true })).result).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringContaining('Task timed out after 0.30 seconds'),
    });
    expect(service.printed).not.toContain('canary-77');
  });

  it('says which Python is missing, with the call that needs it', async () => {
    await start({ python: 'no-such-python' });
    await expect(invoke()).rejects.toMatchObject({ name: 'ServiceException' });
    await printed(/error\[HOST_PYTHON_MISSING\]: `no-such-python` cannot be started/);
  });

  it('answers 50 calls at once, by as many processes as it may have', async () => {
    await start({ concurrency: 3 });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => invoke({ n })));
    expect(answers.map(({ result }) => (result?.['event'] as { n: number }).n)).toEqual(
      Array.from({ length: 50 }, (_, n) => n),
    );
    expect(new Set(answers.map(({ result }) => result?.['pid'])).size).toBeLessThanOrEqual(3);
  });

  it('takes an edit over, and restarts only what reaches it', async () => {
    await start();
    await invoke();
    const two = await (await fetch(`${url}/two`)).text();
    // As editors save.
    service.write({ 'svc/svc/.money.py.swp': 'RATE = 2\n' });
    renameSync(service.path('svc/svc/.money.py.swp'), service.path('svc/svc/money.py'));
    await untilAnswer({ rate: 2 });
    expect(service.printed).toContain('changed: svc/money.py; 1 handler of 2 restarted');
    expect(await (await fetch(`${url}/two`)).text()).toBe(two);

    service.write({ 'svc/svc/money.py': 'RATE = (\n' });
    await printed(/svc\/svc\/money\.py:1:\d+ is not valid Python/);
    await untilAnswer({ errorType: 'Runtime.UserCodeSyntaxError' });
    service.write({ 'svc/svc/money.py': 'RATE = 3\n' });
    await untilAnswer({ rate: 3 });

    rmSync(service.path('svc/svc/money.py'));
    await untilAnswer({ errorType: 'Runtime.ImportModuleError' });
    mkdirSync(service.path('svc/svc/money'));
    service.write({ 'svc/svc/money/__init__.py': 'RATE = 4\n' });
    await untilAnswer({ rate: 4 });

    service.write({ 'svc/svc/handlers/three.py': 'def handler(event, context): return "three"\n' });
    await printed(/handlers\/three\.py; 1 handler of 3 restarted/);
    expect((await invoke({}, { FunctionName: 'svc-three' })).result).toBe('three');
  });

  it('takes edits of a root and of the marker over, whatever is wrong with the requirements', async () => {
    const marker = (more = '') => `${MARKER}roots = [".", "../lib"]\n${more}`;
    await start({}, { 'svc/pyproject.toml': marker(), 'lib/money2.py': 'RATE = 5\n' });
    await invoke();
    service.write({ 'svc/requirements.txt': '-r missing.txt\n' });
    await printed(/error\[REQUIREMENTS_MISSING\]/);
    service.write({ 'svc/svc/money.py': 'from money2 import RATE\n' });
    await untilAnswer({ rate: 5 });
    service.write({ 'lib/money2.py': 'RATE = 6\n' });
    await untilAnswer({ rate: 6 });
    service.write({ 'svc/pyproject.toml': marker('nonsense = 1\n') });
    await printed(/error\[MARKER_INVALID\]/);
    service.write({ 'lib/money2.py': 'RATE = 7\n' });
    await untilAnswer({ rate: 7 });
    service.write({ 'svc/requirements.txt': '' });
    const routes = '[tool.nx-lambda-python.routes]\n"GET /rates/{id}" = "one"\n';
    service.write({ 'svc/pyproject.toml': marker(routes) });
    for (let status = 0; status !== 200; await sleep(20)) {
      ({ status } = await fetch(`${url}/rates/7`));
    }
    expect((await fetch(`${url}/one`)).status).toBe(404);
  });

  it('builds where more than the sources changed, or the package was deleted', async () => {
    await start();
    service.write({ 'svc/requirements.txt': '# none yet\n' });
    service.write({ 'svc/pyproject.toml': `${MARKER}exclude = ["x.py"]\n` });
    await printed(/settings of the build changed/);
    await untilAnswer({ rate: 1 });
    rmSync(service.path('dist'), { recursive: true });
    expect((await invoke()).result).toMatchObject({ rate: 1 });
    const unpacked = service.path('.store/v1/unpacked');
    const [own = ''] = readdirSync(unpacked).filter((name) => name.startsWith('.own'));
    rmSync(`${unpacked}/${own}`, { recursive: true });
    expect((await invoke()).result).toMatchObject({ rate: 1 });
    await printed(/the unpacked package was deleted/);
  });

  it('leaves nothing', async () => {
    await start();
    const { result } = await invoke();
    await end();
    expect(() => process.kill(Number(result?.['pid']), 0)).toThrow();
    const unpacked = readdirSync(service.path('.store/v1/unpacked'));
    expect(unpacked.filter((name) => name.startsWith('.'))).toEqual([]);
    await expect(fetch(url)).rejects.toThrow();
  });
});
