/** Real pips that fail, each against its own index: every error names the cause and what to change. */

import { join } from 'node:path';
import {
  FAILURES,
  type Expected,
} from '../../packages/nx-lambda-python/src/platform/pip/failure/failures.fixtures';
import { CONTAINER_OPTIONS, describeLong, describeWithEngine, IMAGE } from './support/engine';
import { startFailingIndex, type FailingIndex } from './support/failing-index';
import { startNx } from './support/nx-process';
import { runDirectory } from './support/run-directory';
import { HANDLER, MARKER, serviceFiles, Workspace } from './support/workspace';

const FAILED = Object.entries(FAILURES);
const projectOf = (number: number) => `f${number}`;

let index: FailingIndex;
let workspace: Workspace;
beforeAll(async () => {
  index = await startFailingIndex(
    FAILED.map(([, failure]) => failure),
    join(runDirectory(), 'failing-index'),
  );
  workspace = new Workspace('pip-failures');
  workspace.environment = {
    NX_LAMBDA_PYTHON_CACHE_DIRECTORY: join(runDirectory(), 'pip-failures-store'),
    PIP_CONFIG_FILE: '/dev/null',
    PIP_RETRIES: '0',
    PIP_INDEX_URL: undefined,
    PIP_EXTRA_INDEX_URL: undefined,
    PIP_FIND_LINKS: undefined,
  };
  workspace.init();
  for (const number of FAILED.keys()) {
    const files = {
      'app/handlers/a.py': HANDLER,
      'requirements.txt': index.requirementsOf(number),
    };
    workspace.writeAll(serviceFiles(`services/${projectOf(number)}`, MARKER, files));
  }
});
afterAll(() => index.stop());

/** What each service's build said, by its project. */
async function buildAll(...args: string[]): Promise<Map<string, string>> {
  const command = ['run-many', '--target=build', '--parallel=2', '--skip-nx-cache', ...args];
  const { output } = await startNx(workspace, [...command, '--output-style=static']).ended;
  const parts = output.split(/^> nx run /m).slice(1);
  return new Map(parts.map((part) => [part.split(':', 1)[0] ?? '', part]));
}

function expectError(output: string, [code, message, hint]: Expected): void {
  const [, first = '', told = ''] = /^(error\[.*)$[^]*?^(hint: .*)$/m.exec(output) ?? [output];
  expect(first).toContain(`error[${code}]`);
  for (const words of message) expect(first).toContain(index.fill(words));
  for (const words of hint) expect(told).toContain(index.fill(words));
}

it('a lock without a wheel for the runtime is told before pip starts', async () => {
  const file = (name: string) =>
    `{ url = "${index.fill('{index}')}/${name}", hash = "sha256:${'1'.repeat(64)}" }`;
  const registry = `source = { registry = "${index.fill('{index}')}/simple" }`;
  const project = 'name = "locked"\nversion = "0.1.0"\n';
  const lock = [
    'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n',
    `[[package]]\n${project}source = { virtual = "." }\ndependencies = [{ name = "fastjson" }]\n`,
    `[[package]]\nname = "fastjson"\nversion = "2.0"\n${registry}\nsdist = ${file('fastjson-2.0.tar.gz')}`,
    `wheels = [${file('fastjson-2.0-cp38-abi3-manylinux_2_28_x86_64.whl')}]\n`,
  ];
  const files = {
    'app/handlers/a.py': HANDLER,
    'uv.lock': lock.join('\n'),
    'pyproject.toml': `[project]\n${project}dependencies = ["fastjson"]\n[tool.nx-lambda-python]\n${MARKER}`,
  };
  workspace.writeAll(serviceFiles('services/locked', MARKER, files));
  const args = ['build', 'locked', '--engine=host', '--requirements=uv.lock', '--skip-nx-cache'];
  const { output } = await startNx(workspace, args).ended;
  const warning =
    'warning: `services/locked/uv.lock` has no wheel for python3.11 x86_64 of `fastjson 2.0`';
  expect(output).toContain(`${warning} (its wheels need glibc 2.28, the runtime has 2.26)`);
  expect(output.indexOf(warning)).toBeLessThan(output.indexOf('resolving'));
});

describe('by pip of this machine', () => {
  let said: Map<string, string>;
  beforeAll(async () => (said = await buildAll('--engine=host')));

  it.each(
    FAILED.map(([name, { host, expected }], number) => [name, number, host ?? expected] as const),
  )('%s', (_, number, expected) => expectError(said.get(projectOf(number)) ?? '', expected));
});

describeLong('in a container', () => {
  describeWithEngine('of docker', () => {
    let said: Map<string, string>;
    beforeAll(async () => {
      const { engine, network } = CONTAINER_OPTIONS;
      said = await buildAll(`--engine=${engine}`, `--image=${IMAGE}`, `--network=${network}`);
    });

    it.each(FAILED.map(([name, { expected }], number) => [name, number, expected] as const))(
      '%s',
      (_, number, expected) => expectError(said.get(projectOf(number)) ?? '', expected),
    );
  });
});
