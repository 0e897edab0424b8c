/** Resolves in a container as if another user ran the build, whom only root can stand in for. */

import { chownSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findBuildImage } from '../../../packages/nx-lambda-python/src/platform/engines/image';
import { exec, type Exec } from '../../../packages/nx-lambda-python/src/platform/process/exec';
import { wheelsIn } from '../../../packages/nx-lambda-python/src/platform/pip/pip';
import { containerPip } from '../../../packages/nx-lambda-python/src/platform/pip/in-container';
import { findRuntime } from '../../../packages/nx-lambda-python/src/service/runtimes';
import { IMAGE } from './engine';

export async function resolveAs(
  user: number,
  directory: string,
  requirement: string,
  environment: Record<string, string>,
): Promise<{ name: string; owner: number }[]> {
  jest.spyOn(process, 'getuid').mockReturnValue(user);
  jest.spyOn(process, 'getgid').mockReturnValue(user);
  const replaced = jest.replaceProperty(process, 'env', { ...process.env, ...environment });
  try {
    const architecture = 'x86_64';
    const choice = { choice: 'docker', image: IMAGE, architecture } as const;
    const image = await findBuildImage(choice, exec, {
      whileAlone: (work) => work(),
      pull: () => exec('false', []),
    });
    const runtime = findRuntime('python3.11');
    if (!image || !runtime) throw new Error('there is no such image or runtime');
    const asUser: Exec = (file, args, options) => {
      giveTo(user, directory);
      return exec(file, args, options);
    };
    const pip = containerPip(
      {
        image,
        network: 'host',
        mount: 'bind',
        volumes: [],
        environment: { literal: {}, inherited: [] },
        extraArguments: [],
        ssh: 'auto',
        pipCache: join(directory, 'cache'),
      },
      {
        target: { runtime, architecture },
        configuration: { deciding: {}, connecting: {}, certificates: undefined },
        secrets: () => ({ variables: {}, netrc: undefined }),
        onLine: () => undefined,
      },
      asUser,
    );
    await pip.make('wheels', directory, {
      step: 'placed',
      files: new Map([['requirements.txt', `${requirement}\n`]]),
      requirements: ['requirements.txt'],
      constraints: [],
      pipArguments: [],
      localFiles: [],
    });
    return wheelsIn(directory).map((file) => ({ name: basename(file), owner: statSync(file).uid }));
  } finally {
    replaced.restore();
    jest.restoreAllMocks();
  }
}

function giveTo(user: number, directory: string): void {
  chownSync(directory, user, user);
  for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(directory, path), user, user);
  }
}
