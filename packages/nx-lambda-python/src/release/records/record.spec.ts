import { errorWith } from '../../errors.fixtures';
import { bench } from '../apply/fake-functions.fixtures';
import { failure, NEW_SHA, OLD_SHA, planned, planOf, tokenBucket } from '../release.fixtures';
import {
  earlierPrefix,
  endedFunctions,
  hasChanges,
  numberOfKey,
  parseRecord,
  recordKey,
  releaseDraft,
  releasesPrefix,
  renderRecord,
} from './record';
import { lastNumber, listReleases, lockFailure, readRecords, writeRecord } from './record-store';
import {
  FakeRecords,
  recordAccess,
  recorded,
  releaseRecord,
  RELEASES,
  stateOf,
} from './records.fixtures';
import { guardedFunctions, type LockKeeper } from './release-lock';

const RECORD = releaseRecord(3, [recorded('a'), recorded('b', { before: null, after: null })]);

describe('a release record', () => {
  it('is read as it was written, a function a line', () => {
    const text = renderRecord(RECORD);
    expect(parseRecord(text, 's3://b/k')).toEqual(RECORD);
    expect(text.split('\n').filter((line) => line.includes('"handlerName"'))).toHaveLength(2);
    expect(parseRecord(renderRecord(releaseRecord(1, [])), 's3://b/k').functions).toEqual([]);
  });

  it.each([
    ['is not JSON', 'torn {'],
    ['is not an object', '[]'],
    ['has format 2, expected 1', JSON.stringify({ ...RECORD, format: 2 })],
    ['has an invalid `number`', JSON.stringify({ ...RECORD, number: '3' })],
    ['has an invalid `status`', JSON.stringify({ ...RECORD, status: 'odd' })],
    ['has an invalid `package`', JSON.stringify({ ...RECORD, package: { sha256: 'x' } })],
    ['has an invalid `functions`', JSON.stringify({ ...RECORD, functions: [{ name: 'a' }] })],
  ])('%s', (words, text) => {
    expect(() => parseRecord(text, 's3://b/k')).toThrow(
      errorWith('RELEASE_NOT_FOUND', `s3://b/k is not a release record`),
    );
    expect(() => parseRecord(text, 's3://b/k')).toThrow(words);
  });

  it('has a key that sorts by number, and stays in the folder of its stage', () => {
    const owner = { account: '111122223333', region: 'eu-west-1' };
    const place = '111122223333/eu-west-1';
    expect(releasesPrefix('a/b', 'svc', null, owner)).toBe(`a/b/svc/releases/${place}/default/`);
    expect(releasesPrefix('', 'svc', 'prod', owner)).toBe(`svc/releases/${place}/prod/`);
    expect(releasesPrefix('a', 'svc', '../x', owner)).toBe(`a/svc/releases/${place}/%2E%2E%2Fx/`);
    // As they were before: format 1 of the layout, which is still read.
    expect(earlierPrefix('a', 'svc', '../x')).toBe('a/svc/releases/%2E%2E%2Fx/');
    expect(recordKey(RELEASES, 12)).toBe(`${RELEASES}000012.json`);
    expect(numberOfKey(RELEASES, `${RELEASES}000012.json`)).toBe(12);
    expect(numberOfKey(RELEASES, `${RELEASES}1000000.json`)).toBe(1_000_000);
    expect(numberOfKey(RELEASES, `${RELEASES}lock.json`)).toBeNull();
    expect(numberOfKey(RELEASES, 'other/000012.json')).toBeNull();
  });
});

