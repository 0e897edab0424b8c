import { applyPlan, type ApplyPorts } from './apply';
import type { FunctionOutcome } from '../model/function-state';
import type { DeployPlan, PlannedFunction } from '../model/plan';
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

const LIVE = { name: 'live', version: '7', codeSha256: OLD_SHA };

function aliased(name: string, more: Partial<PlannedFunction> = {}): PlannedFunction {
  const before = stateOf(remoteFunction(name, { alias: { ...LIVE, layers: [] } }));
  return { ...planned(name), before, ...more };
}

function bench(names: string[]) {
  const clock = new VirtualClock();
  const functions = new FakeFunctions(
    clock,
    names.map((name) => remoteFunction(name)),
  );
  // An earlier life: seven versions.
  for (const name of names)
    functions.versions.set(
      name,
      Array.from({ length: 7 }, () => OLD_SHA),
    );
  const phases: string[] = [];
  const apply = async (
    plan: PlannedFunction[],
    more: Partial<DeployPlan> = {},
    ports: Partial<ApplyPorts> = {},
  ): Promise<Record<string, FunctionOutcome>> => {
    const outcomes = await clock.run(
      applyPlan(planOf(plan, more), {
        functions,
        clock,
        random: () => 0.5,
        reads: tokenBucket({ perSecond: 80, burst: 20 }, clock),
        writes: tokenBucket({ perSecond: 12, burst: 2 }, clock),
        waitTimeoutSeconds: 60,
        onPhase: (phase, total) => phases.push(`${phase} ${total}`),
        ...ports,
      }),
    );
    return Object.fromEntries(outcomes.map((one) => [one.name, one]));
  };
  return { functions, phases, apply };
}

describe('a release by phases', () => {
  const names = ['a', 'b', 'c'];
  const live = { alias: 'live' };

  it('moves aliases only when all code is there and all versions are', async () => {
    const { functions, phases, apply } = bench(names);
    const outcomes = await apply(
      names.map((name) => aliased(name)),
      live,
      {
        canary: { name: 'b', event: null },
      },
    );
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
    const outcomes = await apply(
      names.map((name) => aliased(name)),
      live,
    );
    expect(functions.log.filter((entry) => !entry.startsWith('code'))).toEqual([]);
    expect(outcomes['c']).toMatchObject({ status: 'failed', error: 'as scripted' });
    expect(outcomes['a']).toMatchObject({
      status: 'skipped',
      error: expect.stringContaining('alias live was left') as string,
      after: { codeSha256: NEW_SHA, alias: LIVE },
    });
  });

  it('leaves every alias where one version could not be published', async () => {
    const { functions, apply } = bench(names);
    functions.script('b', { ends: 'Successful' }, { fails: failure('invalid', 'PublishVersion') });
    const outcomes = await apply(
      names.map((name) => aliased(name)),
      live,
    );
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
    const outcomes = await apply(
      names.map((name) => planned(name)),
      {},
      {
        canary: { name: null, event: null },
      },
    );
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
    const outcomes = await apply(
      names.map((name) => aliased(name)),
      { alias: 'live' },
      {
        canary: { name: 'b', event: '{"ping":1}' },
      },
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
    const outcomes = await apply(
      names.map((name) => planned(name)),
      {},
      {
        canary: { name: 'b', event: '{}' },
      },
    );
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
