/** Ctrl-C, or a kill, in the middle of build, upload and deploy: the same command again succeeds, and nothing is left behind. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  startSimulatedAccount,
  type SimulatedAccount,
} from '../../packages/nx-lambda-python/src/testing';
import { NEWEST } from '../../tools/nx-versions';
import { awsEnvironment, codeDigests, createFunctions, recordFrom } from './support/account';
import { describeLong } from './support/engine';
import { HELD_REQUIREMENT, startHeldIndex } from './support/package-index';
import { killRunning, startNx, succeedNx } from './support/nx-process';
import { runDirectory } from './support/run-directory';
import { startStallingProxy } from './support/loopback';
import { HANDLER, MARKER, serviceFiles, Workspace } from './support/workspace';

const FUNCTIONS = 20;
const MANY = Array.from({ length: FUNCTIONS }, (_, index) => `app/handlers/h${index}.py`);
/** Random, so that compressing and sending it takes its time. */
const BULK_BYTES = 60_000_000;
const STALL_AFTER_BYTES = 8_000_000;

type Signal = 'SIGINT' | 'SIGKILL';
const SIGNALS: Signal[] = ['SIGINT', 'SIGKILL'];

let workspace: Workspace;

beforeAll(() => {
  const files = {
    ...serviceFiles(
      'services/many',
      MARKER,
      Object.fromEntries(MANY.map((path) => [path, HANDLER])),
    ),
    ...serviceFiles('services/held', MARKER, {
      'app/handlers/a.py': HANDLER,
      'requirements.txt': HELD_REQUIREMENT,
    }),
    ...serviceFiles('services/bulky', MARKER, { 'app/handlers/a.py': HANDLER }),
  };
  workspace = new Workspace('interrupt', NEWEST).init(files, { upload: { bucket: 'packages' } });
  const bulk = join(workspace.root, 'services/bulky/app/data.bin');
  mkdirSync(dirname(bulk), { recursive: true });
  writeFileSync(bulk, randomBytes(BULK_BYTES));
});

afterEach(killRunning);

/** Nobody on the other end of a connection can tell the signals apart: the kill is left to the long runs. */
function itForSignals(title: string, test: (signal: Signal) => Promise<void>): void {
  it(`${title}, by SIGINT`, () => test('SIGINT'));
  describeLong('killed', () => {
    it(`${title}, by SIGKILL`, () => test('SIGKILL'));
  });
}

function expectWholeOutput(project: string, ...others: string[]): void {
  const root = `services/${project}`;
  expect(workspace.packageDigest(root)).toBe(workspace.manifest(root).package.sha256);
  expect(readdirSync(join(workspace.root, 'dist', root)).sort()).toEqual(
    [...others, 'manifest.json', 'package.zip'].sort(),
  );
}

describe('an interrupted build', () => {
  // In containers, each engine's contract (engines.test.ts).
  itForSignals('resolving on this machine', async (signal) => {
    const index = await startHeldIndex();
    const store = join(runDirectory(), `interrupt-store-${signal}`);
    const command = ['build', 'held', '--skip-nx-cache', '--engine=host'];
    const environment = { PIP_INDEX_URL: index.url, NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store };
    try {
      const nx = startNx(workspace, command, environment);
      await nx.until(
        'a line of pip, and its download',
        () => nx.output.includes('Collecting held') && index.downloads.length > 0,
      );
      expect((await nx.interrupt(signal)).code).not.toBe(0);
      expect(workspace.exists('dist/services/held/manifest.json')).toBe(false);
      index.release();
      await succeedNx(workspace, command, environment);
      expectWholeOutput('held');
      expect(workspace.packagePaths('services/held')).toContain('held.py');
      // A kill leaves its own until it is a day old.
      if (signal === 'SIGINT') expect(readdirSync(join(store, 'v1', 'work'))).toEqual([]);
    } finally {
      workspace.remove('dist/services/held');
      await index.stop();
    }
  });

  it.each(SIGNALS)('writing the package, by %s', async (signal) => {
    const command = ['build', 'bulky', '--skip-nx-cache'];
    const output = join(workspace.root, 'dist/services/bulky');
    const nx = startNx(workspace, command);
    await nx.until('a file that is being written', () => draftsIn(output).length > 0);
    await nx.interrupt(signal);
    // Ctrl-C is heard between two steps, a kill at once: a manifest means that the package was finished.
    if (existsSync(join(output, 'manifest.json'))) expectWholeOutput('bulky');
    await succeedNx(workspace, command);
    expectWholeOutput('bulky');
    workspace.remove('dist/services/bulky');
  });
});

