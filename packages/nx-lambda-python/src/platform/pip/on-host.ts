/** Resolves requirements without a container: published wheels for the runtime's tags, nothing else. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { nullDevice } from '../../packaging/inputs/pip-configuration';
import { withoutCredentials } from '../../packaging/requirements/parse';
import { runtimeEnvironment } from '../../packaging/requirements/requirement';
import { pipPlatforms } from '../../packaging/wheel/names';
import { lastLine, type Exec } from '../process/exec';
import { askIndexBy } from './ask-index';
import { mayBeCacheDamage, NO_CACHE } from './cache-damage';
import { pipFailure } from './failure';
import {
  describeTarget,
  fileArguments,
  LEFT,
  PIP_ENVIRONMENT,
  reportArguments,
  settingsBelow,
  TEMPORARY,
  withoutSettings,
  writeInput,
  type Pip,
  type PipInput,
  type PipSettings,
  type PlacedInput,
  type Target,
} from './pip';

const ONLY_WHEELS = ['--only-binary=:all:'];

/** The pip of this machine, for the runtime's system and not its own. */
export function hostPip(settings: PipSettings, exec: Exec): Pip {
  return {
    onHost: true,
    where: 'by pip on this machine',
    resolvedBy: { image: null, engine: 'host' },
    rootOf: (directory) => directory,
    run: (directory, input, commands, unset = []) =>
      runCommands(directory, input, withoutSettings(settings, unset), commands, exec),
    make: async (what, directory, input) => {
      if (what === 'install') throw new Error("this machine's pip installs for its own system");
      // pip insists on a target for another system than its own.
      const report = [`--target=${join(directory, LEFT.install)}`, ...reportArguments(directory)];
      if (what === 'report') {
        return runPip(directory, input, settings, ['install', ...ONLY_WHEELS, ...report], exec);
      }
      const wheels = join(directory, LEFT.wheels);
      mkdirSync(wheels);
      const download = ['download', ...ONLY_WHEELS, `--dest=${wheels}`];
      await runPip(directory, input, settings, download, exec);
      const source = readdirSync(wheels).find((name) => !name.endsWith('.whl'));
      if (source !== undefined) throw sourceOnly(source, describeTarget(settings.target));
    },
  };
}

async function runCommands(
  directory: string,
  input: PipInput,
  settings: PipSettings,
  commands: readonly (readonly string[])[],
  exec: Exec,
): Promise<void> {
  const [python, ...pythonArguments] = await findPython(exec);
  mkdirSync(directory, { recursive: true });
  writeInput(directory, input, settings.configuration);
  const env = hostEnvironment(directory, settings);
  const guard = join(__dirname, 'guarded_pip.py');
  for (const command of commands) {
    const guarded = [...(command[0] === '-m' ? [guard] : []), ...command];
    const options = { cwd: directory, env, onLine: settings.onLine };
    const { exitCode, output } = await exec(python, [...pythonArguments, ...guarded], options);
    if (exitCode === 0) continue;
    const run = (question: readonly string[]) =>
      exec(python, [...pythonArguments, ...question], { cwd: directory, env });
    const askIndex = askIndexBy({ directory, root: directory, commands: [command], run });
    const failed = { output, target: settings.target, place: 'host', files: input.files } as const;
    throw await pipFailure(failed, askIndex);
  }
}

async function runPip(
  directory: string,
  input: PlacedInput,
  settings: PipSettings,
  command: readonly string[],
  exec: Exec,
): Promise<void> {
  refuseGit(input);
  const { target, onLine } = settings;
  const [python, ...pythonArguments] = await findPython(exec);
  writeInput(directory, input, settings.configuration);
  mkdirSync(join(directory, TEMPORARY), { recursive: true });
  const requestFile = join(directory, 'request.json');
  const pip = [...command, ...targetArguments(target), ...fileArguments(directory, input)];
  writeFileSync(requestFile, JSON.stringify({ environment: markerEnvironment(target), pip }));
  const script = join(__dirname, 'resolve_on_host.py');
  const run = (more: Record<string, string> = {}) =>
    exec(python, [...pythonArguments, script, requestFile], {
      env: hostEnvironment(directory, settings, { TMPDIR: join(directory, TEMPORARY), ...more }),
      onLine,
    });
  let result = await run();
  // The cache is the user's own, and not ours to clear.
  if (mayBeCacheDamage(result)) result = await run(NO_CACHE);
  if (result.exitCode === UNFIT) {
    throw new LambdaPythonError('HOST_PYTHON_MISSING', {
      message: `the pip of this machine cannot resolve for another system: ${lastLine(result.output)}`,
      hint: 'install docker or podman (recommended), or another version of pip',
    });
  }
  if (result.exitCode === 0) return;
  const askIndex = askIndexBy({
    directory,
    root: directory,
    commands: [['-m', 'pip', ...pip]],
    run: (question) =>
      exec(python, [...pythonArguments, ...question], {
        env: hostEnvironment(directory, settings),
      }),
  });
  const { output } = result;
  throw await pipFailure({ output, target, place: 'host', files: input.files }, askIndex);
}

