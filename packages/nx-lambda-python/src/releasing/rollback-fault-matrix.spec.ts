/**
 * A rollback that meets a fault, and the same command again: functions run one of the two packages all the
 * while, and in the end the one before, all of them.
 */

import './short-waits.fixtures';
import { meeting } from './socket.fixtures';
import { cases, chosen } from './fault-matrix.fixtures';
import { all, Service } from './service.fixtures';

describe.each([
  {
    title: 'a rollback of code',
    alias: undefined,
    calls: {
      function: ['GetFunction', 'UpdateFunctionCode'],
      call: ['PutObject', 'GetObject'],
      once: ['GetCallerIdentity', 'HeadObject', 'ListObjectsV2'],
    },
    quick: ['lost-response at UpdateFunctionCode svc-create', '503 at PutObject number 3'],
  },
  {
    title: 'a rollback of aliases',
    alias: 'live',
    calls: {
      function: ['GetFunction', 'UpdateAlias'],
      call: ['PutObject', 'GetObject'],
      once: ['GetCallerIdentity', 'ListObjectsV2'],
    },
    quick: ['lost-response at UpdateAlias svc-create', 'access-denied at UpdateAlias svc-refund'],
  },
])('$title that meets', ({ alias, calls, quick }) => {
  let service: Service;
  let old: string;
  let fresh: string;
  beforeEach(async () => {
    service = await Service.start();
    const options = alias === undefined ? {} : { alias };
    service.workspace.targets['deploy'] = { options };
    old = await service.release('old', options);
    fresh = await service.release('new', options);
  });
  afterEach(() => service.stop());

  /** The same command, with the lock's own way where it is still held. */
  const again = async () => {
    service.printed();
    if (await service.rollback()) return true;
    if (!service.printed().includes('error[RELEASE_LOCKED]')) return false;
    return service.rollback({ forceUnlock: true });
  };
  const met = (start: number, target?: string) =>
    service.account.requests
      .slice(start)
      .filter((one) => (target ?? one.target) === one.target)
      .map(({ operation }) => operation);

  const matrix = [
    ...cases(calls.function, 'function'),
    ...cases(calls.call, 'call'),
    ...cases(calls.once, 'once'),
  ];
  it.each(chosen(matrix, quick))('%s', async (_, fault) => {
    const start = service.account.requests.length;
    const success = await meeting(service.account, fault, () => service.rollback());
    expect(met(start, fault.target)).toContain(fault.operation);

    for (const code of await service.codes(alias)) expect([old, fresh]).toContain(code);
    if (!success) expect(await again()).toBe(true);
    expect(await service.codes(alias)).toEqual(all(old));
    const told = service.printed();
    const [newest] = await service.records();
    expect(newest?.kind).toBe('rollback');
    if (newest?.status === 'succeeded' && (await service.lock())?.state === 'free') return;
    // Functions are what counts: that their record has no end is told, and in nobody's way.
    expect(told).toMatch(/warning: release \d+ stays recorded as started/);
    expect(await service.deployAgain(alias === undefined ? {} : { alias })).toBe(true);
  });

  it('makes no call that is not in the matrix, and all that are said to be met here', async () => {
    const start = service.account.requests.length;
    expect(await service.rollback()).toBe(true);
    const known = [...calls.function, ...calls.call, ...calls.once];
    expect([...new Set(met(start))].sort()).toEqual(known.sort());
  });
});