describe('records in the bucket', () => {
  let records: FakeRecords;
  let access: ReturnType<typeof recordAccess>;
  beforeEach(() => {
    records = new FakeRecords();
    access = recordAccess(records);
  });

  it('are begun once for each number, ended, listed and read', async () => {
    const begun = await writeRecord(releaseRecord(1, [], { status: 'started' }), 'absent', access);
    if (!begun.ok) throw new Error('not begun');
    const again = await writeRecord(releaseRecord(1, []), 'absent', access);
    expect(again).toMatchObject({ failure: { kind: 'precondition' } });
    expect((await writeRecord(releaseRecord(1, []), begun.value, access)).ok).toBe(true);
    await writeRecord(releaseRecord(4, []), 'absent', access);
    records.objects.set(`${RELEASES}lock.json`, { text: '', etag: '', written: 0 });
    expect(await listReleases(access)).toEqual([1, 4]);
    expect(await lastNumber(access)).toBe(4);
    expect(await readRecords([1, 2, 4], access)).toMatchObject([
      { number: 1, status: 'succeeded' },
      { number: 4 },
    ]);
  });

  it('are known again after a lost answer', async () => {
    records.failingWrites.push({ failure: failure('unreachable', 'PutObject'), landed: true });
    const begun = await writeRecord(releaseRecord(1, []), 'absent', access);
    if (!begun.ok) throw new Error('not begun');
    records.failingWrites.push({ failure: failure('server', 'PutObject'), landed: true });
    const ended = releaseRecord(1, [], { status: 'failed' });
    expect((await writeRecord(ended, begun.value, access)).ok).toBe(true);
  });

  it('name the permission that is denied', () => {
    const location = { bucket: access.bucket, key: `${RELEASES}000001.json` };
    expect(lockFailure(failure('denied', 'PutObject'), location, access)).toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining(
        `s3:PutObject on the release records, s3://packages/${RELEASES}*`,
      ) as string,
    });
  });
});

const FACTS = { by: { user: 'ada', host: 'h', run: null }, prefix: 'p', bucket: 'packages' };

describe('a plan in its record', () => {
  const plan = planOf([
    { ...planned('a'), before: stateOf(OLD_SHA) },
    { ...planned('b', 'unchanged'), before: stateOf(NEW_SHA) },
    { ...planned('c', 'missing'), before: null },
  ]);

  it('has every function, with where its package is', () => {
    const { functions } = releaseDraft(plan, FACTS);
    const hex = Buffer.from(OLD_SHA, 'base64').toString('hex');
    expect(functions).toMatchObject([
      { name: 'a', status: 'pending', goal: NEW_SHA, beforePackage: { key: `p/svc/${hex}.zip` } },
      { name: 'b', before: { codeSha256: NEW_SHA } },
      { name: 'c', before: null, beforePackage: null },
    ]);
  });

  it('has at its end what each function runs, and nothing of what failed', () => {
    const rows = releaseDraft(plan, FACTS).functions;
    const base = (name: string) => ({ name, handlerName: name, handler: name, seconds: 1 });
    const ended = endedFunctions(rows, [
      { ...base('a'), status: 'updated', after: stateOf(NEW_SHA) },
      { ...base('b'), status: 'unchanged', after: stateOf(NEW_SHA) },
      { ...base('c'), status: 'skipped', error: 'does not exist', after: null },
    ]);
    expect(ended.map(({ status, after }) => [status, after?.codeSha256])).toEqual([
      ['updated', NEW_SHA],
      ['unchanged', NEW_SHA],
      ['skipped', undefined],
    ]);
    const failed = endedFunctions(rows, [{ ...base('a'), status: 'failed', error: 'x' }]);
    expect(failed[0]).toMatchObject({ status: 'failed', after: null, error: 'x' });
  });

  it('is none where nothing would be written', () => {
    expect(hasChanges(plan)).toBe(true);
    expect(hasChanges(planOf([planned('b', 'unchanged'), planned('c', 'missing')]))).toBe(false);
    expect(hasChanges(planOf([planned('b', 'busy')]))).toBe(true);
  });
});

describe('writes under a lock', () => {
  it('end when it is lost, and the rest is not tried', async () => {
    const { clock, functions, apply } = bench(['a', 'b', 'c']);
    const answers = [null, failure('lock-lost', 'PutObject', { name: 'LockLost' })];
    const lock: Pick<LockKeeper, 'check'> = {
      check: async () => (answers.length > 1 ? (answers.shift() ?? null) : (answers[0] ?? null)),
    };
    const ports = {
      functions: guardedFunctions(functions, lock),
      writes: tokenBucket({ perSecond: 1, burst: 1 }, clock),
    };
    const outcomes = Object.values(await apply(undefined, {}, ports));
    expect(functions.updates.map(({ name }) => name)).toEqual(['a']);
    expect(outcomes.map(({ status }) => status)).toEqual(['updated', 'failed', 'skipped']);
    expect(outcomes[1]?.error).toContain('LockLost');
  });
});
