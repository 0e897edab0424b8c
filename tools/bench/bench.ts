/**
 * Times of a build beside those of its peers, in one run: `npm run bench`.
 *
 * Needs docker and the image of tools/engine. The peer runs in the same container image with a warm pip cache.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorkspace } from '../fresh-workspace';
import { NEWEST } from '../nx-versions';
import { renderRows, timed, timesOf } from './measure';
import { writeService } from './service';

const IMAGE = 'local/lambda-python:3.11';
const RUNS = 7;
const PEER_RUNS = 3;

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'nx-lambda-python-bench-')));
const workspace = join(directory, 'workspace');
const root = join(workspace, 'services', 'bench');
const environment = {
  ...process.env,
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  NX_LAMBDA_PYTHON_CACHE_DIRECTORY: join(directory, 'store'),
};

function main(): void {
  createWorkspace(workspace, NEWEST);
  nx('g', 'nx-lambda-python:init');
  writeService(root);
  setDefaults();

  const cold = build();
  const unchanged = repeat(RUNS, build);
  const edited = repeat(RUNS, (run) => {
    writeFileSync(join(root, 'bench', 'shared.py'), `VERSION = ${run + 1}\n`);
    return build();
  });
  const fromWheels = repeat(3, () => {
    rmSync(join(directory, 'store', 'v1', 'parts'), { recursive: true, force: true });
    return build();
  });
  const noOp = repeat(3, () => ({ executor: NaN, whole: timed(() => nx('build', 'bench')) }));
  const peer = timesOf(repeat(PEER_RUNS, pipAndZip));

  const ours = timesOf(edited.map(({ executor }) => executor));
  const rows = [
    { title: 'source edit, in the executor', times: ours },
    {
      title: 'source edit, whole `nx build`',
      times: timesOf(edited.map(({ whole }) => whole)),
      against: ours,
    },
    {
      title: 'nothing changed, in the executor',
      times: timesOf(unchanged.map(({ executor }) => executor)),
      against: ours,
    },
    {
      title: 'whole `nx build` answered by the cache of Nx',
      times: timesOf(noOp.map(({ whole }) => whole)),
      against: ours,
    },
    {
      title: 'new dependency part from stored wheels, in the executor',
      times: timesOf(fromWheels.map(({ executor }) => executor)),
      against: ours,
    },
    {
      title: 'cold store, container and index included',
      times: timesOf([cold.executor]),
      against: ours,
    },
    {
      title: '`pip install --target` + `zip -r` in the same image, warm pip cache',
      times: peer,
      against: ours,
    },
  ];
  const { package: built, distributions } = JSON.parse(
    readFileSync(join(workspace, 'dist', 'services', 'bench', 'manifest.json'), 'utf8'),
  ) as { package: { size: number; unpackedSize: number }; distributions: unknown[] };
  console.log(
    `\n30 handlers, ${distributions.length} distributions, ${(built.unpackedSize / 1e6).toFixed(1)} MB unpacked, ${(built.size / 1e6).toFixed(1)} MB zip\n`,
  );
  console.log(renderRows(rows));
}

interface BuildTimes {
  /** As the executor itself says, from its first line to its last. */
  executor: number;
  /** From the shell. */
  whole: number;
}

function build(): BuildTimes {
  let output = '';
  const whole = timed(() => (output = nx('build', 'bench', '--skip-nx-cache')));
  const executor = Number(/built in ([\d.]+) s/.exec(output)?.[1]);
  return { executor, whole };
}

function nx(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(
    join(workspace, 'node_modules', '.bin', 'nx'),
    args,
    {
      cwd: workspace,
      encoding: 'utf8',
      env: environment,
    },
  );
  if (status !== 0) throw new Error(`nx ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** What a shell script does, in one container, so that its start is counted once as it is for us. */
function pipAndZip(): number {
  const cache = join(directory, 'pip-cache');
  mkdirSync(cache, { recursive: true });
  const certificates = process.env['PIP_CERT'] ?? process.env['SSL_CERT_FILE'];
  const script = [
    'pip install --quiet --target /tmp/tree -r /service/requirements.txt',
    'cp -r /service/bench /tmp/tree/',
    'cd /tmp/tree && zip -q -r /tmp/package.zip .',
  ].join(' && ');
  return timed(() =>
    execFileSync(
      'docker',
      [
        ...[
          'run',
          '--rm',
          '--init',
          '--network=host',
          '-v',
          `${root}:/service:ro`,
          '-v',
          `${cache}:/root/.cache/pip`,
        ],
        ...(certificates ? ['-v', `${certificates}:/ca.crt:ro`, '-e', 'PIP_CERT=/ca.crt'] : []),
        ...['-e', 'PIP_ROOT_USER_ACTION=ignore', IMAGE, 'sh', '-c', script],
      ],
      { stdio: ['ignore', 'ignore', 'ignore'] },
    ),
  );
}

function setDefaults(): void {
  const file = join(workspace, 'nx.json');
  const nxJson = JSON.parse(readFileSync(file, 'utf8')) as object;
  const options = { engine: 'docker', image: IMAGE, network: 'host' };
  writeFileSync(
    file,
    JSON.stringify({ ...nxJson, targetDefaults: { 'nx-lambda-python:build': { options } } }),
  );
}

function repeat<T>(runs: number, work: (run: number) => T): T[] {
  return Array.from({ length: runs }, (_, run) => work(run));
}

try {
  main();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
