/**
 * One table of handlers, run by our bootstrap and by AWS's own runtime client: here by this machine's Python, and in
 * the build image's container. What they answer and log is equal.
 */

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../../packages/nx-lambda-python/src/platform/process/exec';
import { versionOf } from '../../packages/nx-lambda-python/src/platform/process/python';
import { SAMPLES } from '../../packages/nx-lambda-python/src/running/samples';
import type {
  CallResult,
  FunctionCall,
} from '../../packages/nx-lambda-python/src/runtime/function-call';
import { openRunner, type Runner } from '../../packages/nx-lambda-python/src/runtime/runner';
import type { FunctionPlace } from '../../packages/nx-lambda-python/src/runtime/place';
import { findRuntime, type Runtime } from '../../packages/nx-lambda-python/src/service/runtimes';
import { describeWithEngine, IMAGE } from './support/engine';
import { runDirectory } from './support/run-directory';

/** AWS's runtime client, as it was when bootstrap.py was written after it. */
const CLIENT = 'awslambdaric==4.2.2';
/** AWS's models of events. */
const MODELS = 'aws-lambda-powertools[parser]==3.37.0';

const SOURCE = `
import asyncio, collections, dataclasses, datetime, decimal, enum, json, logging, os, sys, threading, time, uuid

class Color(enum.Enum): RED = 1
class Level(enum.IntEnum): LOW = 1
class Name(str): pass
Point = collections.namedtuple('Point', 'x y')
@dataclasses.dataclass
class Order: id: int
class Failure(Exception):
    def __str__(self): return 'ü: no stock'
class Handler:
    def __call__(self, event, context): return 'called'
    def method(self, event, context): return 'method'

def raises(error):
    raise error
def nested(event, context):
    try: raises(KeyError('inner'))
    except KeyError as error: raise ValueError('outer') from error
def circular(event, context):
    value = []; value.append(value); return value
def logs(event, context):
    logging.getLogger().setLevel('INFO')
    logging.info('info %s', 1); logging.error('two\\nlines', extra={'order': 7})
    try: 1 / 0
    except ZeroDivisionError: logging.exception('failed')
def thread(event, context):
    one = threading.Thread(target=print, args=('from a thread',)); one.start(); one.join()
def ends_in_thread(event, context):
    one = threading.Thread(target=raises, args=(SystemExit(3),)); one.start(); one.join(); return 1
def generator(event, context):
    yield 1
def deep(event, context):
    return deep(event, context)
def prints(event, context):
    print('no end', end=''); print('é', file=sys.stderr); sys.stdout.write('written'); return None
def own_type(event, context):
    Failure.__module__ = 'elsewhere'; raise Failure()
def slow(event, context):
    print('begun'); time.sleep(30)
def kills(event, context):
    os.kill(os.getpid(), 9)
def several(event, context):
    return {'float': 1e100, 'int': 10**30, 'true': True, 'none': None, 1: 'key', 'list': (1, 2), 'text': '"\\\\/\\u2028\\x7f😀'}
def place(event, context):
    try: open('/var/task/new', 'w'); writes = True
    except OSError: writes = False
    return [os.getcwd(), os.listdir('/tmp'), writes]
def parses(event, context):
    from aws_lambda_powertools.utilities.parser import models
    model, sample = event
    return getattr(models, model).model_validate(sample).model_dump(mode='json')
instance = Handler()
method = Handler().method
not_callable = 5
`;

