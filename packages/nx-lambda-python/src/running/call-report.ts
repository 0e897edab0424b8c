/** How a call is shown, here and in AWS: log, answer, times, memory; and paths as the workspace has them. */

import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import { nxCommandLine } from '../report/error-text';
import { renderJson, withoutControls } from '../report/text';
import type { CallResult } from '../runtime/function-call';
import type { Marker } from '../service/marker';

export type ShownResult = Pick<
  CallResult,
  'payload' | 'functionError' | 'initMs' | 'runMs' | 'maxMemoryMb'
>;

/** A call that has ended, and how what it printed is shown. */
export interface FinishedCall {
  result: ShownResult;
  memoryMb: number | undefined;
  /** Of the handler. */
  name: string;
  /** Names files as the workspace has them. */
  show: (text: string) => string;
  /** The log has the traceback of its error. */
  isTraced: boolean;
  /** What ran it. */
  place: string;
}

/** `init 73 ms, run 2.1 ms, 14 of 128 MB` */
export function renderFigures(
  { initMs, runMs, maxMemoryMb }: ShownResult,
  memoryMb: number | undefined,
): string {
  const of = memoryMb === undefined ? '' : ` of ${memoryMb}`;
  return [
    ...(initMs === undefined ? [] : [`init ${milliseconds(initMs)}`]),
    `run ${milliseconds(runMs)}`,
    ...(maxMemoryMb === undefined ? [] : [`${maxMemoryMb}${of} MB`]),
  ].join(', ');
}

function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

/** JSON with indents; anything else as text. */
export function renderPayload(payload: Uint8Array): string {
  const text = Buffer.from(payload).toString('utf8');
  try {
    return renderJson(JSON.parse(text)).trimEnd();
  } catch {
    return withoutControls(text);
  }
}

/**
 * Names files of the service as they are in the workspace.
 * @param task where the function sees the package: `/var/task`, or an unpacked tree
 */
export function workspacePaths(
  workspaceRoot: string,
  { directory, root }: Marker,
  task: string,
): (text: string) => string {
  return (text) =>
    text
      .split(`${task}/`)
      .map((part, index) => {
        if (index === 0) return part;
        const [path = ''] = /^[^"'\s:,)]+/.exec(part) ?? [];
        const own = posix.join(directory, root, path);
        if (path !== '' && existsSync(join(workspaceRoot, own))) {
          return own + part.slice(path.length);
        }
        return `/var/task/${part}`;
      })
      .join('');
}

interface FunctionError {
  errorType?: string;
  errorMessage?: string;
  stackTrace?: string[];
}

/** What a failed call answered. */
export function functionError(
  { payload }: Pick<CallResult, 'payload'>,
  handler: string,
  debug: string,
): LambdaPythonError {
  const { errorType = 'an error', errorMessage = '' } = errorOf(payload);
  return new LambdaPythonError('FUNCTION_FAILED', {
    message: `\`${handler}\` failed: ${errorType}${errorMessage && `: ${errorMessage}`}`,
    hint: `correct it; \`${nxCommandLine(debug)}\` waits for a debugger`,
  });
}

/** Its lines, as Python prints them. */
export function tracebackOf(payload: Uint8Array): string[] {
  const { stackTrace = [] } = errorOf(payload);
  const lines = stackTrace.flatMap((frame) => frame.trimEnd().split('\n'));
  return lines.length === 0 ? [] : ['Traceback (most recent call last):', ...lines];
}

export function errorOf(payload: Uint8Array): FunctionError {
  try {
    const value = JSON.parse(Buffer.from(payload).toString('utf8')) as FunctionError | null;
    return value ?? {};
  } catch {
    return {};
  }
}
