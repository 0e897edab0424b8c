/** `nx serve`: the SDK, boto3 and HTTP on one port, edits, and an end that leaves nothing. */

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CONTAINER_OPTIONS, describeWithEngine } from './support/engine';
import { killRunning, startNx, type NxProcess } from './support/nx-process';
import { runDirectory } from './support/run-directory';
import { until } from './support/until';
import { serviceFiles, Workspace } from './support/workspace';

const MARKER = 'package = "shop"\nruntime = "python3.11"\n';
const MONEY = 'shop/money.py';
const FILES = {
  [MONEY]: 'import six\nRATE = 1\n',
  'shop/handlers/refund.py': `import os
from shop.money import RATE

def handler(event, context):
    print("refunding")
    if "sleep" in event:
        import time
        time.sleep(event["sleep"])
    return {"rate": RATE, "size": len(event.get("text", "")), "secret": os.environ.get("SECRET")}
`,
  'shop/handlers/hello.py': `def handler(event, context):
    return {"statusCode": 201, "body": event["rawPath"], "cookies": ["a=1", "b=2"]}
`,
  'requirements.txt': 'six==1.17.0\n',
};

let workspace: Workspace;
const store = () => join(runDirectory(), 'serve-store');

beforeAll(() => {
  workspace = new Workspace('serve');
  workspace.environment = { NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store() };
  const routes = `${MARKER}[tool.nx-lambda-python.routes]\n"GET /items/{id}" = "get"\n`;
  workspace.init({
    ...serviceFiles('services/shop', MARKER, FILES),
    ...serviceFiles('services/api', routes, {
      'shop/handlers/get.py':
        'def handler(event, context):\n    return event["pathParameters"]["id"]\n',
      'requirements.txt': '',
    }),
  });
});

afterEach(killRunning);

async function serve(...args: string[]): Promise<{ nx: NxProcess; url: string }> {
  const nx = startNx(workspace, ['serve', 'shop', '--port=0', ...args]);
  const url = await nx.until('ready', () => /ready: (http\S+)/.exec(nx.output)?.[1]);
  return { nx, url };
}

function client(url: string): LambdaClient {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return new LambdaClient({ endpoint: url, region: 'eu-west-1', credentials, maxAttempts: 1 });
}

async function refund(url: string, event: object = {}): Promise<Record<string, unknown>> {
  const Payload = JSON.stringify(event);
  const call = new InvokeCommand({ FunctionName: 'shop-refund', Payload });
  const { Payload: answer } = await client(url).send(call);
  return JSON.parse(answer?.transformToString() ?? '') as Record<string, unknown>;
}

const own = () =>
  existsSync(join(store(), 'v1/unpacked'))
    ? readdirSync(join(store(), 'v1/unpacked')).filter((name) => name.startsWith('.'))
    : [];

