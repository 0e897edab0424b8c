import { failure } from '../release.fixtures';
import type { VersionsPage } from '../versions/version-prune';
import { accountRates, type RateKind, type RateLimiter } from './rate';
import { FakeFunctions } from '../apply/fake-functions.fixtures';
import { readRemoteStates } from '../plan/remote-states';

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
