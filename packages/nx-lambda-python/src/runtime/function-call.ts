/** One call of a function: what it takes and gives, and how Lambda tells it to the function's process. */

import type { Runtime } from '../service/runtimes';

export interface FunctionCall {
  /** Lambda's `Handler`: `orders.handlers.refund.handler`. */
  handler: string;
  functionName: string;
  /** JSON. */
  payload: Uint8Array;
  timeoutMs: number;
  memoryMb: number;
  /** The function's own variables, which win over Lambda's. */
  environment: Readonly<Record<string, string>>;
  /** Default: a new one. */
  requestId?: string;
  /** Default `$LATEST`. */
  version?: string;
  /** Default: that of the function in region and account of the runner. */
  invokedFunctionArn?: string;
  /** JSON. */
  clientContext?: string;
  /** JSON: `cognitoIdentityId`, `cognitoIdentityPoolId`. */
  identity?: string;
  tenantId?: string;
  traceId?: string;
  /** Each line that the function writes, without its end. */
  onLog?: (line: string) => void;
}

export interface CallResult {
  /** What the function returned, or its error. */
  payload: Uint8Array;
  /** Undefined if it returned. */
  functionError?: 'Handled' | 'Unhandled';
  /** Of the init phase, if this call had one. */
  initMs?: number;
  runMs: number;
  /** Of the function's process, undefined where the system does not tell. */
  maxMemoryMb?: number;
  /** All that the function wrote since the call before, line by line. */
  log: string;
  requestId: string;
}

/** Where the paths of the function's process are. */
export interface FunctionPaths {
  /** `/var/task` */
  task: string;
  /** `/opt` */
  opt: string;
  /** `/tmp` */
  temporary: string;
}

export interface AccountPlace {
  region: string;
  accountId: string;
}

/** Source: AWS Lambda developer guide, "Lambda execution environment lifecycle": 10 s of init. */
export const INIT_LIMIT_MS = 10_000;
/** Source: AWS Lambda developer guide, "Lambda quotas": 6 MB of a synchronous request, and of its response. */
export const PAYLOAD_LIMIT = 6_291_556;

/** Source: AWS Lambda developer guide, "Defined runtime environment variables". */
export function functionEnvironment(
  { handler, functionName, memoryMb, environment, version = '$LATEST' }: FunctionCall,
  runtime: Runtime,
  { region }: AccountPlace,
  { task, opt, temporary }: FunctionPaths,
  /** Of the machine, for what differs from Lambda's. */
  machine: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    _HANDLER: handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime.name}`,
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[${version}]local`,
    LAMBDA_TASK_ROOT: task,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    LD_LIBRARY_PATH: [
      ...['/var/lang/lib', '/lib64', '/usr/lib64', '/var/runtime', '/var/runtime/lib'],
      ...[task, `${task}/lib`, `${opt}/lib`],
    ].join(':'),
    PATH: `/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:${opt}/bin`,
    PYTHONPATH: '/var/runtime',
    TZ: ':UTC',
    ...(temporary === '/tmp' ? {} : { TMPDIR: temporary }),
    // /var/task can't be written to.
    PYTHONDONTWRITEBYTECODE: '1',
    ...machine,
    ...environment,
  };
}

/** Headers of the answer that gives the event to the function's process. */
export function invocationHeaders(
  call: FunctionCall & { requestId: string },
  { region, accountId }: AccountPlace,
  deadlineMs: number,
): Record<string, string> {
  const arn = `arn:aws:lambda:${region}:${accountId}:function:${call.functionName}`;
  const headers = {
    'Content-Type': 'application/json',
    'Lambda-Runtime-Aws-Request-Id': call.requestId,
    'Lambda-Runtime-Deadline-Ms': String(Math.round(deadlineMs)),
    'Lambda-Runtime-Invoked-Function-Arn': call.invokedFunctionArn ?? arn,
    'Lambda-Runtime-Client-Context': call.clientContext,
    'Lambda-Runtime-Cognito-Identity': call.identity,
    'Lambda-Runtime-Trace-Id': call.traceId,
    'Lambda-Runtime-Aws-Tenant-Id': call.tenantId,
  };
  const set = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([name, value]) => [name, headerValue(String(value))]));
}

/** In ASCII and on one line; JSON keeps its meaning. */
function headerValue(value: string): string {
  return value
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll(
      /[^\t\x20-\x7e]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}

export function timedOut(timeoutMs: number): [type: string, message: string] {
  return ['Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`];
}

/** @param code negative for a signal, null if the process could not be asked */
export function exited(code: number | null): [type: string, message: string] {
  const reason =
    code === 0
      ? 'Runtime exited without providing a reason'
      : `Runtime exited with error: ${code !== null && code < 0 ? `signal: ${SIGNALS[-code] ?? -code}` : `exit status ${code ?? 'unknown'}`}`;
  return ['Runtime.ExitError', reason];
}

/** As Go names them, in which Lambda's own runtime supervisor is written. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'hangup',
  2: 'interrupt',
  3: 'quit',
  4: 'illegal instruction',
  6: 'aborted',
  7: 'bus error',
  8: 'floating point exception',
  9: 'killed',
  11: 'segmentation fault',
  15: 'terminated',
};

export function tooLarge(size: number): { errorType: string; errorMessage: string } {
  return {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size (${size} bytes) exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`,
  };
}

/** The log of one call as Lambda keeps it, with its START, END and REPORT. */
export function lambdaLog(
  { memoryMb, version = '$LATEST' }: Pick<FunctionCall, 'memoryMb' | 'version'>,
  { requestId, initMs, runMs, maxMemoryMb, log }: Omit<CallResult, 'payload'>,
): string {
  const figures = [
    `Duration: ${runMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(runMs + (initMs ?? 0))} ms`,
    `Memory Size: ${memoryMb} MB`,
    ...(maxMemoryMb === undefined ? [] : [`Max Memory Used: ${maxMemoryMb} MB`]),
    ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
  ];
  const id = `RequestId: ${requestId}`;
  return `START ${id} Version: ${version}\n${log}END ${id}\nREPORT ${id}\t${figures.join('\t')}\n`;
}
