import { FakeFunctions } from '../apply/fake-functions.fixtures';
import { readRemoteStates } from '../plan/remote-states';
import { tokenBucket, failure, VirtualClock } from '../release.fixtures';
import type { VersionsPage } from '../versions/version-prune';
import {
  accountRates,
  memoryRateStore,
  rateLimiter,
  reserve,
  RESTED,
  throttle,
  type RateKind,
  type RateLimiter,
  type RateState,
} from './rate';

async function times(count: number, take: () => Promise<void>, clock: VirtualClock) {
  const at: number[] = [];
  await clock.run(
    Promise.all(Array.from({ length: count }, () => take().then(() => at.push(clock.now())))),
  );
  return at;
}

describe('tokenBucket', () => {
  it('lets the burst through at once and spreads the rest', async () => {
    const clock = new VirtualClock();
    const bucket = tokenBucket({ perSecond: 10, burst: 2 }, clock);
    const at = await times(5, () => bucket.take(), clock);
    expect(at.map(Math.round)).toEqual([0, 0, 100, 200, 300]);
  });

  it('never lets more than rate and burst through in any second', async () => {
    const clock = new VirtualClock();
    const bucket = tokenBucket({ perSecond: 12, burst: 2 }, clock);
    const at = await times(100, () => bucket.take(), clock);
    for (const start of at) {
      expect(at.filter((one) => one >= start && one < start + 1000).length).toBeLessThanOrEqual(14);
    }
    expect(Math.max(...at)).toBeLessThan(8_300);
  });

  it('gives nobody a token during a pause, not even those in the queue, and then less than before', async () => {
    const clock = new VirtualClock();
    const bucket = tokenBucket({ perSecond: 10, burst: 5 }, clock);
    const waiting = times(3, () => bucket.take(), clock);
    bucket.pause(2);
    expect((await waiting).map(Math.round)).toEqual([2000, 2143, 2285]);
  });

  it('is as fast as before some time after a refusal', async () => {
    const clock = new VirtualClock();
    const bucket = tokenBucket({ perSecond: 10, burst: 1 }, clock);
    bucket.pause(1);
    const at = await times(80, () => bucket.take(), clock);
    const [before = 0, end = 0] = at.slice(-2);
    expect(end - before).toBeCloseTo(100);
  });

  it('holds nobody back once it is open', async () => {
    const clock = new VirtualClock();
    const bucket = tokenBucket({ perSecond: 1, burst: 1 }, clock);
    bucket.open();
    expect(await times(50, () => bucket.take(), clock)).toEqual(Array(50).fill(0));
  });
});

