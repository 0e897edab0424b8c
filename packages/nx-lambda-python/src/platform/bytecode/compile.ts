/** Compiles a dependency part to bytecode: in the build image, or by this machine's Python of the same version. */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { Architecture, Runtime } from '../../service/runtimes';
import { containerPlatform } from '../engines/image';
import { ifSeen, imagePython, MISFIT, ROOT, runContainer, type ImagePlace } from '../engines/run';
import { readUnchanged, type ServiceFile } from '../../packaging/package';
import { readJson } from '../files/files';
import type { Exec, ExecResult } from '../process/exec';
import { findPythonOf } from '../process/python';

export interface CompileRequest {
  runtime: Runtime;
  architecture: Architecture;
  /** Of the dependency part. */
  archive: string;
  /** Undefined to compile all modules; else those that importing these handlers runs. */
  imports: HandlerImports | undefined;
}

export interface HandlerImports {
  /** What all paths of the part begin with. */
  prefix: string;
  /** Files of the service. */
  files: readonly ServiceFile[];
  /** Modules, as Lambda imports them. */
  handlers: readonly string[];
  /** Python files that the handlers reach in the service. */
  reached: readonly string[];
}

/** An import that did not come to its end; what it had run until then is compiled. */
export interface ImportFailure {
  /** The handler's module. */
  handler: string;
  message: string;
  /** The module that Python did not find. */
  missing: string | null;
}

export interface Compiled {
  /** The archive of bytecode, below the directory. */
  path: string;
  failures: ImportFailure[];
}

const INPUT = 'dependencies.zip';
const OUTPUT = 'bytecode.zip';
const FAILURES = 'failures.json';
const IMPORTING = 'imported_modules.py';
const SERVICE = 'service';
/** Without a fixed seed, Python orders the sets that code may hold differently in each process. */
const ENVIRONMENT = { PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1' };

/**
 * @param place undefined for this machine
 * @throws HOST_PYTHON_MISSING, IMAGE_UNAVAILABLE, CONTAINER_FAILED, SourceChangedError
 */
export async function compilePart(
  directory: string,
  request: CompileRequest,
  place: ImagePlace | undefined,
  exec: Exec,
): Promise<Compiled> {
  copyFileSync(request.archive, join(directory, INPUT));
  copyFileSync(join(__dirname, 'compile_part.py'), join(directory, 'compile.py'));
  const { imports } = request;
  if (imports) {
    if (!place) checkSystem(request);
    copyFileSync(join(__dirname, IMPORTING), join(directory, IMPORTING));
    mkdirSync(join(directory, SERVICE));
    for (const one of imports.files) {
      const file = join(directory, SERVICE, one.path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, readUnchanged(one));
    }
  }
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
  const failures = imports && readJson<ImportFailure[]>(join(directory, FAILURES));
  return { path: join(directory, OUTPUT), failures: failures ?? [] };
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
    // What the network answers must not decide what is imported.
    network: request.imports ? 'none' : network,
    extraArguments,
    command: ifSeen(script, run),
  };
  const names = request.imports ? [OUTPUT, FAILURES] : [OUTPUT];
  const leaves = { source: directory, target: ROOT, names };
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

function writeRequest(directory: string, root: string, { runtime, imports }: CompileRequest): void {
  const text = JSON.stringify({
    python: runtime.python,
    part: `${root}/${INPUT}`,
    output: `${root}/${OUTPUT}`,
    ...(imports && {
      imports: {
        script: `${root}/${IMPORTING}`,
        service: `${root}/${SERVICE}`,
        failures: `${root}/${FAILURES}`,
        prefix: imports.prefix,
        handlers: imports.handlers,
        reached: imports.reached,
      },
    }),
  });
  writeFileSync(join(directory, 'request.json'), text);
}

/** Wheels for Lambda can be compiled everywhere, but imported only by its system. */
function checkSystem({ runtime, architecture }: CompileRequest): void {
  const machine = { x64: 'x86_64', arm64: 'arm64' }[process.arch as string];
  if (process.platform === 'linux' && machine === architecture) return;
  throw new LambdaPythonError('HOST_PYTHON_MISSING', {
    message: `"bytecode": "imported" imports the dependencies, which are for Linux on ${architecture}, and this machine is ${process.platform} on ${machine ?? process.arch}; there is no container for ${runtime.name}`,
    hint: 'build with "engine": "auto" and docker or podman, or set "bytecode": true, which compiles without importing',
  });
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