describe('an interrupted upload', () => {
  let account: SimulatedAccount;
  beforeEach(async () => {
    account = await startSimulatedAccount();
    await account.createBucket('packages');
  });
  afterEach(() => account.stop());

  itForSignals('in the middle of the file', async (signal) => {
    const proxy = await startStallingProxy(account.endpoint, STALL_AFTER_BYTES);
    const environment = awsEnvironment(account, proxy.endpoint);
    const command = ['upload', 'bulky'];
    try {
      const nx = startNx(workspace, command, environment);
      await nx.until('an upload that has stalled', () => proxy.stalled() > 0);
      expect((await nx.interrupt(signal)).code).not.toBe(0);
      proxy.release();
      const requests = recordFrom(account);
      await succeedNx(workspace, command, environment);
      expect(requests()).toMatchObject([
        { operation: 'GetCallerIdentity', status: 200 },
        { operation: 'HeadObject', status: 404 },
        { operation: 'HeadBucket', status: 200 },
        { operation: 'PutObject', status: 200, target: expect.stringMatching(/\.zip$/) },
        { operation: 'HeadObject', status: 200 },
        { operation: 'PutObject', status: 200, target: expect.stringMatching(/\.manifest\.json$/) },
      ]);
      expectWholeOutput('bulky');
    } finally {
      await proxy.stop();
    }
  });

  it('after the file, with the answer outstanding', async () => {
    const command = ['upload', 'many'];
    const environment = awsEnvironment(account);
    account.inject({ operation: 'PutObject', kind: 'timeout' });
    const nx = startNx(workspace, command, environment);
    await nx.until('an upload without an answer', () =>
      account.requests.some(({ operation }) => operation === 'PutObject'),
    );
    expect((await nx.interrupt('SIGINT')).code).not.toBe(0);
    await succeedNx(workspace, command, environment);
    const sent = account.requests.filter(({ operation }) => operation === 'PutObject');
    expect(sent).toMatchObject([
      { status: undefined, target: expect.stringMatching(/\.zip$/) },
      { status: 200, target: expect.stringMatching(/\.zip$/) },
      { status: 200, target: expect.stringMatching(/\.manifest\.json$/) },
    ]);
  });
});

interface Report {
  functions: { name: string; status: string }[];
  counts: { updated: number; unchanged: number; skipped: number; failed: number };
}

function report(): Report {
  return JSON.parse(workspace.read('dist/services/many/deploy-report.json')) as Report;
}

describe('an interrupted deploy', () => {
  itForSignals('to an account', async (signal) => {
    const account = await startSimulatedAccount();
    await account.createBucket('packages');
    await succeedNx(workspace, ['build', 'many']);
    const names = await createFunctions(
      account,
      workspace,
      'services/many',
      (name) => `many-${name}`,
    );
    const updates = () =>
      account.requests.filter(({ operation }) => operation === 'UpdateFunctionCode').length;
    const command = ['deploy', 'many'];
    try {
      const nx = startNx(workspace, command, awsEnvironment(account));
      await nx.until('some updates', () => updates() >= 6);
      expect((await nx.interrupt(signal)).code).not.toBe(0);
      const before = updates();
      expect(before).toBeLessThan(FUNCTIONS);

      await succeedNx(workspace, command, awsEnvironment(account));
      const { counts, functions } = report();
      expect(functions.map(({ name }) => name).sort()).toEqual(names.sort());
      expect(counts).toMatchObject({ skipped: 0, failed: 0 });
      expect(counts.unchanged).toBeGreaterThanOrEqual(before);
      expect(counts.updated + counts.unchanged).toBe(FUNCTIONS);
      // Each function was written once, by one of the two.
      expect(updates()).toBe(FUNCTIONS);
      expect(await codeDigests(account, names)).toEqual([
        workspace.manifest('services/many').package.sha256,
      ]);
      expectWholeOutput('many', 'deploy-report.json');
    } finally {
      await account.stop();
      workspace.remove('dist/services/many/deploy-report.json');
    }
  });

  it.each(SIGNALS)('to the simulated account of the workspace, by %s', async (signal) => {
    workspace.remove('.nx-lambda-python');
    const command = ['deploy', 'many', '-c', 'local'];
    // Slower than usual, so that there is a middle to be interrupted in.
    const nx = startNx(workspace, [...command, '--writesPerSecond=3']);
    await nx.until('some updates', () => /code: \d of 19 done/.test(nx.output));
    expect((await nx.interrupt(signal)).code).not.toBe(0);
    expect(workspace.exists('dist/services/many/deploy-report.json')).toBe(false);

    await succeedNx(workspace, command);
    const { counts, functions } = report();
    expect(counts).toMatchObject({ skipped: 0, failed: 0 });
    expect(counts.unchanged).toBeGreaterThanOrEqual(2);
    expect(counts.updated + counts.unchanged).toBe(FUNCTIONS);
    const directory = join(workspace.root, '.nx-lambda-python', 'account');
    const account = await startSimulatedAccount({ directory });
    const digests = await codeDigests(
      account,
      functions.map(({ name }) => name),
    );
    await account.stop();
    expect(digests).toEqual([workspace.manifest('services/many').package.sha256]);
    expect(draftsIn(directory)).toEqual([]);
    workspace.remove('dist/services/many/deploy-report.json');
  });
});

/** Temporary files at any depth. */
function draftsIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.tmp'),
  );
}
