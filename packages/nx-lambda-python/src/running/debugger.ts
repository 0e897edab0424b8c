/** `--debug`: where a function waits for a debugger, and how one gets there. */

import { LambdaPythonError } from '../errors';
import { ask } from '../platform/process/exec';
import type { CallResult } from '../runtime/function-call';
import type { FunctionPlace } from '../runtime/place';
import type { WorkerSettings } from '../runtime/worker';
import type { Marker } from '../service/marker';
import { errorOf } from './call-report';

const PRINT_DIRECTORY =
  'import debugpy, os; print(os.path.dirname(os.path.dirname(os.path.abspath(debugpy.__file__))))';

/** Debugpy is the package's, the image's, or that of this machine's Python. */
export async function debuggerOf(
  place: FunctionPlace,
  port: number,
): Promise<{ place: FunctionPlace; debug: NonNullable<WorkerSettings['debug']> }> {
  if (place.kind === 'host') {
    const { exitCode, stdout } = await ask(place.python, ['-c', PRINT_DIRECTORY]);
    return { place, debug: ['127.0.0.1', port, exitCode === 0 ? stdout.trim() : ''] };
  }
  // On the machine's own network there is nothing to publish.
  if (place.network === 'host') return { place, debug: ['127.0.0.1', port, ''] };
  const extraArguments = [...place.extraArguments, `--publish=127.0.0.1:${port}:${port}`];
  return { place: { ...place, extraArguments }, debug: ['0.0.0.0', port, ''] };
}

/** For the launch.json of an editor. */
export function attachConfiguration(
  { directory, root }: Marker,
  task: string,
  port: number,
): string {
  const localRoot = ['${workspaceFolder}', directory, root].filter(Boolean).join('/');
  return JSON.stringify({
    type: 'debugpy',
    request: 'attach',
    connect: { host: '127.0.0.1', port },
    pathMappings: [{ localRoot, remoteRoot: task }],
  });
}

/** What bootstrap.py answers. */
export function lacksDebugger({ payload }: Pick<CallResult, 'payload'>): boolean {
  return errorOf(payload).errorType === 'Debugger.Missing';
}

export function debuggerMissing(place: FunctionPlace): LambdaPythonError {
  const where =
    place.kind === 'host' ? `\`${place.python}\`` : `the build image \`${place.image.name}\``;
  return new LambdaPythonError('OPTION_INVALID', {
    message: `\`debug\` needs debugpy, which neither the package nor ${where} has`,
    hint: 'install it for a Python of the runtime’s version (`pip install debugpy`) and run with --engine=host --python=<its path>, or add debugpy to the requirements',
  });
}