describe('limiters over one store', () => {
  const rate = { perSecond: 12, burst: 12 };

  it('keep one rate together, and end near together', async () => {
    const clock = new VirtualClock();
    const store = memoryRateStore();
    const ends: number[] = [];
    const all: number[] = [];
    const deploys = Array.from({ length: 10 }, async () => {
      const limiter = rateLimiter(rate, clock, store);
      const taken = Array.from({ length: 30 }, () =>
        limiter.take().then(() => all.push(clock.now())),
      );
      await Promise.all(taken);
      ends.push(clock.now());
    });
    await clock.run(Promise.all(deploys));
    expect(Math.max(...ends)).toBeCloseTo((288 / 12) * 1000);
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(2000);
    for (const start of all) {
      expect(all.filter((at) => at > start && at <= start + 2000).length).toBeLessThanOrEqual(36);
    }
  });

  it('all pause when one is refused', async () => {
    const clock = new VirtualClock();
    const store = memoryRateStore();
    const [one, other] = [rateLimiter(rate, clock, store), rateLimiter(rate, clock, store)];
    void clock.sleep(100).then(() => one.pause(3));
    const at = await times(15, () => other.take(), clock);
    expect(at.filter((moment) => moment > 100 && moment < 3000)).toEqual([]);
    expect(at[14]).toBeGreaterThan(3000);
  });

  it('leave the rate to others while one waits for as long as it was told', async () => {
    const clock = new VirtualClock();
    const store = memoryRateStore();
    let changes = 0;
    const limiter = rateLimiter(rate, clock, {
      ...store,
      change: (work) => {
        changes += 1;
        return store.change(work);
      },
    });
    limiter.pause(600);
    await clock.run(Promise.all([limiter.take(), limiter.take()]));
    // Nobody waits for longer than the longest pause, and takes no moments meanwhile that it cannot use.
    expect(clock.now()).toBeGreaterThanOrEqual(60_000);
    expect(clock.now()).toBeLessThan(61_000);
    expect(changes).toBe(3);
  });

  it('end a pause at once where one is opened', async () => {
    const clock = new VirtualClock();
    const limiter = rateLimiter(rate, clock, memoryRateStore());
    limiter.pause(30);
    const waiting = limiter.take();
    void clock.sleep(5).then(() => limiter.open());
    await clock.run(waiting);
    expect(clock.now()).toBe(5);
  });

  it('let a single call in before the rest of a long queue', async () => {
    const clock = new VirtualClock();
    const store = memoryRateStore();
    const reads = { perSecond: 80, burst: 1, together: 40 };
    const plan = rateLimiter(reads, clock, store);
    const poll = rateLimiter(reads, clock, store);
    const planned = times(200, () => plan.take(), clock);
    const [polled] = await times(1, () => poll.take(), clock);
    await planned;
    expect(polled).toBeLessThan(500);
  });
});

describe('reserve', () => {
  it('gives no credit for a rest longer than the burst', () => {
    const { result } = reserve(RESTED, { perSecond: 10, burst: 3 }, 1_000_000, 5);
    expect(result.map((at) => at - 1_000_000)).toEqual([0, 0, 0, 100, 200]);
  });

  it('takes at least one moment, however late, and no more than are near', () => {
    const state = { ...RESTED, due: 9_000 };
    expect(reserve(state, { perSecond: 10, burst: 1 }, 1_000, 5).result).toEqual([9_000]);
    expect(reserve(RESTED, { perSecond: 10, burst: 1 }, 1_000, 9).result).toHaveLength(3);
  });
});

describe('throttle', () => {
  const after = (state: RateState, ...at: number[]) =>
    at.reduce((before, now) => throttle(before, now, 1), state);

  it('counts refusals of one moment once', () => {
    expect(after(RESTED, 1000, 1010, 1900).share).toBeCloseTo(0.7);
    expect(after(RESTED, 1000, 2900).share).toBeCloseTo(0.49);
  });

  it('never stops for good', () => {
    const state = after(RESTED, ...Array.from({ length: 50 }, (_, index) => 5000 * index));
    expect(state.share).toBe(0.1);
    expect(throttle(RESTED, 0, 86_400).pausedUntil).toBe(60_000);
  });
});

const ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:f';

