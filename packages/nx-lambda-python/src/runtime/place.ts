/** Where functions run: with a Python of this machine, or in the build image's container. */

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endContainer, runArguments } from '../platform/engines/container';
import { containerPlatform } from '../platform/engines/image';
import { currentUser, imagePython, withOwner, type ImagePlace } from '../platform/engines/run';
import { attempt } from '../platform/process/attempt';
import { exec } from '../platform/process/exec';
import { ownedName, sweepAbandoned } from '../platform/process/owner';
import type { Architecture, Runtime } from '../service/runtimes';
import type { FunctionPaths } from './function-call';

export type FunctionPlace = HostPlace | ContainerPlace;

export interface HostPlace {
  kind: 'host';
  /** Of the runtime's version: a path, or a name on PATH. */
  python: string;
}

export interface ContainerPlace extends ImagePlace {
  kind: 'container';
  architecture: Architecture;
}

/** Unpacked, absolute. */
export interface CodeTree {
  /** The package. */
  task: string;
  /** The layers; undefined if there are none. */
  opt?: string | undefined;
}

/** A supervisor, with the paths that its function has. */
export interface Launched {
  process: ChildProcess;
  paths: FunctionPaths;
  /** Of Python. */
  flags: readonly string[];
  /** Variables of a function that this place decides. */
  machine: Record<string, string>;
  /** Ends what is left, once the process has ended or must. */
  end: () => Promise<void>;
}

const START = 'nx-lambda-python-run-';

export function launch(
  place: FunctionPlace,
  tree: CodeTree,
  runtime: Runtime,
): Promise<Launched> | Launched {
  return place.kind === 'host' ? launchHere(place, tree) : launchInside(place, tree, runtime);
}

function launchHere({ python }: HostPlace, tree: CodeTree): Launched {
  attempt(() => sweepAbandoned(tmpdir(), START, ''));
  const root = join(tmpdir(), `${START}${ownedName()}`);
  const paths = {
    task: tree.task,
    opt: tree.opt ?? join(root, 'opt'),
    temporary: join(root, 'tmp'),
  };
  for (const path of [root, paths.temporary]) mkdirSync(path, { mode: 0o700 });
  // Isolated, and without this machine's packages: the function sees only what it brings.
  const process_ = spawn(python, ['-I', '-S', join(__dirname, 'supervisor.py'), root], {
    // Ctrl-C reaches this process alone, which ends the other.
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { PATH = '', SYSTEMROOT } = process.env;
  return {
    process: process_,
    paths,
    flags: ['-s', '-S'],
    machine: { PATH, ...(SYSTEMROOT === undefined ? {} : { SYSTEMROOT }) },
    end: () => {
      process_.kill('SIGKILL');
      attempt(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));
      return Promise.resolve();
    },
  };
}

/** Where the files of this folder are in the container. */
const HERE = '/nx-lambda-python';

async function launchInside(
  { image, network, extraArguments, architecture }: ContainerPlace,
  tree: CodeTree,
  runtime: Runtime,
): Promise<Launched> {
  const mounts = [
    { source: tree.task, target: '/var/task', readOnly: true },
    ...(tree.opt === undefined ? [] : [{ source: tree.opt, target: '/opt', readOnly: true }]),
    { source: __dirname, target: HERE, readOnly: true },
  ];
  const run = {
    ...withOwner({
      image: image.name,
      platform: containerPlatform(architecture),
      mounts,
      environment: {},
      inherited: [],
      workdir: '/var/task',
      network,
      extraArguments,
      command: ['sh', '-c', `exec ${imagePython(runtime)} -I ${HERE}/supervisor.py`],
    }),
    user: await currentUser(image, exec),
    input: 'pipe' as const,
  };
  const client = spawn(image.engine, runArguments(image.engine, run), {
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return {
    process: client,
    paths: { task: '/var/task', opt: '/opt', temporary: '/tmp' },
    flags: ['-s'],
    machine: {},
    end: async () => {
      if (client.exitCode === null) await endContainer(image.engine, run.owner, exec);
      client.kill('SIGKILL');
    },
  };
}
