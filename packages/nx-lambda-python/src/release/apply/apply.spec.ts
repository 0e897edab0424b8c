import { applyPlan, type ApplyPorts } from './apply';
import type { FunctionOutcome } from '../model/function-state';
import type { PlannedFunction } from '../model/plan';
import { stateOf } from '../model/remote-function';
import {
  failure,
  NEW_SHA,
  OLD_SHA,
  planned,
  planOf,
  remoteFunction,
  VirtualClock,
} from '../release.fixtures';
import { tokenBucket } from '../calls/rate';
import { FakeFunctions } from './fake-functions.fixtures';

interface Bench {
  clock: VirtualClock;
  functions: FakeFunctions;
  apply(
    plan?: PlannedFunction[],
    ports?: Partial<ApplyPorts>,
  ): Promise<Record<string, FunctionOutcome>>;
}

function bench(names: string[], perSecond = 12): Bench {
  const clock = new VirtualClock();
  const functions = new FakeFunctions(
    clock,
    names.map((name) => remoteFunction(name)),
  );
  return {
    clock,
    functions,
    async apply(plan = names.map((name) => planned(name)), ports = {}) {
      const outcomes = await clock.run(
        applyPlan(planOf(plan), {
          functions,
          clock,
          random: () => 0.5,
          reads: tokenBucket({ perSecond: 80, burst: 20 }, clock),
          writes: tokenBucket({ perSecond, burst: 2 }, clock),
          waitTimeoutSeconds: 60,
          ...ports,
        }),
      );
      return Object.fromEntries(outcomes.map((one) => [one.name, one]));
    },
  };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `f${String(n).padStart(3, '0')}`);
}

function writesTo(functions: FakeFunctions, name: string): number {
  return functions.updates.filter((update) => update.name === name).length;
}

