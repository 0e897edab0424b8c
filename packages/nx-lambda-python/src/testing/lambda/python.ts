/** Runs a function's real zip in this machine's Python, in a process and a directory of its own. */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Invocation, InvocationResult, Invoker } from '../protocol/call';

/** Source: AWS Lambda developer guide, "Lambda execution environment lifecycle": 10 s of init. */
const INIT_SECONDS = 10;

const LOG_LIMIT = 1_000_000;

export function pythonInvoker(): Invoker {
  const running = new Set<ChildProcess>();
  return {
    async run(invocation) {
      // Windows has neither process groups nor a third descriptor for Python.
      if (process.platform === 'win32') return undefined;
      for (const python of [invocation.runtime, 'python3', 'python']) {
        const result = await runWith(python, invocation, running);
        if (result !== 'no such python') return result;
      }
      return undefined;
    },
    stop: () => running.forEach(kill),
  };
}

async function runWith(
  python: string,
  invocation: Invocation,
  running: Set<ChildProcess>,
): Promise<InvocationResult | 'no such python'> {
  const root = mkdtempSync(join(tmpdir(), 'simulated-invocation-'));
  try {
    // Isolated, and without this machine's site-packages: the function sees only what it brings.
    const child = spawn(python, ['-I', '-S', '-B', '-c', BOOTSTRAP], {
      cwd: root,
      env: { PATH: process.env['PATH'], TZ: ':UTC' },
      // A group of its own, so that what the handler started ends with it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    running.add(child);
    const result = await finish(child, root, invocation);
    running.delete(child);
    return result;
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

function finish(
  child: ChildProcess,
  root: string,
  invocation: Invocation,
): Promise<InvocationResult | 'no such python'> {
  return new Promise((resolve, reject) => {
    let log = '';
    let answer = '';
    let late = false;
    const limit = (seconds: number) =>
      setTimeout(() => {
        late = true;
        kill(child);
      }, seconds * 1000);
    let timer = limit(INIT_SECONDS);
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (error.code === 'ENOENT') resolve('no such python');
      else reject(error);
    });
    for (const output of [child.stdout, child.stderr]) {
      output?.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-LOG_LIMIT)));
    }
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      if (answer === '') {
        clearTimeout(timer);
        timer = limit(invocation.timeoutSeconds);
      }
      answer += chunk.toString();
    });
    // What the handler left running holds the pipes open.
    child.once('exit', () => kill(child));
    child.once('close', (code) => {
      clearTimeout(timer);
      // A shell, or the stub of a version manager, reports a missing program like this.
      if (code === 127 && answer === '') return resolve('no such python');
      const outcome = answer.slice(answer.indexOf('\n') + 1);
      resolve({ log, ...readOutcome(invocation, outcome, late, code) });
    });
    // If the process ends before it has read everything, its exit reports that, not this pipe.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(describe(root, invocation)));
  });
}

/** Writes the archives; returns what the bootstrap reads. */
function describe(root: string, invocation: Invocation): Record<string, unknown> {
  const write = (name: string, zip: Buffer) => {
    const path = join(root, name);
    writeFileSync(path, zip);
    return path;
  };
  return {
    root,
    id: invocation.requestId,
    code: write('code.zip', invocation.code),
    layers: invocation.layers.map((zip, index) => write(`layer-${index}.zip`, zip)),
    handler: invocation.handler,
    // Not the environment of the process: a function's PATH would decide which Python is found.
    environment: invocation.environment,
    event: invocation.event,
    timeout: invocation.timeoutSeconds,
    // It ends by itself if this process is killed meanwhile.
    alarm: INIT_SECONDS + invocation.timeoutSeconds + 1,
    context: invocation.context,
  };
}

function readOutcome(
  { requestId, timeoutSeconds }: Invocation,
  outcome: string,
  late: boolean,
  code: number | null,
): Pick<InvocationResult, 'payload' | 'failed'> {
  if (outcome !== '' && !late) {
    const { payload, error } = JSON.parse(outcome) as { payload?: string; error?: unknown };
    return { payload: payload ?? JSON.stringify(error), failed: error !== undefined };
  }
  const [errorType, what] = late
    ? ['Sandbox.Timedout', `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`]
    : ['Runtime.ExitError', `Runtime exited with error: exit status ${code ?? 'unknown'}`];
  const errorMessage = `RequestId: ${requestId} Error: ${what}`;
  return { payload: JSON.stringify({ errorType, errorMessage }), failed: true };
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // The group is gone. macOS says EPERM of a group that has only a zombie left.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ESRCH', 'EPERM'].includes(code)) throw error;
  }
}

/**
 * What runs a handler in Python, in place of Lambda's own runtime. The request is JSON on
 * standard input; descriptor 3 takes a line once the module is loaded, then the outcome.
 * The errors' names and words are those of Lambda's runtime client (aws/aws-lambda-python-runtime-
 * interface-client, bootstrap.py).
 */
const BOOTSTRAP = `
import importlib, json, os, signal, sys, time, traceback, zipfile

request = json.load(sys.stdin)
signal.alarm(request["alarm"])
answer = os.fdopen(3, "w")
root = request["root"]
task, opt = os.path.join(root, "task"), os.path.join(root, "opt")
for archive in request["layers"]:
    zipfile.ZipFile(archive).extractall(opt)
zipfile.ZipFile(request["code"]).extractall(task)
version = "python%d.%d" % sys.version_info[:2]
layered = os.path.join(opt, "python")
sys.path[:0] = [task, os.path.join(layered, "lib", version, "site-packages"), layered]
os.environ.update(request["environment"])
os.chdir(task)


class Context:
    deadline = None

    def __init__(self, fields):
        self.__dict__.update(fields)

    def get_remaining_time_in_millis(self):
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def end(outcome):
    sys.stdout.flush()
    answer.write(json.dumps(outcome))
    answer.close()
    sys.exit(0)


def fail(kind, message, trace=()):
    print("[ERROR] %s: %s" % (kind, message))
    error = {"errorMessage": message, "errorType": kind, "requestId": request["id"]}
    end({"error": dict(error, stackTrace=list(trace))})


def load(handler):
    if "." not in handler:
        fail("Runtime.MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler)
    module, name = handler.rsplit(".", 1)
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        fail("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module, error))
    except SyntaxError as error:
        fail("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module, error))
    except Exception as error:
        fail(type(error).__name__, str(error), traceback.format_tb(error.__traceback__)[1:])
    if not hasattr(loaded, name):
        fail("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (name, module))
    return getattr(loaded, name)


handler = load(request["handler"])
answer.write("ready\\n")
answer.flush()
context = Context(request["context"])
context.deadline = time.monotonic() + request["timeout"]
try:
    result = handler(request["event"], context)
except Exception as error:
    fail(type(error).__name__, str(error), traceback.format_tb(error.__traceback__)[1:])
try:
    payload = json.dumps(result)
except Exception as error:
    fail("Runtime.MarshalError", "Unable to marshal response: %s" % error)
end({"payload": payload})
`;
