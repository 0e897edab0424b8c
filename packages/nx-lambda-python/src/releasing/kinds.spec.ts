/** Kinds of functions: what can't be done right with them is refused by name, before any write. */

import './short-waits.fixtures';
import type { FunctionKind, FunctionSeed } from '../testing';
import { ARCHITECTURE, handlerOf, RUNTIME, writes } from './workspace.fixtures';
import { HANDLERS } from './fault-matrix.fixtures';
import { all, Service } from './service.fixtures';

const alias = { alias: 'live' };

describe('functions of other kinds', () => {
  let service: Service;
  let fresh: string;

  async function start(kind?: FunctionKind, more: Partial<FunctionSeed> = {}): Promise<void> {
    service = await Service.start(false);
    for (const name of HANDLERS) {
      const plain = { runtime: RUNTIME, handler: handlerOf(name), architecture: ARCHITECTURE };
      await service.account.createFunction({
        ...{ name: `svc-${name}`, ...plain },
        ...(name === 'create' && { ...(kind && { kind }), ...more }),
      });
    }
    fresh = await service.bring('first');
  }

  it.each([
    ['managed', {}, 'runs on managed instances'],
    ['durable', {}, 'it is durable'],
    ['image', {}, 'package type is Image, expected Zip'],
    ['image', alias, 'package type is Image, expected Zip'],
    ['signed', {}, 'its code is signed'],
    ['signed', alias, 'its code is signed'],
  ] as const)('refuse a deploy: %s, %j', async (kind, options, words) => {
    await start(kind);
    const before = writes(service.account).length;
    expect(await service.deploy(options)).toBe(false);
    const text = service.printed();
    expect(text).toContain('error[FUNCTION_MISMATCH]: 1 of 3 functions');
    expect(text).toMatch(new RegExp(`svc-create \\([^)]*${words}`));
    expect(writes(service.account).slice(before)).toEqual([]);
  });

  it('refuse a deploy: another runtime family', async () => {
    await start(undefined, { runtime: 'nodejs22.x' });
    expect(await service.deploy(alias)).toBe(false);
    expect(service.printed()).toContain('runtime is nodejs22.x, expected python3.13');
  });

  it.each(['managed', 'durable', 'snap-start'] as const)(
    'take one with an alias, and go back: %s',
    async (kind) => {
      await start(kind);
      service.rollbackTarget('live');
      expect(await service.deploy(alias)).toBe(true);
      const second = await service.release('second', alias);
      const live = async () => (await service.look('live'))[1]?.live?.code;
      expect(await live()).toBe(second);
      expect(await service.rollback()).toBe(true);
      expect(await live()).toBe(fresh);
    },
  );

  it.each(['managed', 'durable'] as const)(
    'refuse one whose alias would follow $LATEST: %s',
    async (kind) => {
      await start(kind);
      await service.aliasesOnLatest();
      expect(await service.deploy(alias)).toBe(false);
      expect(service.printed()).toMatch(/svc-create \([^)]*point.* a published version first/);
    },
  );

  it('move an alias only to a version whose snapshot is there', async () => {
    await start('snap-start');
    expect(await service.deploy(alias)).toBe(true);
    await service.bring('second');
    const create = { operation: 'PublishVersion', target: 'svc-create' };
    service.account.inject({ ...create, kind: 'slow-update', polls: 4 });
    const start_ = service.account.requests.length;
    expect(await service.deploy(alias)).toBe(true);
    const calls = service.account.requests
      .slice(start_)
      .filter(({ target }) => /create/.test(target));
    const published = calls.findIndex(({ operation }) => operation === 'PublishVersion');
    const moved = calls.findIndex(({ operation }) => operation === 'UpdateAlias');
    const looks = calls
      .slice(published, moved)
      .filter(({ operation }) => operation === 'GetFunction');
    expect(looks.length).toBeGreaterThanOrEqual(5);

    await service.bring('third');
    service.account.inject({ ...create, kind: 'update-failed', reason: 'init failed' });
    expect(await service.deploy(alias)).toBe(false);
    expect(service.printed()).toContain('version 3 failed: init failed');
    expect((await service.account.readFunction('svc-create'))?.aliases).toEqual({ live: '2' });
  });

  it('refuse a rollback of code that became one of them', async () => {
    await start();
    service.rollbackTarget();
    expect(await service.deploy({})).toBe(true);
    const second = await service.release('second');
    await service.configure({
      ...{ FunctionName: 'svc-create', DurableConfig: { ExecutionTimeout: 60 } },
    });
    service.printed();
    expect(await service.rollback()).toBe(false);
    expect(service.printed()).toMatch(/error\[ROLLBACK_IMPOSSIBLE\]: 1 of 3 .*it is durable/);
    expect(await service.codes()).toEqual(all(second));
  });
});
