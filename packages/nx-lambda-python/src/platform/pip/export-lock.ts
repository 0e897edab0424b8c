/** uv.lock and poetry.lock as requirement lines, by the tool that owns the format. */

import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { INPUT, type LocalInput, type LockExport, type ResolveRequest } from './request';
import type { Side } from './side';

/** Below the directory of a resolution. */
const EXPORT = 'export';
const OUTPUT = 'exported.txt';

/**
 * The same request with the lines of its lock instead of the lock.
 * @throws LOCK_EXPORT_FAILED
 */
export async function exportLock(
  directory: string,
  request: ResolveRequest,
  local: LocalInput,
  lock: LockExport,
  side: Side,
): Promise<ResolveRequest> {
  const work = join(directory, EXPORT);
  mkdirSync(work);
  const root = side.rootOf(work);
  for (const name of ['export_lock.py', 'guarded_pip.py']) {
    copyFileSync(join(__dirname, name), join(work, name));
  }
  const project = posix.join(root, INPUT, local.base.projectRoot);
  const command = ['export_lock.py', '', OUTPUT, 'tool'].map((name) =>
    name === '' ? project : posix.join(root, name),
  );
  const [script = '', ...rest] = command;
  try {
    await side.run(work, { ...request, files: lock.files }, [[script, lock.tool, ...rest]]);
  } catch (error) {
    throw exportFailed(lock, error);
  }
  const exported = `${lock.path}.txt`;
  return {
    ...request,
    files: new Map([[exported, readFileSync(join(work, OUTPUT), 'utf8')]]),
    requirements: [exported],
    local: {
      ...local,
      // uv writes paths relative to its lock, Poetry writes them absolute.
      exportedBase: {
        projectRoot: posix.dirname(lock.path),
        workspaceRoot: posix.join(root, INPUT),
      },
    },
  };
}

function exportFailed({ tool, path }: LockExport, error: unknown): unknown {
  if (!(error instanceof LambdaPythonError)) return error;
  if (error.code !== 'PIP_FAILED' && error.code !== 'WHEEL_UNAVAILABLE') return error;
  // What stands above the tool's own words speaks of pip.
  const [first = '', ...words] = error.message.split('\n');
  return new LambdaPythonError('LOCK_EXPORT_FAILED', {
    message: `${tool} could not turn \`${path}\` into requirements: ${words.length > 0 ? `\n${words.join('\n')}` : first}`,
    hint:
      tool === 'uv'
        ? 'run `uv lock` and build again; the service needs a `[project]` table in its pyproject.toml'
        : 'run `poetry lock` and build again',
    cause: error,
  });
}
