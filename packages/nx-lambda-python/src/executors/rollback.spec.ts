import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulatedAccount, type SimulatedAccount } from '../testing';
import deploy from './deploy';
import type { DeployExecutorSchema } from '../schemas/deploy';
import releases from './releases';
import type { ReleasesExecutorSchema } from '../schemas/releases';
import upload from './upload';
import {
  capturePrinted,
  createFunctions,
  isolateEnvironment,
  restoreEnvironment,
  TestWorkspace,
  writes,
} from '../releasing/workspace.fixtures';
import rollback from './rollback';
import type { RollbackExecutorSchema } from '../schemas/rollback';

const HANDLERS = ['cancel', 'create', 'refund'];

interface Listed {
  releases: {
    number: number;
    kind: string;
    status: string;
    of: number | null;
    by: { user: string };
    functions: { name: string; status: string; before: { codeSha256: string } }[];
  }[];
}

describe('releases and rollback', () => {
  let account: SimulatedAccount;
  let workspace: TestWorkspace;
  let printed: () => string;
  /** How far the account's clock is ahead of this machine's. */
  let ahead: number;

  beforeEach(async () => {
    ahead = 0;
    account = await startSimulatedAccount({
      region: 'eu-west-1',
      updateMilliseconds: 0,
      now: () => Date.now() + ahead,
    });
    await account.createBucket('packages', { versioning: true });
    workspace = new TestWorkspace();
    for (const name of ['releases', 'rollback']) workspace.targets[name] = { options: {} };
    isolateEnvironment(account);
    printed = capturePrinted();
    await createFunctions(account, HANDLERS);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    restoreEnvironment();
    workspace.remove();
    await account.stop();
  });

  const run = (options: DeployExecutorSchema = {}) => deploy(options, workspace.context('deploy'));
  const back = (options: RollbackExecutorSchema = {}) =>
    rollback(options, workspace.context('rollback'));
  const list = async (options: ReleasesExecutorSchema = {}) => {
    printed();
    expect(await releases({ format: 'json', ...options }, workspace.context('releases'))).toEqual({
      success: true,
    });
    return (JSON.parse(printed()) as Listed).releases;
  };
  /** Another package, in S3. */
  const pack = async (content: string) => {
    workspace.build(HANDLERS, content);
    await upload({ bucket: 'packages' }, workspace.context('upload'));
    return workspace.sha256;
  };
  const release = async (content: string, options: DeployExecutorSchema = {}) => {
    const sha256 = await pack(content);
    expect(await run(options)).toEqual({ success: true });
    return sha256;
  };
  const codes = async () => {
    const states = await Promise.all(HANDLERS.map((name) => account.readFunction(`svc-${name}`)));
    return states.map((state) => state?.codeSha256);
  };
  const all = (sha256: string) => HANDLERS.map(() => sha256);
  const updates = () => writes(account).filter((one) => one === 'UpdateFunctionCode').length;

  it('lists what was released, and undoes it, and that', async () => {
    const [first, second] = [await release('first'), await release('second')];
    printed();
    expect(await releases({}, workspace.context('releases'))).toEqual({ success: true });
    expect(printed()).toMatch(/^2 +deploy +succeeded .*3 of 3.*\n1 +deploy +succeeded/m);

    expect(await back({ dryRun: true })).toEqual({ success: true });
    expect(printed()).toContain('3 update; nothing was changed');
    expect(await codes()).toEqual(all(second));
    expect(await back()).toEqual({ success: true });
    expect(printed()).toContain('undo release 2');
    expect(await codes()).toEqual(all(first));
    expect(await list({ limit: 1 })).toMatchObject([
      { number: 3, kind: 'rollback', of: 2, status: 'succeeded' },
    ]);
    expect(await back()).toEqual({ success: true });
    expect(await codes()).toEqual(all(second));
  });

  it('goes back to a release of all functions, over one of some', async () => {
    const first = await release('first');
    const second = await release('second', { only: ['create'] });
    expect(await codes()).toEqual([first, second, first]);
    const third = await release('third');
    expect(await back({ to: 2 })).toEqual({ success: true });
    expect(await codes()).toEqual([first, second, first]);
    expect(await back({ to: 1, only: ['refund'] })).toEqual({ success: true });
    expect(await codes()).toEqual([first, second, first]);
    expect(await back({ to: 3 })).toEqual({ success: true });
    expect(await codes()).toEqual(all(third));
    expect(await back({ to: 1 })).toEqual({ success: true });
    expect(await codes()).toEqual(all(first));
    // All is as it was: nothing to write, nothing to record.
    const before = writes(account).length;
    expect(await back({ to: 1 })).toEqual({ success: true });
    expect(writes(account).slice(before)).toEqual([]);
  });

  it('names aliases where only they move, and reports where deploy does', async () => {
    await release('first', { alias: 'live' });
    const second = await release('second', { alias: 'live' });
    process.env['GITHUB_STEP_SUMMARY'] = join(workspace.root, 'summary.md');
    printed();
    expect(await back({ format: 'json' })).toEqual({ success: true });
    const text = printed();
    expect(text).toContain('aliases: 3 of 3 done');
    expect(text).not.toContain('code: ');
    expect(await codes()).toEqual(all(second));
    const report = workspace.readReport();
    expect(report).toMatchObject({
      package: null,
      alias: 'live',
      counts: { updated: 3 },
      next: [],
    });
    expect(text).toContain(JSON.stringify(report, null, 2));
    expect(readFileSync(process.env['GITHUB_STEP_SUMMARY'], 'utf8')).toContain('### Rollback: svc');
  });

  it('takes back the share of calls that a gradual shift gave to the new version', async () => {
    await release('first', { alias: 'live' });
    await release('second', { alias: 'live', aliasWeight: 0.1 });
    const state = () => account.readFunction('svc-create');
    expect(await state()).toMatchObject({ aliasWeights: { live: { '2': 0.1 } } });
    printed();
    expect(await back({ dryRun: true })).toEqual({ success: true });
    expect(printed()).toContain('points to version 1 and sends 10 % to 2');
    expect(await back()).toEqual({ success: true });
    expect(await state()).toHaveProperty('aliases', { live: '1' });
    expect(await state()).toHaveProperty('aliasWeights', {});
  });

  it('changes nothing when a package is gone, or a release is not there', async () => {
    await pack('never seen');
    await release('first');
    const count = updates();
    // The placeholder that functions were created with is no package of the bucket.
    expect(await back()).toEqual({ success: false });
    expect(printed()).toMatch(
      /error\[ROLLBACK_IMPOSSIBLE\]: 3 of 3 functions .* svc-cancel \(its package [0-9a-f]{12} is not in the bucket\)/,
    );
    expect(await back({ to: 9 })).toEqual({ success: false });
    expect(printed()).toContain('error[RELEASE_NOT_FOUND]: `svc` has no release 9');
    expect(await rollback({ stage: 'prod' }, workspace.context('rollback'))).toEqual({
      success: false,
    });
    expect(printed()).toContain('`svc` (stage prod) has no release to undo');
    expect(updates()).toBe(count);
  });

  it('takes no lock and leaves no record where nothing is to be done', async () => {
    await release('first');
    const before = writes(account).length;
    expect(await run()).toEqual({ success: true });
    expect(writes(account).slice(before)).toEqual([]);
    expect(await list()).toHaveLength(1);
  });

  it('is refused while another release is under way, for deploy and rollback alike', async () => {
    await release('first');
    await pack('second');
    endUnwritten();
    expect(await run()).toEqual({ success: true });
    expect(printed()).toContain('warning: the release lock was not released');
    await pack('third');
    const count = updates();
    expect(await run()).toEqual({ success: false });
    const text = printed();
    expect(text).toMatch(
      /error\[RELEASE_LOCKED\]: `svc` is being released by \S+ \(.*process \d+\)/,
    );
    expect(text).toContain('with `npx nx deploy svc`');
    expect(text).toContain('--forceUnlock');
    expect(await back()).toEqual({ success: false });
    expect(printed()).toContain('error[RELEASE_LOCKED]');
    expect(updates()).toBe(count);

    expect(await run({ forceUnlock: true })).toEqual({ success: true });
    expect(printed()).toContain('release 3');
  });

  it('is recorded before its first write; a killed one is taken up, and undone as a whole', async () => {
    const first = await release('first');
    await pack('second');
    account.inject({ operation: 'UpdateFunctionCode', nth: 2, kind: 'expired-credentials' });
    endUnwritten();
    expect(await run({ writesPerSecond: 5 })).toEqual({ success: false });
    expect(printed()).toContain('warning: release 2 stays recorded as started');
    expect((await list())[0]).toMatchObject({ number: 2, status: 'started' });
    expect(new Set(await codes()).size).toBe(2);
    expect(await run()).toEqual({ success: false });
    expect(printed()).toContain('error[RELEASE_LOCKED]');

    ahead += 300_000;
    expect(await run()).toEqual({ success: true });
    expect(await codes()).toEqual(all(workspace.sha256));
    expect(await list()).toMatchObject([
      {
        number: 3,
        status: 'succeeded',
        functions: HANDLERS.map(() => ({ before: { codeSha256: first } })),
      },
      { number: 2 },
      { number: 1 },
    ]);
    expect(await back()).toEqual({ success: true });
    expect(await codes()).toEqual(all(first));
  });

  it('writes the end of a release that was killed after its last write', async () => {
    await release('first');
    await pack('second');
    endUnwritten();
    expect(await run()).toEqual({ success: true });
    ahead += 300_000;
    printed();
    expect(await run()).toEqual({ success: true });
    expect(printed()).toContain('release 2 had been cut off; it is complete now');
    expect((await list())[0]).toMatchObject({ number: 2, status: 'succeeded' });
  });

  it.each([1, 2, 3, 4])(
    'comes to the same end when credentials expire at write %d of lock and record',
    async (nth) => {
      const first = await release('first');
      await pack('second');
      account.inject({ operation: 'PutObject', nth, kind: 'expired-credentials' });
      await run();
      // What was written is in order: each function runs one of the two.
      expect(new Set(await codes()).size).toBe(1);
      ahead += 300_000;
      expect(await run()).toEqual({ success: true });
      expect(await codes()).toEqual(all(workspace.sha256));
      expect(await back()).toEqual({ success: true });
      expect(await codes()).toEqual(all(first));
    },
  );

  it('knows its own writes again when their answers are lost', async () => {
    for (let nth = 1; nth <= 9; nth += 2) {
      account.inject({ operation: 'PutObject', nth: nth + 1, kind: 'lost-response' });
    }
    await release('first');
    expect(await list()).toMatchObject([{ number: 1, status: 'succeeded' }]);
  });

  it('is named by a deploy that failed, in its stage, where it would bring something back', async () => {
    workspace.targets['undo'] = { executor: 'nx-lambda-python:rollback', options: {} };
    await release('first', { stage: 'prod' });
    const way = () => (workspace.readReport() as { next: string[] }).next;
    await pack('second');
    const denied = { operation: 'UpdateFunctionCode', kind: 'access-denied' } as const;
    account.inject({ ...denied, nth: 2 });
    expect(await run({ stage: 'prod' })).toEqual({ success: false });
    expect(way()).toEqual([
      expect.stringContaining('`npx nx deploy svc`'),
      expect.stringContaining('or `npx nx undo svc --stage=prod`'),
    ]);
    await pack('third');
    account.inject({ ...denied, nth: 2 });
    expect(await run({ stage: 'prod', rollbackOnFailure: true })).toEqual({ success: false });
    expect(way()).toHaveLength(1);
    account.inject({ ...denied, nth: 2 });
    expect(await run({ stage: 'prod', records: false })).toEqual({ success: false });
    expect(way()).toHaveLength(1);
  });

  it('names the command that goes on with it when a part of it failed', async () => {
    const first = await release('first');
    await release('second');
    account.inject({ operation: 'UpdateFunctionCode', nth: 2, kind: 'access-denied' });
    expect(await back()).toEqual({ success: false });
    expect(printed()).toContain(
      'then `npx nx rollback svc --to=1`: it continues with what is left',
    );
    expect(await back({ to: 1 })).toEqual({ success: true });
    expect(await codes()).toEqual(all(first));
  });

  it('brings back what a failed deploy has changed, if it is told to', async () => {
    const first = await release('first');
    await pack('second');
    const fault = {
      operation: 'UpdateFunctionCode',
      target: 'svc-create',
      kind: 'update-failed',
      reason: 'the layer is gone',
    } as const;
    account.inject(fault);
    expect(await run({ rollbackOnFailure: true })).toEqual({ success: false });
    expect(await codes()).toEqual(all(first));
    expect(printed()).toContain('rolled back');
    expect(workspace.readReport()).toMatchObject({
      counts: { updated: 0, skipped: 2, failed: 1 },
      functions: [
        { status: 'skipped', error: 'rolled back' },
        { status: 'failed', error: 'the layer is gone; rolled back' },
        { status: 'skipped', error: 'rolled back' },
      ],
    });
    expect((await list())[0]).toMatchObject({ number: 2, status: 'rolled-back' });
    // It left nothing to undo: the one before is meant.
    expect(await back({ dryRun: true })).toEqual({ success: false });
    expect(printed()).toContain('ROLLBACK_IMPOSSIBLE');
  });

  it('says what it could not bring back', async () => {
    await release('first');
    await pack('second');
    account.inject({ operation: 'UpdateFunctionCode', nth: 2, times: 99, kind: 'access-denied' });
    expect(await run({ rollbackOnFailure: true })).toEqual({ success: false });
    expect(printed()).toMatch(/runs the new package; could not be rolled back: .*AccessDenied/);
    expect((await list())[0]).toMatchObject({ status: 'failed' });
  });

  it.each([
    ['access-denied', 'error[ACCESS_DENIED]: AWS denied s3:PutObject on the release records'],
  ] as const)('deploys nothing without its record: %s', async (kind, words) => {
    await pack('first');
    account.inject({ operation: 'PutObject', times: 99, kind });
    expect(await run()).toEqual({ success: false });
    expect(printed()).toContain(words);
    expect(updates()).toBe(0);
    expect(await run({ records: false })).toEqual({ success: true });
    expect(updates()).toBe(3);
    expect(await run({ records: false, rollbackOnFailure: true })).toEqual({ success: false });
    expect(printed()).toContain('error[OPTION_INVALID]');
  });

  it('keeps two deploys that race apart', async () => {
    await pack('first');
    const ends = await Promise.all([run(), run()]);
    const succeeded = ends.filter(({ success }) => success).length;
    expect(succeeded).toBeGreaterThanOrEqual(1);
    expect(updates()).toBe(3);
    expect(await list()).toHaveLength(1);
  });

  it('has a history for each stage, as the deploy target names it', async () => {
    workspace.targets['deploy'] = { options: { stage: 'prod' } };
    await pack('first');
    await run({ stage: 'prod' });
    expect(await list()).toMatchObject([{ number: 1 }]);
    expect(await list({ stage: 'test' })).toEqual([]);
  });

  /** As a process that was killed: lock and record are written, neither gets its end. */
  function endUnwritten(): void {
    account.inject({ operation: 'PutObject', nth: 3, times: 2, kind: 'expired-credentials' });
  }
});