/** Handler, and the event that it gets; an expression is what the handler returns. */
const TABLE: [handler: string, event?: unknown][] = [
  ['lambda event, context: event', { order: [1, 2.5, 'ü', null, true] }],
  ['lambda event, context: None'],
  ["lambda event, context: float('nan')"],
  ["lambda event, context: [float('inf'), -float('inf')]"],
  ["lambda event, context: b'\\xff\\x00'"],
  ["lambda event, context: {'bytes': b'text'}"],
  [
    "lambda event, context: [decimal.Decimal('1.10'), decimal.Decimal('NaN'), decimal.Decimal('1E+3')]",
  ],
  ['lambda event, context: {1, 2}'],
  ['lambda event, context: object'],
  ["lambda event, context: {(1, 2): 'key'}"],
  ['lambda event, context: [Point(1, 2), {"in": Point(3, 4)}]'],
  ['lambda event, context: Order(1)'],
  ['lambda event, context: [Level.LOW, Name("a")]'],
  ['lambda event, context: Color.RED'],
  ['lambda event, context: datetime.datetime(2026, 1, 1)'],
  ['lambda event, context: uuid.UUID(int=1)'],
  ["lambda event, context: 'x' * 6_291_554"],
  ["lambda event, context: raises(ValueError('no stock'))"],
  ['lambda event, context: raises(ValueError())'],
  ['lambda event, context: sys.exit(2)'],
  ['lambda event, context: sys.exit()'],
  ['lambda event, context: os._exit(7)'],
  ['lambda event, context: raises(KeyboardInterrupt())'],
  [
    "lambda event, context: repr(context).replace(context.aws_request_id, '').replace(context.log_stream_name, '')",
  ],
  [
    'lambda event, context: [context.client_context.custom, context.identity.cognito_identity_id, context.tenant_id, context.w3c()]',
  ],
  ['lambda event, context: str(event)', '\u2028 \ud83d\ude00'],
  [
    'lambda event, context: [context.function_name, context.memory_limit_in_mb, context.invoked_function_arn]',
  ],
  ...[
    ...['several', 'nested', 'circular', 'logs', 'thread', 'ends_in_thread', 'generator', 'deep'],
    ...['prints', 'own_type', 'slow', 'kills', 'instance', 'method', 'not_callable', 'absent'],
  ].map((name): [string] => [name]),
  // The last one: its process is ended, at any moment of what it writes about the refusal.
  ["lambda event, context: 'x' * 6_291_555"],
];

/** Modules that do not import. */
const MODULES: Record<string, string> = {
  'broken.handler': 'def handler(:\n',
  'missing_import.handler': 'import nx_lambda_python_no_such\n',
  'raising.handler': "value = {}['key']\n",
  'exiting.handler': 'import sys; sys.exit(4)\n',
  'package.inner.handler': 'def handler(event, context): return __name__\n',
  'sys.exit': '',
  nodot: '',
  'absent.handler': '',
};

let python: { name: string; runtime: Runtime };
let task: string;
const runners: Runner[] = [];
let samples: Runner | undefined;

beforeAll(async () => {
  const version = await versionOf('python3', ask);
  const runtime = findRuntime(`python${version}`);
  if (!runtime) throw new Error(`python3 is ${version}`);
  python = { name: 'python3', runtime };
  task = join(runDirectory(), 'handlers');
  mkdirSync(task, { recursive: true });
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--only-binary=:all:',
  ];
  execFileSync('python3', [...pip, '--target', task, CLIENT, MODELS], { stdio: 'ignore' });
  const lambdas = TABLE.map(([body], index) =>
    body.startsWith('lambda') ? `h${index} = ${body}\n` : '',
  );
  writeFileSync(join(task, 'handlers.py'), `${SOURCE}\n${lambdas.join('')}`);
  for (const [name, text] of Object.entries(MODULES)) {
    if (text === '') continue;
    const path = join(task, ...name.split('.').slice(0, -1));
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(`${path}.py`, text);
  }
});

afterAll(async () => {
  await Promise.all(runners.map((runner) => runner.close()));
});

function runnerBy(client: 'any' | 'own', place: FunctionPlace): Runner {
  const runner = openRunner({
    place,
    tree: { task },
    runtime: python.runtime,
    client,
    concurrency: 1,
  });
  runners.push(runner);
  return runner;
}

/** Built by `go install github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@latest`. */
const EMULATOR = process.env['AWS_LAMBDA_RIE'];

