import type { AwsResult } from '../model/aws-failure';
import { failure, VirtualClock } from '../release.fixtures';
import { MAX_ATTEMPTS, retryDelay, withRetries } from './send';

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
