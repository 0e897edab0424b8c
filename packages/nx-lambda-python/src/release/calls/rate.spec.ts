import {
  memoryRateStore,
  rateLimiter,
  reserve,
  RESTED,
  throttle,
  tokenBucket,
  type RateState,
} from './rate';
import { VirtualClock } from '../release.fixtures';

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
