/** Where pip and its helpers run, in a container or on this machine, behind one interface. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Exec } from '../process/exec';
import { pipFailure } from './failure';
import { runInContainer } from './in-container';
import { findPython, hostEnvironment } from './on-host';
import { ROOT, type ContainerPlace } from './pip-container';
import { describeTarget, writeInput, type ResolveRequest } from './request';

export interface Side {
  onHost: boolean;
  /** A directory of this machine as programs of that side see it. */
  rootOf: (directory: string) => string;
  /**
   * Lays out the request below `directory`, which is made, and runs each list of Python's arguments in turn.
   * @throws LambdaPythonError for the first that fails, and whatever keeps them from running
   */
  run: (
    directory: string,
    request: ResolveRequest,
    commands: readonly (readonly string[])[],
  ) => Promise<void>;
}

export function sideOf(place: ContainerPlace | undefined, exec: Exec): Side {
  return place ? container(place, exec) : host(exec);
}

function container(place: ContainerPlace, exec: Exec): Side {
  return {
    onHost: false,
    rootOf: () => ROOT,
    run: async (directory, request, commands) => {
      mkdirSync(directory, { recursive: true });
      await runInContainer(directory, request, place, commands, exec);
    },
  };
}

function host(exec: Exec): Side {
  return {
    onHost: true,
    rootOf: (directory) => directory,
    run: async (directory, request, commands) => {
      const [python, ...pythonArguments] = await findPython(exec);
      mkdirSync(directory, { recursive: true });
      writeInput(directory, request);
      const env = hostEnvironment(directory, request);
      const guard = join(__dirname, 'guarded_pip.py');
      for (const command of commands) {
        const { exitCode, output } = await exec(
          python,
          [...pythonArguments, ...(command[0] === '-m' ? [guard] : []), ...command],
          {
            cwd: directory,
            env,
            onLine: request.onLine,
          },
        );
        if (exitCode === 0) continue;
        throw pipFailure({ output, target: describeTarget(request), place: 'host' });
      }
    },
  };
}
