/** What is set on $LATEST is not live behind an alias: it is said, and published where that is asked for. */

import './short-waits.fixtures';
import { Service } from './service.fixtures';

const alias = { alias: 'live' };

describe('settings that callers of an alias do not get', () => {
  let service: Service;

  beforeEach(async () => {
    service = await Service.start();
    service.rollbackTarget('live');
    await service.bring('first');
    expect(await service.deploy(alias)).toBe(true);
    await service.configure({
      ...{ FunctionName: 'svc-create', MemorySize: 512 },
      Environment: { Variables: { TOKEN: 'a-secret' } },
    });
  });

  it('are named by plan and report, without their values, and left as they are', async () => {
    const said = 'callers of alias live do not get the settings of $LATEST: memory, environment';
    service.printed();
    expect(await service.deploy({ ...alias, dryRun: true })).toBe(true);
    expect(await service.deploy(alias)).toBe(true);
    const text = service.printed();
    expect(text.split(said)).toHaveLength(3);
    expect(text).not.toContain('a-secret');
    expect(service.report()).toMatchObject({
      counts: { unchanged: 3 },
      functions: [{}, { name: 'svc-create', detail: expect.stringContaining(said) }, {}],
    });
    expect(JSON.stringify(service.report())).not.toContain('a-secret');
    expect(await service.account.readFunction('svc-create')).toHaveProperty('aliases', {
      live: '1',
    });
  });

  it('are live with `publish`, and can be gone back from', async () => {
    const versions = async () =>
      Promise.all(
        ['svc-cancel', 'svc-create'].map(async (name) => {
          const { aliases, versions: published } = (await service.account.readFunction(name)) ?? {};
          return [aliases, published];
        }),
      );
    expect(await service.deploy({ ...alias, publish: true })).toBe(true);
    expect(await versions()).toEqual([
      [{ live: '1' }, ['1']],
      [{ live: '2' }, ['1', '2']],
    ]);
    expect(service.report()).toMatchObject({ counts: { updated: 1, unchanged: 2 } });
    expect(await service.deploy({ ...alias, publish: true })).toBe(true);
    expect(service.report()).toMatchObject({ counts: { unchanged: 3 } });
    expect(await service.rollback()).toBe(true);
    expect(await versions()).toContainEqual([{ live: '1' }, ['1', '2']]);
  });

  it('need an alias to be published for', async () => {
    service.printed();
    expect(await service.deploy({ publish: true })).toBe(false);
    expect(service.printed()).toContain('error[OPTION_INVALID]: `publish` makes versions');
  });
});
