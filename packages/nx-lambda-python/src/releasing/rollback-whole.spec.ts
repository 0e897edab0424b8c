/** A rollback is whole or refused: what it can't bring back is known before its first write. */

import './short-waits.fixtures';
import { HANDLERS } from './fault-matrix.fixtures';
import { configure, deleteVersion, rollbackTargetOf } from './lambda.fixtures';
import { Service } from './service.fixtures';
import { writes } from './workspace.fixtures';

// Each deploys several times; a busy machine takes its time.
jest.setTimeout(30_000);

const alias = { alias: 'live' };

describe('a rollback', () => {
  let service: Service;
  beforeEach(async () => {
    service = await Service.start();
    rollbackTargetOf(service);
  });
  afterEach(() => service.stop());

  const release = async (content: string, options = {}) => {
    const sha256 = await service.bring(content);
    expect(await service.deploy(options)).toBe(true);
    service.printed();
    return sha256;
  };
  const latest = async () => (await service.look()).map((one) => one.latest?.code);
  const live = async () => (await service.look('live')).map((one) => one.live?.code);
  const all = (code: string) => HANDLERS.map(() => code);
  const short = (sha256: string) => Buffer.from(sha256, 'base64').toString('hex').slice(0, 12);
  async function expectRefused(words: string, options = {}): Promise<void> {
    const before = writes(service.account).length;
    expect(await service.rollback(options)).toBe(false);
    const text = service.printed();
    expect(text).toContain('error[ROLLBACK_IMPOSSIBLE]: 1 of 3 functions');
    expect(text).toContain(words);
    expect(writes(service.account).slice(before)).toEqual([]);
  }

  it('is refused where the version of an alias was deleted', async () => {
    await release('old', alias);
    const fresh = await release('new', alias);
    await deleteVersion(service, 'svc-refund', '1');
    await expectRefused('svc-refund (its version 1 no longer exists)');
    expect(await live()).toEqual(all(fresh));
    expect(await service.rollback({ only: ['cancel', 'create'] })).toBe(true);
  });

  it('is refused where the version is another one by now', async () => {
    await release('old', alias);
    await release('new', alias);
    await service.remake('svc-refund');
    await release('third', alias);
    await release('fourth', alias);
    await expectRefused('svc-refund (its version 1 has a different package than before)', {
      to: 1,
    });
  });

  it('is refused where the package is for another runtime than the function has now', async () => {
    await release('old');
    const fresh = await release('new');
    await configure(service, { FunctionName: 'svc-create', Runtime: 'python3.14' });
    await expectRefused(`is for python3.13 arm64, but the function is python3.14 arm64 now`);
    expect(await latest()).toEqual(all(fresh));
  });

  it('knows what a package was built for by the release that brought it', async () => {
    await release('old');
    for (const handler of HANDLERS) {
      await configure(service, { FunctionName: `svc-${handler}`, Runtime: 'python3.14' });
    }
    service.workspace.runtime = 'python3.14';
    const fresh = await release('new');
    expect(await service.rollback()).toBe(false);
    expect(service.printed()).toContain(
      'is for python3.13 arm64, but the function is python3.14 arm64 now',
    );
    expect(await latest()).toEqual(all(fresh));
    // Who defines the functions takes the runtime back, too: then it is possible.
    for (const handler of HANDLERS) {
      await configure(service, { FunctionName: `svc-${handler}`, Runtime: 'python3.13' });
    }
    expect(await service.rollback()).toBe(true);
  });

  it('goes by one runtime at a time', async () => {
    await release('old');
    await configure(service, { FunctionName: 'svc-create', Runtime: 'python3.14' });
    service.workspace.runtime = 'python3.14';
    await release('new', { only: ['create'] });
    await release('newer', { only: ['create'] });
    service.workspace.runtime = 'python3.13';
    await release('third', { only: ['cancel', 'refund'] });
    expect(await service.rollback({ to: 2 })).toBe(false);
    expect(service.printed()).toContain('svc-create (is python3.14 arm64, others are not)');
    expect(await service.rollback({ to: 2, only: ['create'] })).toBe(true);
  });

  it('moves aliases whatever has become of $LATEST', async () => {
    const old = await release('old', alias);
    await release('new', alias);
    await configure(service, { FunctionName: 'svc-create', Runtime: 'python3.14' });
    await service.bring('third');
    service.account.inject({ operation: 'UpdateFunctionCode', kind: 'update-failed' });
    await service.deploy({ ...alias, only: ['cancel'], records: false });
    expect(await service.rollback()).toBe(true);
    expect(await live()).toEqual(all(old));
  });

  it('takes the alias along to a release from before there was one', async () => {
    const old = await release('old');
    await release('new', alias);
    await release('third', alias);
    expect(await service.rollback({ to: 1 })).toBe(true);
    expect(await latest()).toEqual(all(old));
    expect(await live()).toEqual(all(old));
    const count = writes(service.account).length;
    expect(await service.rollback({ to: 1 })).toBe(true);
    expect(writes(service.account)).toHaveLength(count);
  });

  it('takes $LATEST along to a release from when only the alias was called', async () => {
    const old = await release('old', alias);
    await release('new', alias);
    await release('third');
    expect(await service.rollback({ to: 1 })).toBe(true);
    expect(await latest()).toEqual(all(old));
    expect(await live()).toEqual(all(old));
  });

  it.each([{}, alias])('names release and package in a dry run: %j', async (options) => {
    const old = await release('old', options);
    const fresh = await release('new', options);
    expect(await service.rollback({ dryRun: true })).toBe(true);
    const text = service.printed();
    expect(text).toMatch(/^release +undo release 2$/m);
    expect(text).toMatch(new RegExp(`^package +${short(old)}$`, 'm'));
    expect(text).toContain(`update (3): ${short(fresh)} → ${short(old)}`);
    expect(await service.rollback({ to: 1, dryRun: true, format: 'json' })).toBe(true);
    // The first line, which goes to standard error, says where it would write.
    const [first = '', ...json] = service.printed().split('\n');
    expect(first).toContain('svc: would');
    expect(JSON.parse(json.join('\n'))).toMatchObject({
      of: 1,
      description: 'back to release 1',
      counts: { update: 3 },
    });
  });
});