/** pip reads no pip.conf: its settings are read here, and are part of the requirements key. */
const NO_CONFIGURATION_FILES = { PIP_CONFIG_FILE: nullDevice(process.platform) };

/** Exit code of resolve_on_host.py for a pip that cannot resolve for another machine. */
const UNFIT = 70;

/** A repository has no wheel, and pip would build one here, for this machine. */
function refuseGit({ files }: PlacedInput): void {
  for (const [path, text] of files) {
    const found = /\b(?:git|hg|svn|bzr)\+\w+:\/\/\S+/.exec(text)?.[0];
    if (!found) continue;
    throw new LambdaPythonError('WHEEL_UNAVAILABLE', {
      message: `\`${path}\` requires \`${withoutCredentials(found)}\`, and without a container nothing can be built from source`,
      hint: 'start docker or podman and build with "engine": "auto", or publish it to an index as a wheel',
    });
  }
}

/** pip downloads what a URL names even if it may take wheels only. */
function sourceOnly(file: string, target: string): LambdaPythonError {
  return new LambdaPythonError('WHEEL_UNAVAILABLE', {
    message: `\`${file}\` is required by its URL and is not a wheel: without a container, nothing can be built from source for ${target}`,
    hint: 'start docker or podman and build with "engine": "auto", or require a published version',
  });
}

/** What PEP 508 markers see in the runtime. */
function markerEnvironment({ runtime, architecture }: Target): Record<string, string> {
  const { values } = runtimeEnvironment(runtime, architecture);
  const version = `${runtime.python.join('.')}.0`;
  // Lambda's kernel.
  const platform = { platform_release: '5.10' };
  return { ...values, ...platform, implementation_version: version, python_full_version: version };
}

function targetArguments({ runtime, architecture }: Target): string[] {
  const [major, minor] = runtime.python;
  return [
    `--python-version=${major}.${minor}`,
    '--implementation=cp',
    ...[`cp${major}${minor}`, 'abi3', 'none'].map((abi) => `--abi=${abi}`),
    ...pipPlatforms(runtime, architecture).map((platform) => `--platform=${platform}`),
  ];
}

/** pip's own variables of this shell and its configuration files could choose other wheels: pip gets what the key has. */
function hostEnvironment(
  directory: string,
  { configuration, secrets }: PipSettings,
  more: Record<string, string> = {},
): Record<string, string | undefined> {
  const { host, certificates } = configuration;
  const own = Object.keys(process.env).filter((name) => name.startsWith('PIP_'));
  return {
    ...Object.fromEntries(own.map((name) => [name, undefined])),
    ...NO_CONFIGURATION_FILES,
    ...PIP_ENVIRONMENT,
    ...host,
    ...settingsBelow(directory, configuration),
    ...(certificates ? { PIP_CERT: certificates } : {}),
    ...secrets().variables,
    ...more,
  };
}

/** Several `--platform`s and `--abi`s are understood since then. */
const OLDEST_PIP = [20, 3] as const;

/**
 * A Python of any version with pip, as the words that start it. uv has neither a download nor pip: it runs one.
 * @throws HOST_PYTHON_MISSING
 */
export async function findPython(exec: Exec): Promise<[string, ...string[]]> {
  const tried: string[] = [];
  for (const candidate of CANDIDATES) {
    const [file, ...args] = candidate;
    const version = [...args, '-m', 'pip', '--version'];
    const result = await exec(file, version, { env: NO_CONFIGURATION_FILES });
    if (result.notFound) continue;
    const found = /^pip (\d+)\.(\d+)\S* .*\(python (\d+)\./m.exec(result.stdout);
    const [major = 0, minor = 0, python = 0] = found?.slice(1).map(Number) ?? [];
    const isNewEnough =
      major > OLDEST_PIP[0] || (major === OLDEST_PIP[0] && minor >= OLDEST_PIP[1]);
    // A pip that prints its version differently is not an older one.
    if (result.exitCode === 0 && (!found || (isNewEnough && python >= 3))) return candidate;
    tried.push(`\`${file}\` (${found ? `pip ${major}.${minor}, Python ${python}` : 'no pip'})`);
  }
  const words = tried.length > 0 ? `only ${tried.join(', ')}` : 'no Python';
  throw new LambdaPythonError('HOST_PYTHON_MISSING', {
    message: `without a container, published wheels are fetched by Python 3 with pip ${OLDEST_PIP.join('.')} or newer, but PATH has ${words}`,
    hint: tried.some((word) => word.startsWith('`uv`'))
      ? 'install docker or podman (recommended), or let uv install a Python that it can run pip with: `uv python install`'
      : 'install docker or podman (recommended), or Python 3 with pip, or uv',
  });
}

// uv may not fetch a Python in the middle of a build.
const UV = ['uv', 'run', '--quiet', '--no-project', '--no-python-downloads', '--with=pip'] as const;
const CANDIDATES: [string, ...string[]][] = [['python3'], ['python'], ['py'], [...UV, 'python']];
