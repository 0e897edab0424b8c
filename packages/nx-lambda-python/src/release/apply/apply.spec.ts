import { stateOf, type RemoteFunction } from '../model/remote-function';
import type { PlannedFunction } from '../model/plan';
import { failure, NEW_SHA, OLD_SHA, planned, remoteFunction } from '../release.fixtures';
import { bench, type FakeFunctions, type WriteScript } from './fake-functions.fixtures';

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `f${String(n).padStart(3, '0')}`);
}

function writesTo(functions: FakeFunctions, name: string): number {
  return functions.updates.filter((update) => update.name === name).length;
}

/** What the write of a function comes upon. */
interface Meeting {
  scripts?: WriteScript[];
  /** Until the update of another ends. */
  busyReads?: number;
  /** Of the function, since the plan. */
  state?: Partial<RemoteFunction>;
  writes?: number;
  revisions?: string[];
}
const MOVED = { fails: failure('precondition') };

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
    expect(a).toMatchObject({ status: 'failed', error: expect.stringContaining('within 60 s') });
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

  const lost = failure('unreachable');
  const broken = failure('server');
  it.each<[string, Meeting]>([
    ['its own write, whose answer was lost', { scripts: [{ fails: lost, landed: true }] }],
    ['its own write, of which AWS says 5xx', { scripts: [{ fails: broken, landed: true }] }],
    ['two lost writes', { scripts: [{ fails: lost }, { fails: lost }], writes: 3 }],
    ['two broken writes', { scripts: [{ fails: broken }, { fails: broken }], writes: 3 }],
    ['the update of another, then writes once', { busyReads: 4, writes: 2 }],
    ['another that brought the package', { busyReads: 4, state: { codeSha256: NEW_SHA } }],
    [
      'a write after the plan, and names the new revision',
      { scripts: [MOVED], state: { revisionId: 'r2' }, writes: 2, revisions: ['r0', 'r2'] },
    ],
    [
      'the package, brought by a write after the plan',
      { scripts: [MOVED], state: { codeSha256: NEW_SHA, revisionId: 'r2' } },
    ],
  ])('meets %s', async (_, { scripts = [], busyReads, state, writes = 1, revisions }) => {
    const { functions, apply } = bench(['a']);
    if (state) functions.states.set('a', remoteFunction('a', state));
    if (busyReads) functions.occupy('a', busyReads);
    functions.script('a', ...scripts);
    const status = state?.codeSha256 === NEW_SHA ? 'unchanged' : 'updated';
    expect(await apply()).toMatchObject({ a: { status } });
    expect(writesTo(functions, 'a')).toBe(writes);
    if (revisions) expect(functions.updates.map((one) => one.revisionId)).toEqual(revisions);
  });

  it('ends when an error does not end', async () => {
    const { functions, apply } = bench(['a']);
    functions.script('a', ...Array.from({ length: 99 }, () => ({ fails: broken })));
    expect(await apply()).toMatchObject({
      a: { status: 'failed', error: expect.stringContaining('made server') },
    });
    expect(writesTo(functions, 'a')).toBe(8);
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
    const { a } = await apply([{ ...planned('a', 'missing'), creates: true }], {}, { creations });
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

const LIVE = { name: 'live', version: '7', codeSha256: OLD_SHA };

function aliased(name: string, more: Partial<PlannedFunction> = {}): PlannedFunction {
  const before = stateOf(remoteFunction(name, { alias: { ...LIVE, layers: [] } }));
  return { ...planned(name), before, ...more };
}

describe('a release by phases', () => {
  const names = ['a', 'b', 'c'];
  const live = { alias: 'live' };
  const all = names.map((name) => aliased(name));

  it('moves aliases only when all code is there and all versions are', async () => {
    const { functions, phases, apply } = bench(names);
    const outcomes = await apply(all, live, { canary: { name: 'b', event: null } });
    expect(phases).toEqual(['canary 1', 'code 2', 'publish 2', 'aliases 3']);
    expect(functions.log.map((entry) => entry.split(' ')[0])).toEqual([
      ...['code', 'publish', 'code', 'code', 'publish', 'publish'],
      ...['update', 'update', 'update'],
    ]);
    expect(functions.log[0]).toBe('code b');
    for (const name of names) {
      expect(outcomes[name]).toMatchObject({
        status: 'updated',
        version: '8',
        after: { codeSha256: NEW_SHA, alias: { name: 'live', version: '8', codeSha256: NEW_SHA } },
      });
      expect(functions.aliases.get(name)).toMatchObject({ version: '8', weights: {} });
    }
  });

  it('leaves every alias where one function did not get its code', async () => {
    const { functions, apply } = bench(names);
    functions.script('c', { ends: 'Failed' });
    const outcomes = await apply(all, live);
    expect(functions.log.filter((entry) => !entry.startsWith('code'))).toEqual([]);
    expect(outcomes['c']).toMatchObject({ status: 'failed', error: 'as scripted' });
    expect(outcomes['a']).toMatchObject({
      status: 'skipped',
      error: expect.stringContaining('alias live was not moved') as string,
      after: { codeSha256: NEW_SHA, alias: LIVE },
    });
  });

  it('leaves every alias where one version could not be published', async () => {
    const { functions, apply } = bench(names);
    functions.script('b', { ends: 'Successful' }, { fails: failure('invalid', 'PublishVersion') });
    const outcomes = await apply(all, live);
    expect(functions.aliases.size).toBe(0);
    expect(outcomes).toMatchObject({ a: { status: 'skipped' }, b: { status: 'failed' } });
  });

  it('looks again where AWS says that the code to publish is not there, and publishes what is', async () => {
    const { functions, apply } = bench(['a']);
    const other = failure('precondition', 'PublishVersion');
    functions.script('a', { ends: 'Successful' }, { fails: other });
    expect(await apply([aliased('a')], live)).toMatchObject({
      a: { status: 'updated', version: '8' },
    });
    expect(functions.log).toEqual(['code a', 'publish a', 'publish a', 'update alias a']);
  });

  it('publishes nothing that somebody else has put there', async () => {
    const { functions, apply } = bench(['a']);
    const publish = functions.publish.bind(functions);
    functions.publish = async (...asked) => {
      functions.states.set('a', remoteFunction('a', { codeSha256: OLD_SHA }));
      return publish(...asked);
    };
    const outcomes = await apply([aliased('a')], live);
    expect(outcomes['a']).toMatchObject({
      status: 'failed',
      error: `runs another package, ${OLD_SHA}: something else deployed to it at the same time`,
    });
    expect(functions.log).toEqual(['code a', 'publish a']);
  });

  it('goes on where an earlier release stopped: no code is written twice', async () => {
    const { functions, apply } = bench(['a']);
    functions.states.set('a', remoteFunction('a', { codeSha256: NEW_SHA }));
    const before = stateOf(
      remoteFunction('a', { codeSha256: NEW_SHA, alias: { ...LIVE, layers: [] } }),
    );
    expect(await apply([aliased('a', { before })], live)).toMatchObject({
      a: { status: 'updated', version: '8' },
    });
    expect(functions.log).toEqual(['publish a', 'update alias a']);
  });

  it('creates an alias that is not there, and takes one that appeared meanwhile', async () => {
    const { functions, apply } = bench(['a']);
    functions.aliases.set('a', { name: 'a', alias: 'live', version: '1', weights: {} });
    expect(await apply([planned('a')], live)).toMatchObject({ a: { status: 'updated' } });
    expect(functions.log).toEqual(['code a', 'publish a', 'create alias a', 'update alias a']);
    expect(functions.aliases.get('a')).toMatchObject({ version: '8' });
  });

  it('shifts a share of the calls, and leaves the alias at the old version', async () => {
    const { functions, apply } = bench(['a']);
    const outcomes = await apply([aliased('a')], { ...live, aliasWeight: 0.1 });
    expect(functions.aliases.get('a')).toMatchObject({ version: '7', weights: { '8': 0.1 } });
    expect(outcomes['a']).toMatchObject({ status: 'updated', after: { alias: LIVE } });
  });

  it('moves an alias back, touches nothing else, and speaks of nothing else', async () => {
    const { functions, phases, apply } = bench(['a']);
    const back = aliased('a', { package: null, aliasTo: '6', aliasCode: OLD_SHA });
    expect(await apply([back], live)).toMatchObject({
      a: { status: 'updated', after: { alias: { version: '6', codeSha256: OLD_SHA } } },
    });
    expect(functions.log).toEqual(['update alias a']);
    expect(phases).toEqual(['aliases 1']);
  });

  it('repeats what changes nothing the second time when an answer is lost', async () => {
    const { functions, apply } = bench(['a']);
    functions.script(
      'a',
      { ends: 'Successful' },
      { fails: failure('unreachable', 'PublishVersion'), landed: true },
      { fails: failure('unreachable', 'UpdateAlias'), landed: true },
    );
    expect(await apply([aliased('a')], live)).toMatchObject({
      a: { status: 'updated', version: '8' },
    });
  });
});

describe('the canary', () => {
  const names = ['a', 'b', 'c'];

  it('is alone until its code is there, and stops all others where it is not well', async () => {
    const { functions, apply } = bench(names);
    functions.script('a', { ends: 'Failed', afterReads: 2 });
    const outcomes = await apply(undefined, {}, { canary: { name: null, event: null } });
    expect(functions.log).toEqual(['code a']);
    expect(outcomes).toMatchObject({
      a: { status: 'failed' },
      b: { status: 'skipped', error: 'not tried after the canary a failed' },
      c: { status: 'skipped', after: { codeSha256: OLD_SHA } },
    });
  });

  it('is invoked at its new version before any alias moves, and its error stops the deploy', async () => {
    const { functions, apply } = bench(names);
    functions.answers.set('b', { functionError: 'Unhandled', payload: '{"errorType":"KeyError"}' });
    const canary = { name: 'b', event: '{"ping":1}' };
    const outcomes = await apply(
      names.map((name) => aliased(name)),
      { alias: 'live' },
      { canary },
    );
    expect(functions.log).toEqual(['code b', 'publish b', 'invoke b:8 {"ping":1}']);
    expect(outcomes['b']).toMatchObject({
      status: 'failed',
      error: 'its answer to the canary event is Unhandled: {"errorType":"KeyError"}',
    });
    expect(outcomes['c']).toMatchObject({ status: 'skipped' });
  });

  it('answers well and the others follow', async () => {
    const { functions, apply } = bench(names);
    const outcomes = await apply(undefined, {}, { canary: { name: 'b', event: '{}' } });
    expect(functions.log.slice(0, 2)).toEqual(['code b', 'invoke b {}']);
    expect(Object.values(outcomes).every(({ status }) => status === 'updated')).toBe(true);
  });
});

describe('layers and creation', () => {
  const arn = 'arn:aws:lambda:eu-west-1:111122223333:layer:svc-dependencies:3';

  it('attaches the layer before the code that needs it', async () => {
    const { functions, apply } = bench(['a']);
    const one = planned('a');
    const outcomes = await apply([{ ...one, layers: { kind: 'attach', arn } }]);
    expect(functions.log).toEqual(['layers a', 'code a']);
    expect(outcomes['a']).toMatchObject({ after: { layers: [arn], codeSha256: NEW_SHA } });
  });

  it('creates a function from what it was told, and only that', async () => {
    const { functions, apply } = bench(['b']);
    const missing = { ...planned('a', 'missing'), creates: true };
    const creations = new Map([['a', { role: 'arn:role', memory: 512 }]]);
    const outcomes = await apply([missing, planned('b')], {}, { creations });
    expect(outcomes).toMatchObject({ a: { status: 'created' }, b: { status: 'updated' } });
    expect(functions.creations).toEqual([
      {
        ...{ name: 'a', role: 'arn:role', memory: 512, layers: [], storageMode: 'COPY' },
        ...{ runtime: 'python3.13', handler: 'svc.handlers.a.handler', architecture: 'arm64' },
        ...{ bucket: 'packages', key: 'p/svc/2.zip', versionId: 'v1' },
      },
    ]);
  });

  it('recognises a function whose creation lost its answer', async () => {
    const { functions, apply } = bench([]);
    functions.script('a', { fails: failure('unreachable', 'CreateFunction'), landed: true });
    const missing = { ...planned('a', 'missing'), creates: true };
    const creations = new Map([['a', { role: 'arn:role' }]]);
    expect(await apply([missing], {}, { creations })).toMatchObject({ a: { status: 'created' } });
    expect(functions.creations).toHaveLength(1);
  });
});
