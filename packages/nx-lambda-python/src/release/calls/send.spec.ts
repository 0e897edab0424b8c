import { FakeFunctions } from '../apply/fake-functions.fixtures';
import { planLayer, publishLayer } from '../apply/code-storage';
import { waitUntilSettled } from '../apply/write-session';
import type { AwsFailureKind, AwsResult } from '../model/aws-failure';
import type { Plan } from '../model/plan';
import { checkCodeStorage } from '../apply/code-storage';
import { readRemoteStates } from '../plan/remote-states';
import {
  tokenBucket,
  failure,
  planned,
  planOf,
  remoteFunction,
  TARGET,
  VirtualClock,
} from '../release.fixtures';
import type { LayerService, LayerVersion } from './function-service';

import { MAX_ATTEMPTS, MAX_THROTTLED, paced, retryDelay, withRetries } from './send';

const fails = (kind: AwsFailureKind, retryAfterSeconds?: number): AwsResult<never> => ({
  ok: false,
  failure: failure(kind, 'GetAccountSettings', { retryAfterSeconds }),
});

function bench() {
  const clock = new VirtualClock();
  const writes = tokenBucket({ perSecond: 10, burst: 1 }, clock);
  return { clock, writes, policy: { clock, random: () => 0 } };
}

/** When somebody else's write is let through that is asked for after so many milliseconds. */
async function othersAfter(milliseconds: number, { clock, writes }: ReturnType<typeof bench>) {
  await clock.sleep(milliseconds);
  await writes.take();
  return clock.now();
}

describe('a paced call', () => {
  it('pauses all that share its rate for as long as AWS asks', async () => {
    const place = bench();
    const { clock, writes, policy } = place;
    const answers = [fails('throttled', 7), { ok: true, value: 'done' } as const];
    const call = paced(async () => answers.shift() ?? fails('invalid'), writes, policy);
    const [result, other] = await clock.run(Promise.all([call, othersAfter(10, place)]));
    expect(result).toEqual({ ok: true, value: 'done' });
    expect(other).toBeGreaterThanOrEqual(7000);
  });

  it.each([
    ['throttled', MAX_THROTTLED],
    ['server', MAX_ATTEMPTS],
    ['denied', 1],
  ] as const)('that stays %s is sent %i times', async (kind, times) => {
    const { clock, writes, policy } = bench();
    const send = jest.fn(async () => fails(kind));
    expect(await clock.run(paced(send, writes, policy))).toMatchObject({ ok: false });
    expect(send).toHaveBeenCalledTimes(times);
  });
});

describe('the look at code storage', () => {
  const adding = planOf([planned('a')], { alias: 'live' });

  it('pauses all writes where it is throttled, and then counts', async () => {
    const place = bench();
    const functions = new FakeFunctions(place.clock, []);
    const answers = [fails('throttled', 5), { ok: true, value: { limit: 100, used: 95 } } as const];
    functions.codeStorage = async () => answers.shift() ?? fails('invalid');
    const zips = { package: { size: 10 }, layer: null };
    const check = checkCodeStorage(adding, zips, { functions, ...place, ...place.policy });
    const ended = Promise.allSettled([check, othersAfter(10, place)]);
    const [checked, other] = await place.clock.run(ended);
    expect(checked).toMatchObject({ reason: { code: 'CODE_STORAGE_FULL' } });
    expect(other).toMatchObject({ status: 'fulfilled' });
    expect(other.status === 'fulfilled' && other.value).toBeGreaterThanOrEqual(5000);
  });
});

describe('the code that a plan adds', () => {
  const zips = { package: { size: 30 }, layer: { size: 50 } };
  const layer = { name: 'l', arn: null, package: TARGET.package };
  const two = [planned('a'), planned('b')];

  /** What the account lacks, to the byte: null where nobody asked. */
  async function needed(plan: Plan): Promise<number | null> {
    const place = bench();
    const functions = new FakeFunctions(place.clock, []);
    for (let limit = 0; ; limit += 1) {
      let isAsked = false;
      functions.codeStorage = async () => {
        isAsked = true;
        return { ok: true, value: { limit, used: 0 } };
      };
      const ports = { functions, ...place, ...place.policy };
      const check = checkCodeStorage(plan, zips, ports).then(
        () => true,
        () => false,
      );
      if (await place.clock.run(check)) return isAsked ? limit : null;
    }
  }

  it.each<[string, number | null, Plan]>([
    ['a zip for each version that is published', 60, planOf(two, { alias: 'live' })],
    ['nothing where $LATEST alone changes', null, planOf(two)],
    ['the layer that is published', 50, planOf(two, { layer })],
    ['both', 110, planOf(two, { layer, alias: 'live' })],
    ['no layer that is there', null, planOf(two, { layer: { ...layer, arn: 'arn' } })],
    [
      'the layer alone where code is referenced',
      50,
      planOf(two, { layer, alias: 'live', storageMode: 'REFERENCE' }),
    ],
    ['nothing where nothing changes', null, planOf([planned('a', 'unchanged')], { layer })],
    ['a function that is created', 30, planOf([{ ...planned('a', 'missing'), creates: true }])],
  ])('is %s', async (_, bytes, plan) => {
    expect(await needed(plan)).toBe(bytes);
  });
});

