import { tokenBucket } from './rate';
import { VirtualClock } from './release.fixtures';

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

  it('gives nobody a token during a pause, not even those in the queue', async () => {
    const clock = new VirtualClock();
    const bucket = tokenBucket({ perSecond: 10, burst: 1 }, clock);
    const waiting = times(3, () => bucket.take(), clock);
    bucket.pause(2);
    expect((await waiting).map(Math.round)).toEqual([2000, 2100, 2200]);
  });

  it('holds nobody back once it is open', async () => {
    const clock = new VirtualClock();
    const bucket = tokenBucket({ perSecond: 1, burst: 1 }, clock);
    bucket.open();
    expect(await times(50, () => bucket.take(), clock)).toEqual(Array(50).fill(0));
  });
});
