import {
  earlierPrefix,
  numberOfKey,
  parseRecord,
  recordKey,
  releasesPrefix,
  renderRecord,
} from './record';
import { beginRecord, lastNumber, listReleases, readRecords, replaceRecord } from './record-store';
import { FakeRecords, recordAccess, recorded, releaseRecord, RELEASES } from './records.fixtures';
import { failure } from '../release.fixtures';

const RECORD = releaseRecord(3, [recorded('a'), recorded('b', { before: null, after: null })]);

describe('a release record', () => {
  it('is read as it was written, a function a line', () => {
    const text = renderRecord(RECORD);
    expect(parseRecord(text, 's3://b/k')).toEqual(RECORD);
    expect(text.split('\n').filter((line) => line.includes('"handlerName"'))).toHaveLength(2);
    expect(parseRecord(renderRecord(releaseRecord(1, [])), 's3://b/k').functions).toEqual([]);
  });

  it.each([
    ['is no JSON', 'torn {'],
    ['is no object', '[]'],
    ['has format 2, expected 1', JSON.stringify({ ...RECORD, format: 2 })],
    ['has no valid `number`', JSON.stringify({ ...RECORD, number: '3' })],
    ['has no valid `status`', JSON.stringify({ ...RECORD, status: 'odd' })],
    ['has no valid `package`', JSON.stringify({ ...RECORD, package: { sha256: 'x' } })],
    ['has no valid `functions`', JSON.stringify({ ...RECORD, functions: [{ name: 'a' }] })],
  ])('%s', (words, text) => {
    expect(() => parseRecord(text, 's3://b/k')).toThrow(
      expect.objectContaining({
        code: 'RELEASE_NOT_FOUND',
        message: expect.stringContaining(`s3://b/k is no release record`) as string,
      }),
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
    const begun = await beginRecord(releaseRecord(1, [], { status: 'started' }), access);
    if (begun === null) throw new Error('not begun');
    expect(await beginRecord(releaseRecord(1, []), access)).toBeNull();
    expect((await replaceRecord(begun, releaseRecord(1, []), access)).ok).toBe(true);
    await beginRecord(releaseRecord(4, []), access);
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
    const begun = await beginRecord(releaseRecord(1, []), access);
    if (begun === null) throw new Error('not begun');
    records.failingWrites.push({ failure: failure('server', 'PutObject'), landed: true });
    const ended = releaseRecord(1, [], { status: 'failed' });
    expect((await replaceRecord(begun, ended, access)).ok).toBe(true);
  });

  it('name the permission that is denied', async () => {
    records.failingWrites.push({ failure: failure('denied', 'PutObject') });
    await expect(beginRecord(releaseRecord(1, []), access)).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining(
        `s3:PutObject on the release records, s3://packages/${RELEASES}*`,
      ) as string,
    });
  });
});
