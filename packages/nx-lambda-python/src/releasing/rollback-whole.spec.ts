/** A rollback is whole or refused: what it can't bring back is known before its first write. */

import { DeleteFunctionCommand } from '@aws-sdk/client-lambda';
import './short-waits.fixtures';
import { HANDLERS } from './fault-matrix.fixtures';
import { all, Service } from './service.fixtures';
import { writes } from './workspace.fixtures';

const alias = { alias: 'live' };

describe('a rollback', () => {
  let service: Service;
  beforeEach(async () => {
    service = await Service.start();
    service.rollbackTarget();
  });

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
    await service.release('old', alias);
    const fresh = await service.release('new', alias);
    await service.lambda.send(
      new DeleteFunctionCommand({ FunctionName: 'svc-refund', Qualifier: '1' }),
    );
    await expectRefused('svc-refund (its version 1 no longer exists)');
    expect(await service.codes('live')).toEqual(all(fresh));
    expect(await service.rollback({ only: ['cancel', 'create'] })).toBe(true);
  });

  it('is refused where the version is another one by now', async () => {
    await service.release('old', alias);
    await service.release('new', alias);
    await service.remake('svc-refund');
    await service.release('third', alias);
    await service.release('fourth', alias);
    await expectRefused('svc-refund (its version 1 has a different package than before)', {
      to: 1,
    });
  });

  it('is refused where the package is for another runtime than the function has now', async () => {
    await service.release('old');
    const fresh = await service.release('new');
    await service.configure({ FunctionName: 'svc-create', Runtime: 'python3.14' });
    await expectRefused(`is for python3.13 arm64, but the function is python3.14 arm64 now`);
    expect(await service.codes()).toEqual(all(fresh));
  });

  it('knows what a package was built for by the release that brought it', async () => {
    await service.release('old');
    for (const handler of HANDLERS) {
      await service.configure({ FunctionName: `svc-${handler}`, Runtime: 'python3.14' });
    }
    service.workspace.runtime = 'python3.14';
    const fresh = await service.release('new');
    expect(await service.rollback()).toBe(false);
    expect(service.printed()).toContain(
      'is for python3.13 arm64, but the function is python3.14 arm64 now',
    );
    expect(await service.codes()).toEqual(all(fresh));
    // Who defines the functions takes the runtime back, too: then it is possible.
    for (const handler of HANDLERS) {
      await service.configure({ FunctionName: `svc-${handler}`, Runtime: 'python3.13' });
    }
    expect(await service.rollback()).toBe(true);
  });

  it('goes by one runtime at a time', async () => {
    await service.release('old');
    await service.configure({ FunctionName: 'svc-create', Runtime: 'python3.14' });
    service.workspace.runtime = 'python3.14';
    await service.release('new', { only: ['create'] });
    await service.release('newer', { only: ['create'] });
    service.workspace.runtime = 'python3.13';
    await service.release('third', { only: ['cancel', 'refund'] });
    expect(await service.rollback({ to: 2 })).toBe(false);
    expect(service.printed()).toContain('svc-create (is python3.14 arm64, others are not)');
    expect(await service.rollback({ to: 2, only: ['create'] })).toBe(true);
  });

  it('moves aliases whatever has become of $LATEST', async () => {
    const old = await service.release('old', alias);
    await service.release('new', alias);
    await service.configure({ FunctionName: 'svc-create', Runtime: 'python3.14' });
    await service.bring('third');
    service.account.inject({ operation: 'UpdateFunctionCode', kind: 'update-failed' });
    await service.deploy({ ...alias, only: ['cancel'], records: false });
    expect(await service.rollback()).toBe(true);
    expect(await service.codes('live')).toEqual(all(old));
  });

  it('takes the alias along to a release from before there was one', async () => {
    const old = await service.release('old');
    await service.release('new', alias);
    await service.release('third', alias);
    expect(await service.rollback({ to: 1 })).toBe(true);
    expect(await service.codes()).toEqual(all(old));
    expect(await service.codes('live')).toEqual(all(old));
    const count = writes(service.account).length;
    expect(await service.rollback({ to: 1 })).toBe(true);
    expect(writes(service.account)).toHaveLength(count);
  });

  it('takes $LATEST along to a release from when only the alias was called', async () => {
    const old = await service.release('old', alias);
    await service.release('new', alias);
    await service.release('third');
    expect(await service.rollback({ to: 1 })).toBe(true);
    expect(await service.codes()).toEqual(all(old));
    expect(await service.codes('live')).toEqual(all(old));
  });

  it.each([{}, alias])('names release and package in a dry run: %j', async (options) => {
    const old = await service.release('old', options);
    const fresh = await service.release('new', options);
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
