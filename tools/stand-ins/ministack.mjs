/**
 * MiniStack, an AWS stand-in that others wrote (PyPI, MIT), in a virtual environment of its own.
 *
 *     node tools/stand-ins/ministack.mjs install   installs it if it is missing; prints its program
 *     node tools/stand-ins/ministack.mjs start     starts it on a free loopback port, prints
 *                                                  {"endpoint": "…"} once it answers, and ends it
 *                                                  when standard input ends or on Ctrl-C
 *
 * Exit code 3: it cannot be installed on this machine; the reason is the last line of standard error.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const VERSION = '1.5.33';
const START_SECONDS = 60;
const NOT_INSTALLABLE = 3;

const [command] = process.argv.slice(2);
if (command === 'install') console.log(install());
else if (command === 'start') await start(install());
else {
  console.error('usage: ministack.mjs install | start');
  process.exit(2);
}

function install() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const directory = join(cache, 'nx-lambda-python-stand-ins', `ministack-${VERSION}`);
  const bin = join(directory, process.platform === 'win32' ? 'Scripts' : 'bin');
  // Written last: an interrupted installation lacks it, and pip resumes that.
  const complete = join(directory, 'complete');
  if (existsSync(complete)) return join(bin, 'ministack');
  mkdirSync(directory, { recursive: true });
  run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', directory]);
  run(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', `ministack[full]==${VERSION}`]);
  writeFileSync(complete, '');
  return join(bin, 'ministack');
}

function run(program, args) {
  const { status, error, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split('\n').at(-1);
  console.error(
    `MiniStack ${VERSION} could not be installed: \`${program} ${args[1]}\`: ${reason}`,
  );
  process.exit(NOT_INSTALLABLE);
}

async function start(program) {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const directory = mkdtempSync(join(tmpdir(), 'ministack-'));
  const child = spawn(program, {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      // Without these it binds every interface and starts servers of other services.
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      SERVICES: 's3,lambda,iam,sts,logs',
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      LAMBDA_EXECUTOR: 'local',
      LOG_LEVEL: 'ERROR',
    },
  });
  child.once('exit', (code) => {
    rmSync(directory, { recursive: true, force: true });
    process.exit(code ?? 0);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill('SIGTERM'));
  // Also when the process that started it was killed.
  process.stdin.once('end', () => child.kill('SIGTERM')).resume();
  if (await answers(`${endpoint}/_ministack/health`)) console.log(JSON.stringify({ endpoint }));
  else {
    console.error(`MiniStack did not answer on ${endpoint} within ${START_SECONDS} s`);
    child.kill('SIGKILL');
  }
}

async function answers(url) {
  for (let waited = 0; waited < START_SECONDS; waited += 0.2) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(200);
  }
  return false;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
