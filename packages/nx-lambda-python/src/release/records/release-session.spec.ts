import { failure, NEW_SHA, OLD_SHA, VirtualClock } from '../release.fixtures';
import type { RecordedFunction, ReleaseDraft, ReleaseRecord } from './record';
import { keepLock, lookAtLock, takeLock } from './release-lock';
import { beginRelease, carriedOver, settleUnfinished } from './release-session';
import {
  ADA,
  FakeRecords,
  recordAccess,
  recordDraft as draft,
  recorded,
  releaseRecord,
  RELEASES,
  stateOf,
} from './records.fixtures';

const OTHER_SHA = Buffer.alloc(32, 3).toString('base64');
const pending = (name: string, more: Partial<RecordedFunction> = {}) =>
  recorded(name, { status: 'pending', after: null, ...more });

describe('a release', () => {
  let records: FakeRecords;
  let base: ReturnType<typeof recordAccess>;
  const interruptions = new Set<() => Promise<unknown>>();
  const interrupt = () => Promise.all([...interruptions].map((work) => work()));
  const access = (force = false) => ({
    ...base,
    holder: ADA,
    force,
    wallNow: () => records.now * 1000,
    every: () => () => undefined,
    onInterruption: (work: () => Promise<unknown>) => {
      interruptions.add(work);
      return () => void interruptions.delete(work);
    },
  });
  const json = (name: string) =>
    JSON.parse(records.objects.get(`${RELEASES}${name}.json`)?.text ?? 'null') as ReleaseRecord;
  const begin = async (one: ReleaseDraft, force = false) => {
    const begun = await beginRelease(await lookAtLock(base), one, access(force));
    if (begun === null) throw new Error('somebody was faster');
    return begun;
  };

  beforeEach(() => {
    records = new FakeRecords();
    base = recordAccess(records);
    interruptions.clear();
  });

  it('is recorded before its first write and at its end, and numbered', async () => {
    const first = await begin(draft([pending('a')]));
    expect(json('000001')).toMatchObject({ status: 'started', endedAt: null });
    expect(await first.end('succeeded', [recorded('a')])).toEqual([]);
    expect(json('000001')).toMatchObject({
      status: 'succeeded',
      functions: [{ status: 'updated' }],
    });
    expect((await begin(draft([pending('a')]))).number).toBe(2);
  });

  it('finds its number without the lock, and passes over taken ones where it may not list', async () => {
    await (await begin(draft([]))).end('succeeded', []);
    await (await begin(draft([]))).end('succeeded', []);
    records.objects.delete(`${RELEASES}lock.json`);
    const third = await begin(draft([]));
    expect(third.number).toBe(3);
    await third.end('succeeded', []);
    records.objects.delete(`${RELEASES}lock.json`);
    records.list = async () => ({ ok: false, failure: failure('denied', 'ListObjectsV2') });
    expect((await begin(draft([]))).number).toBe(4);
    expect(json('lock')).toMatchObject({ number: 4, state: 'held' });
  });

  it('gives the lock back where its record cannot be written', async () => {
    // Lock, the probe of its storage, then the record.
    let writes = 0;
    records.beforeWrite = () => {
      writes += 1;
      if (writes === 3) records.failingWrites.push({ failure: failure('denied', 'PutObject') });
    };
    await expect(begin(draft([pending('a')]))).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    expect(json('lock')).toMatchObject({ state: 'free' });
    expect(json('000001')).toBeNull();
  });

  it.each([1, 2, 3, 4])(
    'gives the lock back where it is interrupted at write %i, and writes nothing more',
    async (nth) => {
      let interrupted: Promise<unknown> | null = null;
      let writes = 0;
      records.beforeWrite = () => {
        writes += 1;
        // Signals come in between, never within a step.
        if (writes === nth) interrupted = Promise.resolve().then(interrupt);
      };
      const begun = await begin(draft([pending('a')]));
      if (nth === 4) records.beforeWrite();
      await interrupted;
      expect(json('lock')).toMatchObject({ state: 'free' });
      expect(await begun.lock.check()).toMatchObject({ kind: 'lock-lost' });
      records.beforeWrite = () => undefined;
      // Whoever comes next, from wherever, need not wait, and takes up what was begun.
      const next = await begin(draft([pending('a', { before: stateOf(NEW_SHA) })]));
      expect(next.record.functions[0]?.before?.codeSha256).toBe(nth === 4 ? OLD_SHA : NEW_SHA);
      await next.end('succeeded', []);
      await begun.leave();
      expect(interruptions.size).toBe(0);
    },
  );

  it('gives the lock back where nobody writes its end', async () => {
    const begun = await begin(draft([pending('a')]));
    await begun.leave();
    expect(json('lock')).toMatchObject({ state: 'free', last: { number: 1, status: 'started' } });
    expect(json('000001')).toMatchObject({ status: 'started' });
    expect(interruptions.size).toBe(0);
  });

  it('says what of its end could not be written', async () => {
    const begun = await begin(draft([pending('a')]));
    const expired = { failure: failure('expired', 'PutObject') };
    records.failingWrites.push(expired, expired);
    expect(await begun.end('failed', [])).toEqual([
      expect.stringContaining('release 1 stays recorded as started'),
      expect.stringContaining('the release lock was not released'),
    ]);
  });

  it('is taken up where only the end of its record was not written', async () => {
    const begun = await begin(draft([pending('a')]));
    records.failingWrites.push({ failure: failure('expired', 'PutObject') });
    await begun.end('failed', begun.record.functions);
    expect(json('lock')).toMatchObject({ state: 'free', last: { number: 1, status: 'started' } });
    const second = await begin(draft([pending('a', { before: stateOf(NEW_SHA) })]));
    expect(second.record.functions[0]?.before?.codeSha256).toBe(OLD_SHA);
  });

  it('takes up what a killed one has begun: its states before are carried over', async () => {
    await begin(draft([pending('a'), pending('b'), pending('c')]));
    records.now += 300;
    const second = await begin(
      draft(
        [
          pending('a', { before: stateOf(NEW_SHA), goal: OTHER_SHA }),
          pending('b', { before: stateOf(OLD_SHA), goal: OTHER_SHA }),
          pending('c', { before: stateOf(OTHER_SHA), goal: OTHER_SHA }),
        ],
        OTHER_SHA,
      ),
    );
    expect(second.record.functions.map(({ before }) => before?.codeSha256)).toEqual([
      OLD_SHA, // half done: what it ran before that
      OLD_SHA,
      OTHER_SHA, // somebody else's since
    ]);
    await second.end('failed', second.record.functions);
    const third = await begin(draft([pending('a', { before: stateOf(OTHER_SHA) })]));
    expect(third.record.functions[0]?.before?.codeSha256).toBe(OLD_SHA);
    await third.end('succeeded', [recorded('a')]);
    const fourth = await begin(
      draft([pending('a', { before: stateOf(NEW_SHA), goal: OTHER_SHA })]),
    );
    expect(fourth.record.functions[0]?.before?.codeSha256).toBe(NEW_SHA);
  });

  it('takes up one that was killed between its lock and its record', async () => {
    const failed = await begin(draft([pending('a')]));
    await failed.end('failed', failed.record.functions);
    await takeLock(await lookAtLock(base), 2, ADA, access());
    records.now += 300;
    const third = await begin(draft([pending('a', { before: stateOf(NEW_SHA) })]));
    expect(third.number).toBe(3);
    expect(third.record.functions[0]?.before?.codeSha256).toBe(OLD_SHA);
  });

  it('gets the end that a killed one could not write once everything runs its package', async () => {
    await begin(draft([pending('a')]));
    const same = draft([pending('a', { before: stateOf(NEW_SHA) })]);
    expect(await settleUnfinished(await lookAtLock(base), same, access())).toBeNull();
    records.now += 300;
    expect(
      await settleUnfinished(await lookAtLock(base), draft([], OTHER_SHA), access()),
    ).toBeNull();
    expect(await settleUnfinished(await lookAtLock(base), same, access())).toBe(1);
    expect(json('000001')).toMatchObject({
      status: 'succeeded',
      functions: [{ before: { codeSha256: OLD_SHA }, after: { codeSha256: NEW_SHA } }],
    });
    expect(json('lock')).toMatchObject({ state: 'free', last: { number: 1, status: 'succeeded' } });
  });

  it('with an alias carries over by what callers get', () => {
    const aliased = (code: string, version: string, live: string) => ({
      ...stateOf(code),
      alias: { name: 'live', version, codeSha256: live },
    });
    const previous = releaseRecord(1, [pending('a', { before: aliased(OLD_SHA, '4', OLD_SHA) })], {
      status: 'started',
    });
    const [one] = carriedOver([pending('a', { before: aliased(NEW_SHA, '4', OLD_SHA) })], previous);
    expect(one?.before).toEqual(aliased(OLD_SHA, '4', OLD_SHA));
  });
});

describe('a lock that is kept', () => {
  it('is renewed before a write after a long sleep, and no write goes on once it is lost', async () => {
    const records = new FakeRecords();
    const access = recordAccess(records, new VirtualClock());
    const held = await takeLock(await lookAtLock(access), 1, ADA, access);
    if (held === null) throw new Error('not taken');
    let wall = 0;
    const lock = keepLock(held, access, () => wall);
    const before = records.writes;
    expect(await lock.check()).toBeNull();
    expect(records.writes).toBe(before);
    wall += 241_000;
    expect(await lock.check()).toBeNull();
    expect(records.writes).toBe(before + 1);

    wall += 241_000;
    records.failingWrites.push(
      ...Array.from({ length: 6 }, () => ({ failure: failure('unreachable') })),
    );
    expect(await lock.check()).toMatchObject({ kind: 'lock-lost' });
    expect(await lock.check()).toBeNull();

    records.now += 300;
    await takeLock(await lookAtLock(access), 2, ADA, access);
    await lock.renew();
    expect(await lock.check()).toMatchObject({ kind: 'lock-lost', name: 'LockLost' });
    expect(await lock.free(null)).toMatchObject({ ok: false });
  });
});