describe('applyPlan', () => {
  it('sends the architecture, the object version, and nothing that nobody set', async () => {
    const { functions, apply } = bench(['a']);
    expect(await apply()).toMatchObject({ a: { status: 'updated', seconds: 0.05 } });
    expect(functions.updates).toEqual([
      {
        ...{ name: 'a', architecture: 'arm64', storageMode: 'COPY', revisionId: 'r0' },
        ...{ bucket: 'packages', key: 'p/svc/2.zip', versionId: 'v1' },
      },
    ]);
  });

  it('writes only what the plan says', async () => {
    const { functions, apply } = bench(['a', 'b']);
    const outcomes = await apply([
      planned('a'),
      planned('b', 'unchanged'),
      planned('c', 'missing'),
    ]);
    expect(functions.updates.map(({ name }) => name)).toEqual(['a']);
    expect(outcomes).toMatchObject({
      b: { status: 'unchanged', seconds: 0 },
      c: { status: 'skipped', error: 'does not exist' },
    });
  });

  it('keeps the rate over 100 slow functions and begins the last one in time', async () => {
    const { functions, apply } = bench(numbered(100));
    for (const name of numbered(100)) functions.script(name, { ends: 'Successful', afterReads: 4 });
    const outcomes = Object.values(await apply());
    expect(outcomes.filter(({ status }) => status === 'updated')).toHaveLength(100);
    const { updateTimes } = functions;
    for (const start of updateTimes) {
      const inSecond = updateTimes.filter((at) => at >= start && at < start + 1000);
      expect(inSecond.length).toBeLessThanOrEqual(14);
    }
    expect(Math.max(...updateTimes)).toBeLessThan(8_300);
  });

  it('polls until AWS is done, and believes a Failed update', async () => {
    const { functions, apply } = bench(['a', 'b']);
    functions.script('a', { ends: 'Successful', afterReads: 5 });
    functions.script('b', { ends: 'Failed', afterReads: 2 });
    expect(await apply()).toMatchObject({
      a: { status: 'updated' },
      b: { status: 'failed', error: 'as scripted' },
    });
  });

  it('stops waiting after the timeout and says that the outcome is open', async () => {
    const { functions, apply } = bench(['a']);
    functions.script('a', { ends: 'Successful', afterReads: 1e9 });
    const { a } = await apply();
    expect(a).toMatchObject({ status: 'failed', error: expect.stringContaining('after 60 s') });
    expect(a?.seconds).toBeLessThan(64);
  });

  it('slows all writes down for as long as AWS asks after a 429', async () => {
    const { functions, apply } = bench(numbered(5));
    const throttled = failure('throttled', 'UpdateFunctionCode', { retryAfterSeconds: 3 });
    functions.script('f000', { fails: throttled });
    const outcomes = Object.values(await apply());
    expect(outcomes.every(({ status }) => status === 'updated')).toBe(true);
    // The first two were under way already when AWS answered.
    expect(functions.updateTimes.slice(2).every((at) => at >= 3_000)).toBe(true);
  });

  it('never gives up on throttling before it has shown much patience', async () => {
    const { functions, apply } = bench(['a']);
    functions.script('a', ...Array.from({ length: 25 }, () => ({ fails: failure('throttled') })));
    expect(await apply()).toMatchObject({ a: { status: 'updated' } });
  });

  it.each(['unreachable', 'server'] as const)(
    'recognises its own write after %s instead of repeating it',
    async (kind) => {
      const { functions, apply } = bench(['a']);
      functions.script('a', { fails: failure(kind), landed: true });
      expect(await apply()).toMatchObject({ a: { status: 'updated' } });
      expect(writesTo(functions, 'a')).toBe(1);
    },
  );

  it.each(['unreachable', 'server'] as const)(
    'writes again after a %s that lost the write',
    async (kind) => {
      const { functions, apply } = bench(['a']);
      functions.script('a', { fails: failure(kind) }, { fails: failure(kind) });
      expect(await apply()).toMatchObject({ a: { status: 'updated' } });
      expect(writesTo(functions, 'a')).toBe(3);
    },
  );

  it('ends when an error does not end', async () => {
    const { functions, apply } = bench(['a']);
    functions.script('a', ...Array.from({ length: 99 }, () => ({ fails: failure('server') })));
    expect(await apply()).toMatchObject({
      a: { status: 'failed', error: expect.stringContaining('made server') },
    });
    expect(writesTo(functions, 'a')).toBe(8);
  });

  it('waits for the update of another after a conflict, then writes once', async () => {
    const { functions, apply } = bench(['a']);
    functions.occupy('a', 4);
    expect(await apply()).toMatchObject({ a: { status: 'updated' } });
    expect(writesTo(functions, 'a')).toBe(2);
  });

  it('does not write after a conflict whose winner deployed the same package', async () => {
    const { functions, apply } = bench(['a']);
    functions.states.set('a', remoteFunction('a', { codeSha256: NEW_SHA }));
    functions.occupy('a', 4);
    expect(await apply()).toMatchObject({ a: { status: 'unchanged' } });
    expect(writesTo(functions, 'a')).toBe(1);
  });

  it('decides anew where somebody wrote after the plan, and names the new revision', async () => {
    const { functions, apply } = bench(['a']);
    functions.states.set('a', remoteFunction('a', { revisionId: 'r2' }));
    functions.script('a', { fails: failure('precondition') });
    expect(await apply()).toMatchObject({ a: { status: 'updated' } });
    expect(functions.updates.map(({ revisionId }) => revisionId)).toEqual(['r0', 'r2']);
  });

  it('leaves alone what somebody brought to the package after the plan', async () => {
    const { functions, apply } = bench(['a']);
    functions.states.set('a', remoteFunction('a', { codeSha256: NEW_SHA, revisionId: 'r2' }));
    functions.script('a', { fails: failure('precondition') });
    expect(await apply()).toMatchObject({ a: { status: 'unchanged' } });
    expect(writesTo(functions, 'a')).toBe(1);
  });

  it.each(['denied', 'invalid', 'quota', 'expired'] as const)(
    'knows that what AWS refused has changed nothing: %s',
    async (kind) => {
      const { functions, apply } = bench(['a']);
      functions.script('a', { fails: failure(kind) });
      const before = planned('a').before;
      expect(await apply()).toMatchObject({ a: { status: 'failed', after: before } });
    },
  );

  it('knows that a function whose creation was refused does not exist', async () => {
    const { functions, apply } = bench([]);
    functions.script('a', { fails: failure('invalid', 'CreateFunction') });
    const creations = new Map([['a', { role: 'arn:aws:iam::111122223333:role/r' }]]);
    const { a } = await apply([{ ...planned('a', 'missing'), creates: true }], { creations });
    expect(a).toMatchObject({ status: 'failed', after: null });
  });

  it.each([
    ['an answer was lost', [{ fails: failure('unreachable') }]],
    ['somebody else wrote', [{ fails: failure('conflict') }]],
  ])('does not say what runs where %s and nobody has seen it since', async (_, scripts) => {
    const { functions, apply } = bench(['a']);
    functions.script('a', ...scripts).failReads('a', failure('denied', 'GetFunction'));
    const { a } = await apply();
    expect(a?.status).toBe('failed');
    expect(a).not.toHaveProperty('after');
  });

  it('gives each function the package that the plan has for it', async () => {
    const { functions, apply } = bench(['a', 'b']);
    const other = { sha256: OLD_SHA, bucket: 'packages', key: 'p/svc/1.zip', versionId: null };
    functions.packages.set(other.key, OLD_SHA);
    functions.states.set('b', remoteFunction('b', { codeSha256: NEW_SHA }));
    const b = {
      ...planned('b'),
      package: other,
      before: stateOf(remoteFunction('b', { codeSha256: NEW_SHA })),
    };
    expect(await apply([planned('a'), b])).toMatchObject({
      a: { after: { codeSha256: NEW_SHA } },
      b: { after: { codeSha256: OLD_SHA } },
    });
    expect(functions.updates.map(({ name, key }) => [name, key])).toEqual([
      ['a', 'p/svc/2.zip'],
      ['b', 'p/svc/1.zip'],
    ]);
  });

  it('waits for a busy function before it writes', async () => {
    const { functions, apply } = bench(['a', 'b']);
    functions.occupy('a', 3).occupy('b', 3);
    functions.states.set(
      'b',
      remoteFunction('b', { codeSha256: NEW_SHA, lastUpdateStatus: 'InProgress' }),
    );
    expect(await apply([planned('a', 'busy'), planned('b', 'busy')])).toMatchObject({
      a: { status: 'updated' },
      b: { status: 'unchanged' },
    });
    expect(functions.updates.map(({ name }) => name)).toEqual(['a']);
  });

  it.each(['not-found', 'invalid'] as const)(
    'fails only the function that met %s',
    async (kind) => {
      const { functions, apply } = bench(['a', 'b', 'c']);
      functions.script('b', { fails: failure(kind) });
      expect(await apply()).toMatchObject({
        a: { status: 'updated' },
        b: { status: 'failed', error: expect.stringContaining(`made ${kind}`) },
        c: { status: 'updated' },
      });
      expect(writesTo(functions, 'b')).toBe(1);
    },
  );

  it.each(['denied', 'expired', 'no-credentials', 'package-unreadable', 'quota'] as const)(
    'begins no further write after %s, but finishes those under way',
    async (kind) => {
      const names = numbered(40);
      const { clock, functions, apply } = bench(names);
      functions.script('f000', { ends: 'Successful', afterReads: 6 });
      functions.script('f010', { fails: failure(kind) });
      const outcomes = await apply();
      expect(outcomes['f000']?.status).toBe('updated');
      expect(outcomes['f010']?.status).toBe('failed');
      expect(outcomes['f039']).toMatchObject({
        status: 'skipped',
        error: expect.stringContaining(`not tried after UpdateFunctionCode: Fake-${kind}`),
      });
      expect(functions.updates.length).toBeLessThanOrEqual(12);
      expect(Object.keys(outcomes)).toHaveLength(40);
      // Those that are not tried do not queue for tokens: 40 of them would take over 3 s.
      expect(clock.now()).toBeLessThan(5_000);
    },
  );

  it('tells when another deploy has put its package in between', async () => {
    const { functions, apply } = bench(['a']);
    functions.script('a', { ends: 'Successful', afterReads: 3 });
    const get = functions.get.bind(functions);
    functions.get = async (name) => {
      const result = await get(name);
      return result.ok ? { ok: true, value: { ...result.value, codeSha256: 'other' } } : result;
    };
    expect(await apply()).toMatchObject({
      a: { status: 'failed', error: expect.stringContaining('runs another package, other') },
    });
  });

  it('bears network errors while it polls, and reports those that stay', async () => {
    const { functions, apply } = bench(['a', 'b']);
    const lost = (count: number) =>
      Array.from({ length: count }, () => failure('unreachable', 'GetFunction'));
    functions.script('a', { ends: 'Successful', afterReads: 2 }).failReads('a', ...lost(5));
    functions.script('b', { ends: 'Successful', afterReads: 2 }).failReads('b', ...lost(9999));
    expect(await apply()).toMatchObject({
      a: { status: 'updated' },
      b: { status: 'failed', error: expect.stringContaining('made unreachable') },
    });
  });
});
