/** Compiles a dependency part to bytecode: in the build image, or by this machine's Python of the same version. */

import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { Architecture, Runtime } from '../../service/runtimes';
import { containerPlatform } from '../engines/image';
import { ifSeen, imagePython, MISFIT, ROOT, runContainer, type ImagePlace } from '../engines/run';
import type { Exec, ExecResult } from '../process/exec';
import { findPythonOf } from '../process/python';

export interface CompileRequest {
  runtime: Runtime;
  architecture: Architecture;
  /** Of the dependency part. */
  archive: string;
}

const INPUT = 'dependencies.zip';
const OUTPUT = 'bytecode.zip';
/** Without a fixed seed, Python orders the sets that code may hold differently in each process. */
const ENVIRONMENT = { PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1' };

/**
 * @param place undefined for this machine
 * @returns the path of the archive of bytecode, below `directory`
 * @throws HOST_PYTHON_MISSING, IMAGE_UNAVAILABLE, CONTAINER_FAILED
 */
export async function compilePart(
  directory: string,
  request: CompileRequest,
  place: ImagePlace | undefined,
  exec: Exec,
): Promise<string> {
  copyFileSync(request.archive, join(directory, INPUT));
  copyFileSync(join(__dirname, 'compile_part.py'), join(directory, 'compile.py'));
  const { exitCode, output } = place
    ? await compileInContainer(directory, request, place, exec)
    : await compileOnHost(directory, request, exec);
  if (exitCode === MISFIT) throw place ? misfit(place, request, output) : pythonMissing(request);
  if (exitCode !== 0) {
    throw new LambdaPythonError('CONTAINER_FAILED', {
      message: `compiling bytecode for ${request.runtime.name} failed: ${output.trim().split('\n').slice(-3).join(' ')}`,
      hint: 'correct `image`, `network` and `containerArgs` on the build target, or set "bytecode": false',
    });
  }
  return join(directory, OUTPUT);
}

async function compileInContainer(
  directory: string,
  request: CompileRequest,
  { image, network, mount, extraArguments }: ImagePlace,
  exec: Exec,
): Promise<ExecResult> {
  writeRequest(directory, ROOT, request);
  const script = `${ROOT}/compile.py`;
  const run = `exec ${imagePython(request.runtime)} -s -S ${script} ${ROOT}/request.json`;
  const task = {
    image: image.name,
    platform: containerPlatform(request.architecture),
    mounts: [{ source: directory, target: ROOT, readOnly: false }],
    environment: { HOME: ROOT, ...ENVIRONMENT },
    inherited: [],
    workdir: ROOT,
    network,
    extraArguments,
    command: ifSeen(script, run),
  };
  const leaves = { source: directory, target: ROOT, names: [OUTPUT] };
  const onLine = (line: string) => console.log(`  ${line}`);
  return runContainer(image, task, { mount, leaves, secrets: {}, onLine }, exec);
}

async function compileOnHost(
  directory: string,
  request: CompileRequest,
  exec: Exec,
): Promise<ExecResult> {
  writeRequest(directory, directory, request);
  const args = ['-s', '-S', join(directory, 'compile.py'), join(directory, 'request.json')];
  const env = { ...ENVIRONMENT, PYTHONPATH: undefined, PYTHONHOME: undefined };
  const python = await findPythonOf(request.runtime.python.join('.'), exec);
  if (python === undefined) throw pythonMissing(request);
  return exec(python, args, { env });
}

function writeRequest(directory: string, root: string, { runtime }: CompileRequest): void {
  const text = JSON.stringify({
    python: runtime.python,
    part: `${root}/${INPUT}`,
    output: `${root}/${OUTPUT}`,
  });
  writeFileSync(join(directory, 'request.json'), text);
}

function pythonMissing({ runtime }: CompileRequest): LambdaPythonError {
  const version = runtime.python.join('.');
  return new LambdaPythonError('HOST_PYTHON_MISSING', {
    message: `bytecode for ${runtime.name} needs Python ${version}, but no container engine and no \`python${version}\` is on PATH`,
    hint: `build with "engine": "auto" and docker or podman, install Python ${version}, or set "bytecode": false`,
  });
}

function misfit(
  { image }: ImagePlace,
  { runtime }: CompileRequest,
  output: string,
): LambdaPythonError {
  return new LambdaPythonError('IMAGE_UNAVAILABLE', {
    message: `the build image \`${image.name}\` cannot compile bytecode for ${runtime.name}: ${output.trim()}`,
    hint: 'set "image" on the build target to an image of that runtime, or set "bytecode": false',
  });
}