(EMULATOR === undefined ? it.skip : it)('answers are those of AWS’s emulator', async () => {
  // It knows neither the caller's context nor how large an answer was, and says a time-out in words alone.
  const isComparable = (body: string) =>
    !/context\.(client|function_name)|repr\(context|^slow$|^deep$|291_555/.test(body);
  const own = runnerBy('own', { kind: 'host', python: python.name });
  const plain = (bytes: Uint8Array) =>
    shown(
      { payload: bytes, log: '' } as CallResult,
      /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|8f5a/g,
    ).payload;
  for (const [index, [body, event]] of TABLE.entries()) {
    if (!isComparable(body)) continue;
    const call = callOf(handlerOf(body, index), event);
    const emulated = await emulate(call, 9_300 + index);
    expect([body, plain((await own.invoke(call)).payload)]).toEqual([body, plain(emulated)]);
  }
});

/** One call, in a process of its own. */
async function emulate({ handler, payload }: FunctionCall, port: number): Promise<Uint8Array> {
  const addresses = [
    ...['--runtime-interface-emulator-address', `127.0.0.1:${port}`],
    ...['--runtime-api-address', `127.0.0.1:${port + 300}`],
  ];
  const command = [...addresses, python.name, '-m', 'awslambdaric', handler];
  const env = { ...process.env, AWS_EXECUTION_ENV: `AWS_Lambda_${python.runtime.name}` };
  const emulator = spawn(EMULATOR ?? '', command, {
    cwd: task,
    env,
    detached: true,
    stdio: 'ignore',
  });
  try {
    for (;;) {
      const url = `http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`;
      const answer = await fetch(url, { method: 'POST', body: Buffer.from(payload) }).catch(
        () => null,
      );
      if (answer) return new Uint8Array(await answer.arrayBuffer());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    if (emulator.pid !== undefined) process.kill(-emulator.pid, 'SIGKILL');
  }
}

it.each([
  ['apigateway-v1', 'APIGatewayProxyEventModel', { httpMethod: 'POST', path: '/orders' }],
  [
    'apigateway-v2',
    'APIGatewayProxyEventV2Model',
    { rawPath: '/orders', routeKey: 'POST /orders' },
  ],
  ['function-url', 'LambdaFunctionUrlModel', { rawPath: '/orders', routeKey: '$default' }],
  ['alb', 'AlbModel', { httpMethod: 'POST', path: '/orders' }],
  ['sqs', 'SqsModel', { Records: [{ body: '{"order":42}' }] }],
  ['sns', 'SnsModel', { Records: [{ Sns: { Message: '{"order":42}' } }] }],
  ['s3', 'S3Model', { Records: [{ s3: { bucket: { name: 'orders' } } }] }],
  ['dynamodb', 'DynamoDBStreamModel', { Records: [{ eventName: 'INSERT' }] }],
  ['eventbridge', 'EventBridgeModel', { detail: { order: 42 } }],
  ['schedule', 'EventBridgeModel', { detail_type: 'Scheduled Event' }],
  ['cognito', 'CognitoPreSignupTriggerModel', { triggerSource: 'PreSignUp_SignUp' }],
  ['kinesis', 'KinesisDataStreamModel', { Records: [{ eventName: 'aws:kinesis:record' }] }],
])('the sample %s is %s', async (name, model, expected) => {
  samples ??= runnerBy('own', { kind: 'host', python: python.name });
  const call = callOf('handlers.parses', [model, SAMPLES[name]]);
  const { payload, functionError } = await samples.invoke({ ...call, timeoutMs: 30_000 });
  const text = Buffer.from(payload).toString();
  expect({ functionError, text }).toEqual({ functionError: undefined, text });
  expect(JSON.parse(text)).toMatchObject(expected);
});

describeWithEngine('in a container', () => {
  const image = { engine: 'docker', name: IMAGE, digest: '' } as const;
  const place: FunctionPlace = {
    ...{ kind: 'container', image, network: 'none', mount: 'auto', extraArguments: [] },
    architecture: 'x86_64',
  };
  const containers = () =>
    execFileSync('docker', ['ps', '--quiet', '--filter', `name=nx-lambda-python-${process.pid}-`], {
      encoding: 'utf8',
    })
      .split('\n')
      .filter(Boolean);

  it('needs no network, and has /var/task read-only', async () => {
    const runtime = findRuntime('python3.11') ?? python.runtime;
    const runner = openRunner({ place, tree: { task }, runtime, concurrency: 1 });
    runners.push(runner);
    const first = await runner.invoke(callOf('handlers.place', { secret: 1 }));
    expect(JSON.parse(Buffer.from(first.payload).toString())).toEqual(['/var/task', [], false]);
    const [id = ''] = containers();
    const inspected = execFileSync('docker', ['inspect', id], { encoding: 'utf8' });
    expect(inspected).not.toContain('only-in-the-environment');
    const slow = runner.invoke({ ...callOf('handlers.slow'), timeoutMs: 30_000 });
    const cut = expect(slow).rejects.toThrow('docker ended the container in the middle of a call');
    await new Promise((resolve) => setTimeout(resolve, 500));
    execFileSync('docker', ['kill', ...containers()]);
    await cut;
    expect((await runner.invoke(callOf('handlers.place'))).functionError).toBeUndefined();
    await runner.close();
    expect(containers()).toEqual([]);
  });
});

/** A call with all that a caller may send. */
function callOf(handler: string, event: unknown = {}): FunctionCall {
  return {
    handler,
    functionName: 'orders',
    payload: Buffer.from(JSON.stringify(event)),
    timeoutMs: 1_000,
    memoryMb: 128,
    environment: { TOKEN: 'only-in-the-environment' },
    requestId: '8f5a',
    clientContext: '{"custom":{"a":"ü"},"w3c":{"traceparent":"t","other":1}}',
    identity: '{"cognitoIdentityId":"i"}',
    tenantId: 'blue',
  };
}

async function answers(runner: Runner, json: boolean): Promise<unknown[]> {
  const calls = [
    ...Object.keys(MODULES).map((name) => [name, {}]),
    ...TABLE.map(([body, event], index) => [handlerOf(body, index), event]),
  ] as [string, unknown][];
  const all: unknown[] = [];
  for (const [handler, event] of calls) {
    const call = callOf(handler, event);
    const environment = { AWS_LAMBDA_LOG_FORMAT: json ? 'JSON' : 'Text' };
    const result = await runner.invoke({ ...call, environment });
    all.push({ handler, ...shown(result) });
  }
  return all;
}

function handlerOf(body: string, index: number): string {
  return `handlers.${body.startsWith('lambda') ? `h${index}` : body}`;
}

/** Without what differs from call to call, and the frames of the client itself. */
function shown({ payload, functionError, log }: CallResult, requestId = /8f5a/g) {
  const text = Buffer.from(payload).toString('latin1').replaceAll(requestId, 'ID');
  const lines = log
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replaceAll('\u00a0', ' ')
    .split('\n')
    // AWS's client adds it to what fails before the first call.
    .filter((line) => line !== '' && !line.includes('LAMBDA_WARNING'))
    .map((line) => (line.startsWith('{') ? withoutClient(line) : line));
  return {
    payload: text.length > 300_000 ? text.length : withoutClient(text),
    functionError,
    log: withoutFrames(lines),
  };
}

function withoutClient(text: string): unknown {
  if (!text.includes('"stackTrace"')) return text;
  const error = JSON.parse(text) as { stackTrace: string[] };
  return { ...error, stackTrace: withoutFrames(error.stackTrace.join('').split('\n')) };
}

function withoutFrames<T>(lines: readonly T[]): T[] {
  let isClient = false;
  return lines.filter((line) => {
    if (typeof line !== 'string') return true;
    if (/^ {2}(File|\[Previous)/.test(line)) {
      isClient = /(runtime\/bootstrap|awslambdaric\/\w+)\.py"|\[Previous/.test(line);
    }
    if (!line.startsWith('  ')) isClient = false;
    return !isClient;
  });
}

it.each([false, true])(
  'answers and logs are those of AWS’s runtime client (JSON log: %s)',
  async (json) => {
    const place = { kind: 'host', python: python.name } as const;
    const own = await answers(runnerBy('own', place), json);
    expect(readdirSync(task)).toContain('awslambdaric');
    expect(own).toEqual(await answers(runnerBy('any', place), json));
    expect(own.length).toBeGreaterThan(30);
  },
);
