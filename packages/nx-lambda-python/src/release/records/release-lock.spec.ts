import { errorWith } from '../../errors.fixtures';
import type { LockView } from './release-lock';
import { freeLock, isHeld, lookAtLock, renewLock, takeLock } from './release-lock';
import { ADA, FakeRecords, recordAccess, RELEASES } from './records.fixtures';
import { failure } from '../release.fixtures';

const GRACE = { ...ADA, owner: 'grace', run: 'https://ci.test/run/9' };

describe('the release lock', () => {
  let records: FakeRecords;
  let access: ReturnType<typeof recordAccess>;
  const file = () =>
    JSON.parse(records.objects.get(`${RELEASES}lock.json`)?.text ?? 'null') as unknown;
  const take = async (holder = ADA, force = false, view?: LockView) =>
    takeLock(view ?? (await lookAtLock(access)), 1, holder, { ...access, force });
  const taken = async () => {
    const held = await take();
    if (held === null) throw new Error('not taken');
    return held;
  };

  beforeEach(() => {
    records = new FakeRecords();
    access = recordAccess(records);
  });

  it('is taken, renewed and freed without a delete', async () => {
    const held = await taken();
    expect(file()).toMatchObject({ state: 'held', number: 1, holder: { owner: 'ada' } });
    const renewed = await renewLock(held, access);
    if (!renewed.ok) throw new Error(renewed.failure.message);
    expect(isHeld(await lookAtLock(access), access)).toBe(true);
    await freeLock(renewed.value, { number: 1, status: 'succeeded' }, access);
    expect(file()).toMatchObject({
      state: 'free',
      holder: null,
      last: { number: 1, status: 'succeeded' },
    });
    expect(await take(GRACE)).not.toBeNull();
    expect(file()).toMatchObject({ last: { number: 1 }, holder: { owner: 'grace' } });
  });

  it('names who holds it, where, since when, and how to go on', async () => {
    await take(GRACE);
    records.now += 42;
    await expect(take(ADA)).rejects.toMatchObject({
      code: 'RELEASE_LOCKED',
      message:
        '`svc` is being released by grace (laptop, https://ci.test/run/9) with `nx deploy svc` since 2026-11-25T10:00:00.000Z, last heard of 42 s ago; nothing was changed',
      hint: expect.stringMatching(/in 5 min.*--forceUnlock/) as string,
    });
  });

  it.each([
    ['299 s after the last renewal', 299, false],
    ['300 s after the last renewal', 300, true],
  ])('%s by the clock of S3, is it taken over: %s s', async (_, seconds, expected) => {
    await take(ADA);
    records.now += seconds;
    expect(await take(GRACE).then(Boolean, () => false)).toBe(expected);
  });

  it('is taken over at once from a process of this machine that has ended', async () => {
    await take({ ...ADA, process: 'gone' });
    expect(await take(GRACE)).not.toBeNull();
  });

  it('is taken at once by force, and its holder learns of it', async () => {
    const held = await taken();
    expect(await take(GRACE, true)).not.toBeNull();
    expect(await renewLock(held, access)).toMatchObject({
      ok: false,
      failure: { kind: 'lock-lost', message: expect.stringContaining('taken over') as string },
    });
    // Nor does its end free what another holds.
    await freeLock(held, { number: 1, status: 'failed' }, access);
    expect(file()).toMatchObject({ state: 'held', holder: { owner: 'grace' } });
  });

  it('is not stolen after a renewal that the thief has not seen', async () => {
    const held = await taken();
    records.now += 300;
    const view = await lookAtLock(access);
    await renewLock(held, access);
    expect(await take(GRACE, false, view)).toBeNull();
  });

  it('goes to one of two that saw it free', async () => {
    const views = [await lookAtLock(access), await lookAtLock(access)];
    expect(await take(ADA, false, views[0])).not.toBeNull();
    expect(await take(GRACE, false, views[1])).toBeNull();
    expect(file()).toMatchObject({ holder: { owner: 'ada' } });
  });

  it.each(['unreachable', 'server'] as const)(
    'knows its own lost write again: %s',
    async (kind) => {
      const lose = () =>
        records.failingWrites.push({ failure: failure(kind, 'PutObject'), landed: true });
      lose();
      const held = await taken();
      lose();
      const renewed = await renewLock(held, access);
      if (!renewed.ok) throw new Error(renewed.failure.message);
      lose();
      expect((await freeLock(renewed.value, null, access)).ok).toBe(true);
    },
  );

  it('tries again what S3 calls a conflict', async () => {
    records.failingWrites.push({ failure: failure('conflict', 'PutObject') });
    expect(await take()).not.toBeNull();
  });

  it('is looked at again where it vanished', async () => {
    await taken();
    records.now += 300;
    const view = await lookAtLock(access);
    records.objects.clear();
    expect(await take(GRACE, false, view)).toBeNull();
    expect(await take(GRACE)).not.toBeNull();
  });

  it.each(['HTTP 501', 'NotImplemented', 'InvalidArgument'])(
    'says of a storage without conditions that it has none: %s',
    async (name) => {
      records.failingWrites.push({ failure: failure('invalid', 'PutObject', { name }) });
      await expect(take()).rejects.toThrow(
        errorWith('RECORDS_UNSUPPORTED', 'If-Match', '"records": false'),
      );
    },
  );

  it.each([
    ['a refusal', failure('denied', 'PutObject')],
    ['a storage without If-Match', failure('invalid', 'PutObject', { name: 'HTTP 501' })],
    ['no answer', failure('unreachable', 'PutObject')],
  ])('is given back where the write that proves it meets %s', async (_, refusal) => {
    let writes = 0;
    records.beforeWrite = () => {
      writes += 1;
      if (writes === 2) records.failingWrites.push(...Array(6).fill({ failure: refusal }));
      if (writes === 3 && refusal.kind !== 'unreachable') records.failingWrites.length = 0;
    };
    await expect(take()).rejects.toThrow();
    records.beforeWrite = () => undefined;
    records.failingWrites.length = 0;
    expect(file()).toMatchObject({ state: 'free', holder: null });
    expect(await take(GRACE)).not.toBeNull();
  });

  it('is given back where the storage takes conditions and ignores them', async () => {
    records.ignoresConditions = true;
    await expect(take()).rejects.toThrow(errorWith('RECORDS_UNSUPPORTED', 'ignores'));
    expect(file()).toMatchObject({ state: 'free', holder: null });
  });

  it('names the permission and the keys that it is for', async () => {
    records.failingWrites.push({ failure: failure('denied', 'PutObject') });
    await expect(take()).rejects.toThrow(
      errorWith('ACCESS_DENIED', `s3:PutObject on the release records, s3://packages/${RELEASES}*`),
    );
  });

  it('needs no s3:ListBucket: a lock that may not be seen counts as none until it is written', async () => {
    records.failingReads.push(failure('denied', 'GetObject'));
    expect(await take()).not.toBeNull();
    records.failingReads.push(...Array(3).fill(failure('denied', 'GetObject')));
    await expect(take(GRACE)).rejects.toThrow(errorWith('ACCESS_DENIED', 's3:GetObject'));
  });

  it.each(['', '{"format":2}', '{"format":1,"state":"odd"}'])(
    'does not go by what it cannot read: %j',
    async (text) => {
      records.objects.set(`${RELEASES}lock.json`, { text, etag: '"e"', written: 0 });
      await expect(lookAtLock(access)).rejects.toMatchObject({ code: 'RELEASE_LOCKED' });
    },
  );
});
