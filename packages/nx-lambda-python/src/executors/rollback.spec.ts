import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HANDLERS } from '../releasing/fault-matrix.fixtures';
import { all, Service } from '../releasing/service.fixtures';
import { writes } from '../releasing/workspace.fixtures';
import releases from './releases';

describe('releases and rollback', () => {
  let service: Service;
  /** How far the account's clock is ahead of this machine's. */
  let ahead: number;

  beforeEach(async () => {
    ahead = 0;
    service = await Service.start(true, { now: () => Date.now() + ahead });
  });

  const updates = () => service.wrote('UpdateFunctionCode');

  it('lists what was released, and undoes it, and that', async () => {
    const [first, second] = [await service.release('first'), await service.release('second')];
    service.printed();
    expect(await releases({}, service.workspace.context('releases'))).toEqual({ success: true });
    expect(service.printed()).toMatch(/^2 +deploy +succeeded .*3 of 3.*\n1 +deploy +succeeded/m);

    expect(await service.rollback({ dryRun: true })).toBe(true);
    expect(service.printed()).toContain('3 update; nothing was changed');
    expect(await service.codes()).toEqual(all(second));
    expect(await service.rollback()).toBe(true);
    expect(service.printed()).toContain('undo release 2');
    expect(await service.codes()).toEqual(all(first));
    expect(await service.records({ limit: 1 })).toMatchObject([
      { number: 3, kind: 'rollback', of: 2, status: 'succeeded' },
    ]);
    expect(await service.rollback()).toBe(true);
    expect(await service.codes()).toEqual(all(second));
  });

  it('goes back to a release of all functions, over one of some', async () => {
    const first = await service.release('first');
    const second = await service.release('second', { only: ['create'] });
    expect(await service.codes()).toEqual([first, second, first]);
    const third = await service.release('third');
    expect(await service.rollback({ to: 2 })).toBe(true);
    expect(await service.codes()).toEqual([first, second, first]);
    expect(await service.rollback({ to: 1, only: ['refund'] })).toBe(true);
    expect(await service.codes()).toEqual([first, second, first]);
    expect(await service.rollback({ to: 3 })).toBe(true);
    expect(await service.codes()).toEqual(all(third));
    expect(await service.rollback({ to: 1 })).toBe(true);
    expect(await service.codes()).toEqual(all(first));
    // All is as it was: nothing to write, nothing to record.
    const before = writes(service.account).length;
    expect(await service.rollback({ to: 1 })).toBe(true);
    expect(writes(service.account).slice(before)).toEqual([]);
  });

  it('names aliases where only they move, and reports where deploy does', async () => {
    await service.release('first', { alias: 'live' });
    const second = await service.release('second', { alias: 'live' });
    process.env['GITHUB_STEP_SUMMARY'] = join(service.workspace.root, 'summary.md');
    service.printed();
    expect(await service.rollback({ format: 'json' })).toBe(true);
    const text = service.printed();
    expect(text).toContain('aliases: 3 of 3 done');
    expect(text).not.toContain('code: ');
    expect(await service.codes()).toEqual(all(second));
    const report = service.report();
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
    await service.release('first', { alias: 'live' });
    await service.release('second', { alias: 'live', aliasWeight: 0.1 });
    const state = () => service.account.readFunction('svc-create');
    expect(await state()).toMatchObject({ aliasWeights: { live: { '2': 0.1 } } });
    service.printed();
    expect(await service.rollback({ dryRun: true })).toBe(true);
    expect(service.printed()).toContain('points to version 1 and sends 10 % to 2');
    expect(await service.rollback()).toBe(true);
    expect(await state()).toHaveProperty('aliases', { live: '1' });
    expect(await state()).toHaveProperty('aliasWeights', {});
  });

  it('changes nothing when a package is gone, or a release is not there', async () => {
    await service.bring('never seen');
    await service.release('first');
    const count = updates();
    // The placeholder that functions were created with is no package of the bucket.
    expect(await service.rollback()).toBe(false);
    expect(service.printed()).toMatch(
      /error\[ROLLBACK_IMPOSSIBLE\]: 3 of 3 functions .* svc-cancel \(its package [0-9a-f]{12} is not in the bucket\)/,
    );
    expect(await service.rollback({ to: 9 })).toBe(false);
    expect(service.printed()).toContain('error[RELEASE_NOT_FOUND]: `svc` has no release 9');
    expect(await service.rollback({ stage: 'prod' })).toBe(false);
    expect(service.printed()).toContain('`svc` (stage prod) has no release to undo');
    expect(updates()).toBe(count);
  });

  it('takes no lock and leaves no record where nothing is to be done', async () => {
    await service.release('first');
    const before = writes(service.account).length;
    expect(await service.deploy()).toBe(true);
    expect(writes(service.account).slice(before)).toEqual([]);
    expect(await service.records()).toHaveLength(1);
  });

  it('is refused while another release is under way, for deploy and rollback alike', async () => {
    await service.release('first');
    await service.bring('second');
    endUnwritten();
    expect(await service.deploy()).toBe(true);
    expect(service.printed()).toContain('warning: the release lock was not released');
    await service.bring('third');
    const count = updates();
    expect(await service.deploy()).toBe(false);
    const text = service.printed();
    expect(text).toMatch(
      /error\[RELEASE_LOCKED\]: `svc` is being released by \S+ \(.*process \d+\)/,
    );
    expect(text).toContain('with `npx nx deploy svc`');
    expect(text).toContain('--forceUnlock');
    expect(await service.rollback()).toBe(false);
    expect(service.printed()).toContain('error[RELEASE_LOCKED]');
    expect(updates()).toBe(count);

    expect(await service.deploy({ forceUnlock: true })).toBe(true);
    expect(service.printed()).toContain('release 3');
  });

  it('is recorded before its first write; a killed one is taken up, and undone as a whole', async () => {
    const first = await service.release('first');
    await service.bring('second');
    service.account.inject({
      operation: 'UpdateFunctionCode',
      nth: 2,
      kind: 'expired-credentials',
    });
    endUnwritten();
    expect(await service.deploy({ writesPerSecond: 5 })).toBe(false);
    expect(service.printed()).toContain('warning: release 2 stays recorded as started');
    expect((await service.records())[0]).toMatchObject({ number: 2, status: 'started' });
    expect(new Set(await service.codes()).size).toBe(2);
    expect(await service.deploy()).toBe(false);
    expect(service.printed()).toContain('error[RELEASE_LOCKED]');

    ahead += 300_000;
    expect(await service.deploy()).toBe(true);
    expect(await service.codes()).toEqual(all(service.workspace.sha256));
    expect(await service.records()).toMatchObject([
      {
        number: 3,
        status: 'succeeded',
        functions: HANDLERS.map(() => ({ before: { codeSha256: first } })),
      },
      { number: 2 },
      { number: 1 },
    ]);
    expect(await service.rollback()).toBe(true);
    expect(await service.codes()).toEqual(all(first));
  });

  it('writes the end of a release that was killed after its last write', async () => {
    await service.release('first');
    await service.bring('second');
    endUnwritten();
    expect(await service.deploy()).toBe(true);
    ahead += 300_000;
    service.printed();
    expect(await service.deploy()).toBe(true);
    expect(service.printed()).toContain('release 2 had been cut off; it is complete now');
    expect((await service.records())[0]).toMatchObject({ number: 2, status: 'succeeded' });
  });

  it.each([1, 2, 3, 4])(
    'comes to the same end when credentials expire at write %d of lock and record',
    async (nth) => {
      const first = await service.release('first');
      await service.bring('second');
      service.account.inject({ operation: 'PutObject', nth, kind: 'expired-credentials' });
      await service.deploy();
      // What was written is in order: each function runs one of the two.
      expect(new Set(await service.codes()).size).toBe(1);
      ahead += 300_000;
      expect(await service.deploy()).toBe(true);
      expect(await service.codes()).toEqual(all(service.workspace.sha256));
      expect(await service.rollback()).toBe(true);
      expect(await service.codes()).toEqual(all(first));
    },
  );

  it('knows its own writes again when their answers are lost', async () => {
    for (let nth = 1; nth <= 9; nth += 2) {
      service.account.inject({ operation: 'PutObject', nth: nth + 1, kind: 'lost-response' });
    }
    await service.release('first');
    expect(await service.records()).toMatchObject([{ number: 1, status: 'succeeded' }]);
  });

  it('is named by a deploy that failed, in its stage, where it would bring something back', async () => {
    service.workspace.targets['undo'] = { executor: 'nx-lambda-python:rollback', options: {} };
    await service.release('first', { stage: 'prod' });
    const way = () => service.report()?.next;
    await service.bring('second');
    const denied = { operation: 'UpdateFunctionCode', kind: 'access-denied' } as const;
    service.account.inject({ ...denied, nth: 2 });
    expect(await service.deploy({ stage: 'prod' })).toBe(false);
    expect(way()).toEqual([
      expect.stringContaining('`npx nx deploy svc`'),
      expect.stringContaining('or `npx nx undo svc --stage=prod`'),
    ]);
    await service.bring('third');
    service.account.inject({ ...denied, nth: 2 });
    expect(await service.deploy({ stage: 'prod', rollbackOnFailure: true })).toBe(false);
    expect(way()).toHaveLength(1);
    service.account.inject({ ...denied, nth: 2 });
    expect(await service.deploy({ stage: 'prod', records: false })).toBe(false);
    expect(way()).toHaveLength(1);
  });

  it('names the command that goes on with it when a part of it failed', async () => {
    const first = await service.release('first');
    await service.release('second');
    service.account.inject({ operation: 'UpdateFunctionCode', nth: 2, kind: 'access-denied' });
    expect(await service.rollback()).toBe(false);
    expect(service.printed()).toContain(
      'then `npx nx rollback svc --to=1`: it continues with what is left',
    );
    expect(await service.rollback({ to: 1 })).toBe(true);
    expect(await service.codes()).toEqual(all(first));
  });

  it('brings back what a failed deploy has changed, if it is told to', async () => {
    const first = await service.release('first');
    await service.bring('second');
    const fault = {
      operation: 'UpdateFunctionCode',
      target: 'svc-create',
      kind: 'update-failed',
      reason: 'the layer is gone',
    } as const;
    service.account.inject(fault);
    expect(await service.deploy({ rollbackOnFailure: true })).toBe(false);
    expect(await service.codes()).toEqual(all(first));
    expect(service.printed()).toContain('rolled back');
    expect(service.report()).toMatchObject({
      counts: { updated: 0, skipped: 2, failed: 1 },
      functions: [
        { status: 'skipped', error: 'rolled back' },
        { status: 'failed', error: 'the layer is gone; rolled back' },
        { status: 'skipped', error: 'rolled back' },
      ],
    });
    expect((await service.records())[0]).toMatchObject({ number: 2, status: 'rolled-back' });
    // It left nothing to undo: the one before is meant.
    expect(await service.rollback({ dryRun: true })).toBe(false);
    expect(service.printed()).toContain('ROLLBACK_IMPOSSIBLE');
  });

  it('says what it could not bring back', async () => {
    await service.release('first');
    await service.bring('second');
    service.account.inject({
      operation: 'UpdateFunctionCode',
      nth: 2,
      times: 99,
      kind: 'access-denied',
    });
    expect(await service.deploy({ rollbackOnFailure: true })).toBe(false);
    expect(service.printed()).toMatch(
      /runs the new package; could not be rolled back: .*AccessDenied/,
    );
    expect((await service.records())[0]).toMatchObject({ status: 'failed' });
  });

  it.each([
    ['access-denied', 'error[ACCESS_DENIED]: AWS denied s3:PutObject on the release records'],
  ] as const)('deploys nothing without its record: %s', async (kind, words) => {
    await service.bring('first');
    service.account.inject({ operation: 'PutObject', times: 99, kind });
    expect(await service.deploy()).toBe(false);
    expect(service.printed()).toContain(words);
    expect(updates()).toBe(0);
    expect(await service.deploy({ records: false })).toBe(true);
    expect(updates()).toBe(3);
    expect(await service.deploy({ records: false, rollbackOnFailure: true })).toBe(false);
    expect(service.printed()).toContain('error[OPTION_INVALID]');
  });

  it('keeps two deploys that race apart', async () => {
    await service.bring('first');
    const ends = await Promise.all([service.deploy(), service.deploy()]);
    const succeeded = ends.filter(Boolean).length;
    expect(succeeded).toBeGreaterThanOrEqual(1);
    expect(updates()).toBe(3);
    expect(await service.records()).toHaveLength(1);
  });

  it('has a history for each stage, as the deploy target names it', async () => {
    service.workspace.targets['deploy'] = { options: { stage: 'prod' } };
    await service.bring('first');
    await service.deploy({ stage: 'prod' });
    expect(await service.records()).toMatchObject([{ number: 1 }]);
    expect(await service.records({ stage: 'test' })).toEqual([]);
  });

  /** As a process that was killed: lock and record are written, neither gets its end. */
  function endUnwritten(): void {
    service.account.inject({
      operation: 'PutObject',
      nth: 3,
      times: 2,
      kind: 'expired-credentials',
    });
  }
});