describe('the readers of functions', () => {
  it.each(['plan', 'poll'])('pause together where one is throttled: %s', async (kind) => {
    const place = bench();
    const { clock, writes: reads, policy } = place;
    const throttled = failure('throttled', 'GetFunction', { retryAfterSeconds: 6 });
    const functions = new FakeFunctions(clock, [remoteFunction('a')]).failReads('a', throttled);
    const ports = {
      functions,
      reads,
      writes: reads,
      place: { region: 'eu-west-1' },
      waitTimeoutSeconds: 60,
      ...policy,
    };
    const read = kind === 'plan' ? readRemoteStates(['a'], ports) : waitUntilSettled('a', ports);
    const [found, other] = await clock.run(Promise.all([read, othersAfter(300, place)]));
    expect(found).toEqual(
      kind === 'plan'
        ? new Map([['a', remoteFunction('a')]])
        : { ok: true, value: remoteFunction('a') },
    );
    expect(other).toBeGreaterThanOrEqual(6000);
  });
});

describe('the layer', () => {
  const source = TARGET.package;
  const made: LayerVersion = { arn: 'arn:layer:2', sha256: source.sha256 };
  const plan: Plan = planOf([planned('a')], { layer: { name: 'l', arn: null, package: source } });

  /** Answers in their order, and what was asked. */
  function scripted(answers: AwsResult<LayerVersion | null>[]) {
    const place = bench();
    const calls: string[] = [];
    const next = (name: string) => {
      calls.push(name);
      return answers.shift() ?? fails('invalid');
    };
    const layers = {
      newest: async () => next('newest'),
      publish: async () => next('publish'),
    } as LayerService;
    const access = { layers, ...place, ...place.policy, place: { region: 'eu-west-1' } };
    return { place, calls, access };
  }

  it('is looked at as often as it takes, and pauses all writes', async () => {
    const { place, access } = scripted([fails('throttled', 3), { ok: true, value: made }]);
    const look = planLayer('l', source, access);
    const [layer, other] = await place.clock.run(Promise.all([look, othersAfter(10, place)]));
    expect(layer).toMatchObject({ arn: made.arn });
    expect(other).toBeGreaterThanOrEqual(3000);
  });

  it('is published again at once after a 429, which was not carried out', async () => {
    const { place, calls, access } = scripted([fails('throttled'), { ok: true, value: made }]);
    const published = await place.clock.run(publishLayer(plan, access));
    expect(published).toMatchObject({
      layer: { arn: made.arn },
      functions: [{ layers: { kind: 'attach', arn: made.arn } }],
    });
    expect(calls).toEqual(['publish', 'publish']);
  });

  it('is never published a second time before anybody has seen what the first one did', async () => {
    const { place, calls, access } = scripted([
      ...[fails('unreachable'), fails('throttled'), fails('server')],
      { ok: true, value: made },
    ]);
    await place.clock.run(publishLayer(plan, access));
    expect(calls).toEqual(['publish', 'newest', 'newest', 'newest']);
  });

  it('is published anew where the first one did not arrive', async () => {
    const { place, calls, access } = scripted([
      ...[fails('unreachable'), { ok: true, value: null } as const],
      { ok: true, value: made },
    ]);
    await place.clock.run(publishLayer(plan, access));
    expect(calls).toEqual(['publish', 'newest', 'publish']);
  });
});

function script(...results: AwsResult<string>[]) {
  let calls = 0;
  return {
    call: async () => results[calls++] ?? results.at(-1) ?? fail('server'),
    calls: () => calls,
  };
}

function fail(kind: Parameters<typeof failure>[0]): AwsResult<string> {
  return { ok: false, failure: failure(kind) };
}

const done: AwsResult<string> = { ok: true, value: 'done' };

describe('withRetries', () => {
  it.each(['throttled', 'server', 'unreachable'] as const)('repeats after %s', async (kind) => {
    const clock = new VirtualClock();
    const { call, calls } = script(fail(kind), fail(kind), done);
    expect(await clock.run(withRetries(call, { clock, random: () => 0.5 }))).toBe(done);
    expect(calls()).toBe(3);
  });

  it.each(['denied', 'invalid', 'conflict', 'not-found'] as const)(
    'gives up at once after %s',
    async (kind) => {
      const clock = new VirtualClock();
      const { call, calls } = script(fail(kind), done);
      const result = await clock.run(withRetries(call, { clock, random: () => 0.5 }));
      expect(result.ok).toBe(false);
      expect(calls()).toBe(1);
    },
  );

  it('gives up in the end', async () => {
    const clock = new VirtualClock();
    const { call, calls } = script(fail('server'));
    expect((await clock.run(withRetries(call, { clock, random: () => 0 }))).ok).toBe(false);
    expect(calls()).toBe(MAX_ATTEMPTS);
  });
});

describe('retryDelay', () => {
  it('doubles up to a bound and spreads', () => {
    const delays = [1, 2, 3, 20].map((attempt) => retryDelay(attempt, failure('server'), () => 0));
    expect(delays).toEqual([100, 200, 400, 5000]);
    expect(retryDelay(1, failure('server'), () => 1)).toBe(200);
  });

  it('waits at least as long as AWS asks', () => {
    const asked = failure('throttled', 'UpdateFunctionCode', { retryAfterSeconds: 7 });
    expect(retryDelay(1, asked, () => 0)).toBe(7000);
    const hours = failure('server', 'UpdateFunctionCode', { retryAfterSeconds: 7200 });
    expect(retryDelay(1, hours, () => 0)).toBe(60_000);
  });
});