/** Limiters that let everybody through and note whom. */
function noting() {
  const taken: string[] = [];
  const paused: string[] = [];
  const opened: string[] = [];
  const rates = accountRates((kind: RateKind, account): RateLimiter => ({
    take: async () => void taken.push(`${kind} ${account}`),
    pause: (seconds) => void paused.push(`${kind} ${account} ${seconds}`),
    open: () => void opened.push(`${kind} ${account}`),
  }));
  return { rates, taken, paused, opened };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('accountRates', () => {
  it('sends one read ahead, and counts the others for the account that answered', async () => {
    const { rates, taken } = noting();
    const all = [rates.reads.take(), rates.reads.take(), rates.reads.take()];
    await settled();
    expect(taken).toEqual(['reads unknown']);
    await rates.read(async () => ({ ok: true, value: { arn: ARN } }));
    await Promise.all(all);
    await rates.writes.take();
    expect(taken.slice(1)).toEqual([
      'reads 111122223333',
      'reads 111122223333',
      'writes 111122223333',
    ]);
  });

  it.each([
    ['a missing function', 'not-found', `Function not found: ${ARN}`],
    [
      'a denied call',
      'denied',
      'User: arn:aws:sts::111122223333:assumed-role/ci/1 is not authorized',
    ],
  ] as const)('learns from %s, too', async (_, kind, message) => {
    const { rates, taken } = noting();
    await rates.reads.take();
    await rates.read(async () => ({
      ok: false,
      failure: failure(kind, 'GetFunction', { message }),
    }));
    await rates.writes.take();
    expect(taken).toEqual(['reads unknown', 'writes 111122223333']);
  });

  it('learns from a list of versions, which may name no function', async () => {
    const { rates, taken } = noting();
    rates.learn<VersionsPage>({ ok: true, value: { versions: [] } });
    await rates.writes.take();
    rates.learn({ ok: true, value: { arn: `${ARN}:$LATEST` } });
    await rates.writes.take();
    expect(taken).toEqual(['writes unknown', 'writes 111122223333']);
  });

  it('lets reads go on where the first answer tells nothing, and learns later', async () => {
    const { rates, taken } = noting();
    await rates.reads.take();
    await rates.read(async () => ({ ok: false, failure: failure('unreachable', 'GetFunction') }));
    await rates.reads.take();
    await rates.read(async () => ({ ok: true, value: { arn: ARN } }));
    await rates.reads.take();
    expect(taken).toEqual(['reads unknown', 'reads unknown', 'reads 111122223333']);
  });

  it('never holds a write back', async () => {
    const { rates, taken } = noting();
    await rates.writes.take();
    expect(taken).toEqual(['writes unknown']);
  });

  it('pauses reads when one is refused', async () => {
    const { rates, paused } = noting();
    await rates.read(async () => ({
      ok: false,
      failure: failure('throttled', 'GetFunction', { retryAfterSeconds: 3 }),
    }));
    expect(paused).toEqual(['reads unknown 3']);
  });

  it('lets the others go on where the first read throws', async () => {
    const { rates, taken } = noting();
    const defect = new TypeError('x is not a function');
    const send = async () => {
      throw defect;
    };
    const all = ['a', 'b', 'c'].map(async () => {
      await rates.reads.take();
      return rates.read(send);
    });
    expect(await Promise.allSettled(all)).toEqual(
      all.map(() => ({ status: 'rejected', reason: defect })),
    );
    expect(taken).toHaveLength(3);
  });

  it('a plan of many functions ends where its first read throws', async () => {
    const { rates } = noting();
    const defect = new TypeError('x is not a function');
    const clock = { now: () => 0, sleep: async () => undefined };
    const functions = new FakeFunctions(clock, []);
    const get = () =>
      rates.read(async () => {
        throw defect;
      });
    const names = Array.from({ length: 100 }, (_, at) => `f${at}`);
    const reading = readRemoteStates(names, {
      functions: Object.assign(functions, { get }),
      ...rates,
      clock,
      random: () => 0.5,
      place: { region: 'eu-west-1' },
    });
    await expect(reading).rejects.toBe(defect);
  });

  it('lets the others go on where the first read is not let through', async () => {
    const broken = new Error('no rate');
    let taken = 0;
    const rates = accountRates(() => ({
      take: async () => {
        taken += 1;
        if (taken === 1) throw broken;
      },
      pause: () => undefined,
      open: () => undefined,
    }));
    const all = [rates.reads.take(), rates.reads.take()];
    expect(await Promise.allSettled(all)).toMatchObject([
      { status: 'rejected', reason: broken },
      { status: 'fulfilled' },
    ]);
  });

  it('gives writes that come after the first limiter was opened the rate of the same account', async () => {
    const { rates, taken, opened } = noting();
    await rates.reads.take();
    await rates.read(async () => ({ ok: true, value: { arn: ARN } }));
    rates.writes.open();
    const again = rates.writesAgain();
    await again.take();
    expect(taken.slice(1)).toEqual(['writes 111122223333']);
    expect(opened).toEqual(['writes 111122223333']);
  });
});
