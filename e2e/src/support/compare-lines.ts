/** What is read in a lock beside what its own tool exports, in every environment that a package may run in. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  ARCHITECTURES,
  RUNTIMES,
  type Architecture,
  type Runtime,
} from '../../../packages/nx-lambda-python/src/service/runtimes';

interface Target {
  runtime: Runtime;
  architecture: Architecture;
}

/** The projects that are compared require Python 3.11. */
export const TARGETS: readonly Target[] = RUNTIMES.filter(
  ({ python: [, minor] }) => minor >= 11,
).flatMap((runtime) => ARCHITECTURES.map((architecture) => ({ runtime, architecture })));

/** Requirement lines, with the directory in which their paths start. */
interface Lines {
  text: string;
  base: string;
}

export interface Comparison {
  target: Target;
  /** For messages: what was selected. */
  selected: readonly string[];
  tool: Lines;
  own: Lines;
}

interface Answer {
  /** That hold in any environment. */
  lines: number;
  differences: unknown[];
}

/** @throws for a comparison without any line */
export function differences(comparisons: readonly Comparison[]): unknown[] {
  const input = comparisons.map(({ target, selected, ...sides }) => ({
    ...sides,
    what: [target.runtime.name, target.architecture, ...selected].join(' '),
    environments: environments(target),
  }));
  const script = join(__dirname, 'compare_lines.py');
  const output = execFileSync('python3', [script], { input: JSON.stringify(input) });
  const answers = JSON.parse(output.toString()) as Answer[];
  if (answers.some(({ lines }) => lines === 0)) throw new Error('nothing is required');
  return answers.flatMap((answer) => answer.differences);
}

/** Around those that the projects name. */
const PATCHES = [0, 2, 3, 4, 5, 6, 20];

function environments({ runtime, architecture }: Target): Record<string, string>[] {
  const version = runtime.python.join('.');
  return PATCHES.map((patch) => ({
    implementation_name: 'cpython',
    implementation_version: `${version}.${patch}`,
    os_name: 'posix',
    platform_machine: architecture === 'arm64' ? 'aarch64' : 'x86_64',
    platform_python_implementation: 'CPython',
    platform_system: 'Linux',
    python_full_version: `${version}.${patch}`,
    python_version: version,
    sys_platform: 'linux',
    platform_release: '',
    platform_version: '',
  }));
}
