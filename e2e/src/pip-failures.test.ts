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