describe('serve with a Python of this machine', () => {
  beforeAll(() => workspace.setDefaults('build', { engine: 'host' }));

  it('is what other targets wait for', () => {
    const look =
      "fetch('http://127.0.0.1:4010/hello/x').then(async (r) => console.log('got', await r.text()))";
    const check = {
      executor: 'nx:run-commands',
      dependsOn: [{ projects: 'shop', target: 'serve', waitFor: 'ready' }],
      options: { command: `node -e "${look}"` },
    };
    workspace.write('check/project.json', JSON.stringify({ name: 'check', targets: { check } }));
    expect(workspace.succeed(['check', 'check'])).toContain('got /x');
  });

  it('answers the SDK, boto3 and HTTP for two services, takes an edit over, and leaves nothing', async () => {
    const { nx, url } = await serve('--services=api');
    const text = 'é'.repeat(3_000_000);
    expect(await refund(url, { text })).toMatchObject({ rate: 1, size: text.length });
    const hello = await fetch(`${url}/hello/a%20b`);
    expect([hello.status, await hello.text()]).toEqual([201, '/a%20b']);
    expect(hello.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await (await fetch(`${url}/items/7`)).text()).toBe('"7"');
    expect(boto3(url)).toEqual({
      ...{ rate: 1, executed: '$LATEST', log: true, accepted: 202, dry: 204 },
      missing: 'ResourceNotFoundException',
      large: 'RequestTooLargeException',
    });

    workspace.write(`services/shop/${MONEY}`, 'import six\nRATE = 2\n');
    await until('the edit', async () => (await refund(url))['rate'] === 2);
    expect(nx.output).toContain('changed: shop/money.py; 1 handler of 2 restarted');
    workspace.write(`services/shop/${MONEY}`, FILES[MONEY] ?? '');

    const sleeping = refund(url, { sleep: 60 }).catch(() => 'cut off');
    await until('the call', () => nx.output.includes('refunding'));
    const { code } = await nx.interrupt('SIGINT');
    expect(code).not.toBe(0);
    expect(await sleeping).toBe('cut off');
    expect(own()).toEqual([]);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('ends what it started when it is killed, and the next one clears up', async () => {
    const { nx, url } = await serve();
    await refund(url);
    await nx.kill();
    expect(own().length).toBeLessThanOrEqual(1);
    const next = await serve();
    expect(await refund(next.url)).toMatchObject({ rate: 1 });
    await next.nx.interrupt('SIGINT');
    expect(own()).toEqual([]);
  });

  it('names a free port where its own is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    workspace.fail(['serve', 'shop', `--port=${port}`], ['error[PORT_TAKEN]', '--port=']);
    server.close();
  });
});

/** What Python's SDK makes of it. */
function boto3(url: string): unknown {
  const venv = join(runDirectory(), 'serve-venv');
  if (!existsSync(venv)) {
    execFileSync('python3', ['-m', 'venv', venv]);
    execFileSync(join(venv, 'bin/pip'), ['install', '--quiet', 'boto3'], { stdio: 'inherit' });
  }
  const script = `
import base64, boto3, json, sys
from botocore.config import Config
client = boto3.client("lambda", endpoint_url=sys.argv[1], region_name="eu-west-1",
    aws_access_key_id="a", aws_secret_access_key="b", config=Config(retries={"max_attempts": 0}))
call = lambda **more: client.invoke(**dict({"FunctionName": "shop-refund", "Payload": b"{}"}, **more))
def error(**more):
    try:
        return call(**more)
    except client.exceptions.ClientError as refused:
        return refused.response["Error"]["Code"]
answer = call(LogType="Tail")
print(json.dumps({
    "rate": json.load(answer["Payload"])["rate"],
    "executed": answer["ExecutedVersion"],
    "log": b"refunding" in base64.b64decode(answer["LogResult"]),
    "accepted": call(InvocationType="Event")["StatusCode"],
    "dry": call(InvocationType="DryRun")["StatusCode"],
    "missing": error(FunctionName="shop-refnd"),
    "large": error(Payload=b'"' + b"a" * 6291555 + b'"'),
}))
`;
  const { stdout, stderr } = spawnSync(join(venv, 'bin/python'), ['-c', script, url], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

describeWithEngine('serve in the container of the build', () => {
  beforeAll(() => workspace.setDefaults('build', CONTAINER_OPTIONS));

  it('takes an edit of a library that the requirements name over, by a build', async () => {
    const rates = (rate: number) => workspace.write('libs/rates/rates.py', `RATE = ${rate}\n`);
    workspace.write('libs/rates/pyproject.toml', '[project]\nname = "rates"\nversion = "1"\n');
    rates(1);
    workspace.writeAll(
      serviceFiles('services/rated', MARKER, {
        'shop/handlers/rate.py':
          'from rates import RATE\n\ndef handler(event, context):\n    return RATE\n',
        'requirements.txt': '../../libs/rates\n',
      }),
    );
    const nx = startNx(workspace, ['serve', 'rated', '--port=0']);
    const url = await nx.until('ready', () => /ready: (http\S+)/.exec(nx.output)?.[1]);
    const answer = async () => (await fetch(`${url}/rate`)).text();
    expect(await answer()).toBe('1');
    rates(2);
    await nx.until('the edit', async () => (await answer()) === '2');
    await nx.interrupt('SIGINT');
  });

  it('answers, takes an edit over, goes on when its container is gone, and leaves none', async () => {
    const { nx, url } = await serve();
    expect(await refund(url)).toMatchObject({ rate: 1 });
    workspace.write(`services/shop/${MONEY}`, 'import six\nRATE = 3\n');
    await until('the edit', async () => (await refund(url))['rate'] === 3);

    const sleeping = refund(url, { sleep: 60 }).catch((error: Error) => error.name);
    await until('the call', () => (nx.output.match(/refunding/g)?.length ?? 0) > 2);
    for (const id of containers()) spawnSync('docker', ['rm', '--force', id]);
    expect(await sleeping).toBe('ServiceException');
    await until('the reason', () => nx.output.includes('error[CONTAINER_FAILED]'));
    expect(await refund(url)).toMatchObject({ rate: 3 });
    await nx.interrupt('SIGINT');
    // The engine removes one by itself when its process has ended.
    await until('no container', () => containers().length === 0);
    expect(own()).toEqual([]);
  });
});

/** Of this workspace's store. */
function containers(): string[] {
  const format = '{{.ID}} {{.Mounts}}';
  const { stdout } = spawnSync('docker', ['ps', '--all', '--no-trunc', `--format=${format}`], {
    encoding: 'utf8',
  });
  const lines = stdout.trim().split('\n');
  return lines.filter((line) => line.includes(store())).map((line) => line.split(' ')[0] ?? '');
}
