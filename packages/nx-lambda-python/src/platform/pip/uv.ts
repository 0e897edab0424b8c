/** Locks by uv, which resolves for another system than its own without a container. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { withoutCredentials } from '../../packaging/requirements/parse';
import type { Architecture, Runtime } from '../../service/runtimes';
import type { Exec, ExecResult } from '../process/exec';
import { pipVariables, type PipConfiguration } from './configuration';
import {
  describeTarget,
  fileArguments,
  INPUT,
  writeInput,
  type PipSettings,
  type RequiredInput,
  type Target,
} from './pip';

/** What may become newer than it is in the lock. */
export interface Upgrade {
  all: boolean;
  packages: readonly string[];
}

export interface KeptLock {
  /** Text of the existing lock, whose versions stay. */
  previous: string | undefined;
  upgrade: Upgrade;
}

/** glibc 2.x for which uv knows a platform; an older one than the runtime's is always right. */
const PLATFORM_MINORS = [40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 28, 17];

/**
 * The text that uv writes: one line per distribution, with the hashes of all its files.
 * @throws LOCK_FAILED
 */
export async function lockByUv(
  directory: string,
  input: RequiredInput,
  settings: PipSettings,
  { previous, upgrade }: KeptLock,
  exec: Exec,
): Promise<string> {
  writeInput(directory, input, settings.configuration);
  const output = join(directory, 'locked.txt');
  if (previous !== undefined) writeFileSync(output, previous, { mode: 0o600 });
  const run = { output, upgrade, fromSource: [] };
  const result = await runUv(directory, input, settings, run, exec);
  if (result.notFound) {
    throw new LambdaPythonError('LOCK_FAILED', {
      message: '`"tool": "uv"` needs `uv` on PATH, which has no such program',
      hint: 'install it (https://docs.astral.sh/uv), or lock in the build image: "tool": "pip"',
    });
  }
  if (result.exitCode !== 0) {
    const words = withoutCredentials(result.output).trim().split('\n').slice(-12);
    throw new LambdaPythonError('LOCK_FAILED', {
      message: `uv could not resolve the requirements for ${describeTarget(settings.target)}:\n  ${words.join('\n  ')}`,
      hint: 'read uv\'s output above; if something must be built from source for the runtime, lock in the build image: "tool": "pip"',
    });
  }
  return readFileSync(output, 'utf8');
}

interface UvRun {
  output: string;
  upgrade: Upgrade;
  /** Distributions that have no wheel for the runtime. */
  fromSource: readonly string[];
}

/**
 * uv takes the newest version even if only its source fits an old glibc. pip is told to prefer wheels, and so is uv, in
 * its own way: only wheels, except for distributions that it reports to have none.
 */
async function runUv(
  directory: string,
  input: RequiredInput,
  settings: PipSettings,
  run: UvRun,
  exec: Exec,
): Promise<ExecResult> {
  const result = await exec('uv', uvArguments(directory, input, settings.target, run), {
    cwd: directory,
    env: { ...uvEnvironment(settings.configuration), ...settings.secrets().variables },
  });
  const named = [...result.output.matchAll(/Wheels are required for `([^`]+)`/g)];
  const more = named.map(([, name = '']) => name).filter((name) => !run.fromSource.includes(name));
  if (result.exitCode === 0 || more.length === 0) return result;
  settings.onLine(`no wheel for the runtime: ${more.join(', ')}`);
  const again = { ...run, fromSource: [...run.fromSource, ...more] };
  return runUv(directory, input, settings, again, exec);
}

function uvArguments(
  directory: string,
  { requirements, constraints }: RequiredInput,
  { runtime, architecture }: Target,
  { output, upgrade, fromSource }: UvRun,
): string[] {
  const files = fileArguments(directory, { requirements, constraints, pipArguments: [] });
  return [
    'pip',
    'compile',
    // The files are positional in uv.
    ...files.filter((argument) => argument !== '--requirement'),
    `--output-file=${output}`,
    '--generate-hashes',
    '--no-header',
    '--no-annotate',
    '--quiet',
    `--python-version=${runtime.python.join('.')}`,
    `--python-platform=${uvPlatform(runtime, architecture)}`,
    '--only-binary=:all:',
    ...fromSource.map((name) => `--no-binary=${name}`),
    ...(upgrade.all ? ['--upgrade'] : []),
    ...upgrade.packages.map((name) => `--upgrade-package=${name}`),
  ];
}

function uvPlatform({ glibc }: Runtime, architecture: Architecture): string {
  const minor = PLATFORM_MINORS.find((platform) => platform <= glibc[1]) ?? 17;
  const machine = architecture === 'arm64' ? 'aarch64' : 'x86_64';
  return `${machine}-${minor === 17 ? 'manylinux2014' : `manylinux_2_${minor}`}`;
}

/** pip's configuration in uv's words. Values may be secret, so none of them is an argument. */
function uvEnvironment(configuration: PipConfiguration) {
  const { deciding, certificates } = configuration;
  const names: Readonly<Record<string, string>> = {
    PIP_INDEX_URL: 'UV_DEFAULT_INDEX',
    PIP_EXTRA_INDEX_URL: 'UV_INDEX',
    PIP_FIND_LINKS: 'UV_FIND_LINKS',
    PIP_NO_INDEX: 'UV_NO_INDEX',
    PIP_CONSTRAINT: 'UV_CONSTRAINT',
    PIP_BUILD_CONSTRAINT: 'UV_BUILD_CONSTRAINT',
    PIP_UPLOADED_PRIOR_TO: 'UV_EXCLUDE_NEWER',
    PIP_TRUSTED_HOST: 'UV_INSECURE_HOST',
  };
  // uv is run in the directory that has the input.
  const given = pipVariables(configuration, (place) => posix.join(INPUT, place));
  const named = Object.entries(names).flatMap(([pip, uv]) => {
    const value = given[pip];
    return value === undefined ? [] : [[uv, value] as const];
  });
  return {
    ...Object.fromEntries(named),
    // As pip: the best version of all indexes, whichever has it.
    UV_INDEX_STRATEGY: 'unsafe-best-match',
    UV_NO_PROGRESS: '1',
    NO_COLOR: '1',
    ...(deciding['PIP_PRE'] ? { UV_PRERELEASE: 'allow' } : {}),
    ...(certificates ? { SSL_CERT_FILE: certificates } : {}),
  };
}
