import { applyPlan } from '../apply/apply';
import {
  failure,
  NEW_SHA,
  OLD_SHA,
  planned,
  planOf,
  remoteFunction,
  VirtualClock,
} from '../release.fixtures';
import { endedFunctions, hasChanges, releaseDraft } from './record';
import { guardedFunctions, type LockKeeper } from './release-lock';
import { FakeFunctions } from '../apply/fake-functions.fixtures';
import { tokenBucket } from '../calls/rate';
import { stateOf } from './records.fixtures';

const FACTS = { by: { user: 'ada', host: 'h', run: null }, prefix: 'p', bucket: 'packages' };

describe('a plan in its record', () => {
  const plan = planOf([
    { ...planned('a'), before: stateOf(OLD_SHA) },
    { ...planned('b', 'unchanged'), before: stateOf(NEW_SHA) },
    { ...planned('c', 'missing'), before: null },
  ]);

  it('has every function, with where its package is', () => {
    const { functions } = releaseDraft(plan, FACTS);
    const hex = Buffer.from(OLD_SHA, 'base64').toString('hex');
    expect(functions).toMatchObject([
      { name: 'a', status: 'pending', goal: NEW_SHA, beforePackage: { key: `p/svc/${hex}.zip` } },
      { name: 'b', before: { codeSha256: NEW_SHA } },
      { name: 'c', before: null, beforePackage: null },
    ]);
  });

  it('has at its end what each function runs, and nothing of what failed', () => {
    const rows = releaseDraft(plan, FACTS).functions;
    const base = (name: string) => ({ name, handlerName: name, handler: name, seconds: 1 });
    const ended = endedFunctions(rows, [
      { ...base('a'), status: 'updated', after: stateOf(NEW_SHA) },
      { ...base('b'), status: 'unchanged', after: stateOf(NEW_SHA) },
      { ...base('c'), status: 'skipped', error: 'does not exist', after: null },
    ]);
    expect(ended.map(({ status, after }) => [status, after?.codeSha256])).toEqual([
      ['updated', NEW_SHA],
      ['unchanged', NEW_SHA],
      ['skipped', undefined],
    ]);
    const failed = endedFunctions(rows, [{ ...base('a'), status: 'failed', error: 'x' }]);
    expect(failed[0]).toMatchObject({ status: 'failed', after: null, error: 'x' });
  });

  it('is none where nothing would be written', () => {
    expect(hasChanges(plan)).toBe(true);
    expect(hasChanges(planOf([planned('b', 'unchanged'), planned('c', 'missing')]))).toBe(false);
    expect(hasChanges(planOf([planned('b', 'busy')]))).toBe(true);
  });
});

describe('writes under a lock', () => {
  it('end when it is lost, and the rest is not tried', async () => {
    const clock = new VirtualClock();
    const names = ['a', 'b', 'c'];
    const functions = new FakeFunctions(
      clock,
      names.map((name) => remoteFunction(name)),
    );
    const answers = [null, failure('lock-lost', 'PutObject', { name: 'LockLost' })];
    const lock: Pick<LockKeeper, 'check'> = {
      check: async () => (answers.length > 1 ? (answers.shift() ?? null) : (answers[0] ?? null)),
    };
    const outcomes = await clock.run(
      applyPlan(planOf(names.map((name) => planned(name))), {
        functions: guardedFunctions(functions, lock),
        clock,
        random: () => 0.5,
        reads: tokenBucket({ perSecond: 80, burst: 20 }, clock),
        writes: tokenBucket({ perSecond: 1, burst: 1 }, clock),
        waitTimeoutSeconds: 10,
      }),
    );
    expect(functions.updates.map(({ name }) => name)).toEqual(['a']);
    expect(outcomes.map(({ status }) => status)).toEqual(['updated', 'failed', 'skipped']);
    expect(outcomes[1]?.error).toContain('LockLost');
  });
});
