/** Aliases that point to $LATEST: what they reach changes with their phase alone, and can be gone back to. */

import './short-waits.fixtures';
import { all, Service } from './service.fixtures';

const alias = { alias: 'live' };

describe('a deploy with aliases on $LATEST', () => {
  let service: Service;
  let old: string;

  beforeEach(async () => {
    service = await Service.start();
    old = await service.release('old');
    await service.aliasesOnLatest();
    service.rollbackTarget('live');
  });

  const state = () => service.account.readFunction('svc-create');

  it('puts them on versions of what they reach, then changes code, then moves them', async () => {
    const fresh = await service.bring('new');
    service.account.inject({
      operation: 'UpdateFunctionCode',
      target: 'svc-refund',
      kind: 'update-failed',
    });
    expect(await service.deploy(alias)).toBe(false);
    expect((await service.look())[1]?.latest?.code).toBe(fresh);
    expect(await service.codes('live')).toEqual(all(old));
    expect(service.report()).toMatchObject({
      functions: [{ after: { alias: { version: '1' } } }, {}, { status: 'failed', pinned: '1' }],
    });

    expect(await service.deploy(alias)).toBe(true);
    expect(await service.codes('live')).toEqual(all(fresh));
    expect(await state()).toMatchObject({ aliases: { live: '2' }, versions: ['1', '2'] });
    expect(await service.rollback()).toBe(true);
    expect(await service.codes('live')).toEqual(all(old));
    expect(await state()).toHaveProperty('aliases', { live: '1' });
  });

  it('brings them back where it failed itself', async () => {
    await service.bring('new');
    service.account.inject({ operation: 'UpdateAlias', nth: 5, kind: 'access-denied' });
    expect(await service.deploy({ ...alias, rollbackOnFailure: true })).toBe(false);
    expect(await service.codes('live')).toEqual(all(old));
    expect(await state()).toHaveProperty('aliases', { live: '1' });
  });

  it('changes nothing where one cannot be taken from $LATEST', async () => {
    await service.bring('new');
    service.account.inject({
      ...{ operation: 'PublishVersion', target: 'svc-create' },
      ...{ times: Infinity, kind: 'invalid-parameter' },
    });
    expect(await service.deploy(alias)).toBe(false);
    expect(await service.codes()).toEqual(all(old));
    expect(service.report()).toMatchObject({ counts: { failed: 1, skipped: 2 } });
  });

  it('gives a share of their calls to the new version', async () => {
    await service.bring('new');
    expect(await service.deploy({ ...alias, aliasWeight: 0.1 })).toBe(true);
    expect(await state()).toMatchObject({
      aliases: { live: '1' },
      aliasWeights: { live: { '2': 0.1 } },
    });
  });

  it('takes them from $LATEST also where it has the package: it would change with the next one', async () => {
    service.printed();
    expect(await service.deploy({ ...alias, dryRun: true })).toBe(true);
    expect(service.printed()).toContain('alias live points to $LATEST');
    expect(await service.deploy(alias)).toBe(true);
    expect(await state()).toMatchObject({ aliases: { live: '1' }, versions: ['1'] });
    expect(service.report()).toMatchObject({ counts: { updated: 3 } });
    expect(await service.deploy(alias)).toBe(true);
    expect(service.report()).toMatchObject({ counts: { unchanged: 3 } });
  });
});
