import { startSimulatedAccount, type SimulatedAccount } from '../../testing';
import { connectStorage } from './connect';

/** Against the simulated account, whose conditional writes are compared with AWS's documentation. */
describe('records in S3', () => {
  let account: SimulatedAccount;
  let connection: Awaited<ReturnType<typeof connectStorage>>;
  let now = Date.UTC(2026, 10, 25, 10, 0, 0);
  const location = { bucket: { name: 'packages' }, key: 'p/svc/releases/default/lock.json' };

  beforeEach(async () => {
    account = await startSimulatedAccount({ now: () => now });
    await account.createBucket('packages');
    const { endpoint, region, credentials } = account;
    connection = await connectStorage({ endpoint, region, credentials });
  });
  afterEach(async () => {
    connection.close();
    await account.stop();
  });

  it('are written once, replaced under their ETag, and read with the clock of S3', async () => {
    const { records } = connection;
    expect(await records.read(location)).toEqual({ ok: true, value: null });
    const written = await records.write(location, 'first', 'absent');
    if (!written.ok) throw new Error(written.failure.message);
    expect(await records.write(location, 'again', 'absent')).toMatchObject({
      failure: { kind: 'precondition' },
    });
    now += 42_000;
    expect(await records.read(location)).toEqual({
      ok: true,
      value: { text: 'first', etag: written.value.etag, lastModified: now - 42_000, now },
    });
    expect((await records.write(location, 'second', written.value)).ok).toBe(true);
    expect(await records.write(location, 'third', written.value)).toMatchObject({
      failure: { kind: 'precondition' },
    });
    const other = { ...location, key: 'p/none.json' };
    expect(await records.write(other, 'third', written.value)).toMatchObject({
      failure: { kind: 'not-found' },
    });
  });

  it('are listed below a prefix, all pages of them', async () => {
    const { records } = connection;
    const keys = ['p/a/000001.json', 'p/a/000002.json', 'p/b/000001.json'];
    for (const key of keys) await records.write({ ...location, key }, 'text', 'absent');
    expect(await records.list(location.bucket, 'p/a/')).toEqual({
      ok: true,
      value: keys.slice(0, 2),
    });
  });

  it('tell a bucket that is not there from a record that is not', async () => {
    const nowhere = { bucket: { name: 'no-such-bucket' }, key: 'k' };
    expect(await connection.records.read(nowhere)).toMatchObject({
      failure: { kind: 'not-found', name: 'NoSuchBucket', operation: 'GetObject' },
    });
  });
});
