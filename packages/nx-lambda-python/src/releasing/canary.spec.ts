/** A canary that answered wrong, and the same command again. */

import './short-waits.fixtures';
import { HANDLERS } from './fault-matrix.fixtures';
import { all, Service } from './service.fixtures';

const EVENT = 'event.json';
/** Every handler gives its event back. */
const ECHO: [string, string] = [
  'svc.py',
  [
    'import sys, types',
    'sys.modules["svc.handlers"] = types.ModuleType("handlers")',
    `for name in ${JSON.stringify(HANDLERS)}:`,
    '    module = types.ModuleType(name)',
    '    module.handler = lambda event, context: event',
    '    sys.modules["svc.handlers." + name] = module',
    '',
  ].join('\n'),
];

describe('a canary that answers wrong', () => {
  let service: Service;
  let old: string;
  let fresh: string;

  beforeEach(async () => {
    service = await Service.start();
    service.workspace.file = ECHO;
    service.writeFile(EVENT, '{}');
    old = await service.release('old');
    fresh = await service.bring('new');
  });

  const invoked = () =>
    service.account.requests
      .filter(({ operation }) => operation === 'Invoke')
      .map(({ target }) => target);
  const breaks = (target: string) =>
    service.account.inject({
      operation: 'Invoke',
      target,
      times: Infinity,
      kind: 'function-error',
    });

  it.each([
    ['with records', { canaryEvent: EVENT }],
    ['without records', { canaryEvent: EVENT, records: false }],
  ])('is asked again, and no other takes its place, %s', async (_, options) => {
    breaks('svc-cancel');
    expect(await service.deploy(options)).toBe(false);
    expect(await service.deploy(options)).toBe(false);
    expect(await service.deploy(options)).toBe(false);
    expect(invoked()).toEqual(['svc-cancel', 'svc-cancel', 'svc-cancel']);
    expect(await service.codes()).toEqual([fresh, old, old]);
    expect(service.report()).toMatchObject({
      counts: { failed: 1, skipped: 2 },
      functions: [{ status: 'failed', error: expect.stringContaining('canary event') }, {}, {}],
    });

    service.account.heal();
    expect(await service.deploy(options)).toBe(true);
    expect(await service.codes()).toEqual(all(fresh));
  });

  it('is the one that the unfinished release had, not one that has the package by another', async () => {
    expect(await service.deploy({ canaryEvent: EVENT, only: ['cancel'] })).toBe(true);
    breaks('svc-create');
    expect(await service.deploy({ canaryEvent: EVENT })).toBe(false);
    expect(await service.deploy({ canaryEvent: EVENT })).toBe(false);
    expect(invoked()).toEqual(['svc-cancel', 'svc-create', 'svc-create']);
    expect(await service.codes()).toEqual([fresh, fresh, old]);
  });

  it('is undone by a rollback, however often it was tried', async () => {
    service.rollbackTarget();
    breaks('svc-cancel');
    for (let run = 0; run < 2; run += 1) {
      expect(await service.deploy({ canaryEvent: EVENT })).toBe(false);
      expect(service.report()?.next[1]).toContain('or `npx nx rollback svc`');
    }
    expect(await service.rollback()).toBe(true);
    expect(await service.codes()).toEqual(all(old));
  });

  it('is brought back, also where only an earlier run changed it', async () => {
    breaks('svc-cancel');
    expect(await service.deploy({ canaryEvent: EVENT })).toBe(false);
    expect(await service.deploy({ canaryEvent: EVENT, rollbackOnFailure: true })).toBe(false);
    expect(await service.codes()).toEqual(all(old));
    expect((await service.records())[0]).toMatchObject({ status: 'rolled-back' });
  });

  it('is invoked by its name also where it has the package already, in all of its forms', async () => {
    const named = { canary: 'refund', canaryEvent: EVENT };
    expect(await service.deploy({ only: ['refund'] })).toBe(true);
    breaks('svc-refund');
    expect(await service.deploy(named)).toBe(false);
    expect(await service.codes()).toEqual([old, old, fresh]);
    service.account.heal();
    expect(await service.deploy(named)).toBe(true);
    expect(await service.deploy({ ...named, alias: 'live' })).toBe(true);
    expect(invoked()).toEqual(['svc-refund', 'svc-refund', 'svc-refund']);
    breaks('svc-refund');
    expect(await service.deploy({ ...named, alias: 'live' })).toBe(false);
    expect(service.report()).toMatchObject({ counts: { failed: 1, unchanged: 2 } });
  });

  it('keeps a service of one function from being called done', async () => {
    const only = { canaryEvent: EVENT, only: ['cancel'] };
    breaks('svc-cancel');
    expect(await service.deploy(only)).toBe(false);
    expect(await service.deploy(only)).toBe(false);
    expect((await service.records())[0]).toMatchObject({ number: 2, status: 'failed' });
    service.account.heal();
    expect(await service.deploy(only)).toBe(true);
    expect(service.printed()).toContain('release 2 had been cut off; it is complete now');
    expect((await service.records())[0]).toMatchObject({ number: 2, status: 'succeeded' });
  });

  it('must be there, where it has a name and others go on without what is missing', async () => {
    const naming = { functionName: 'new-{handler}', missing: 'skip' } as const;
    expect(await service.deploy({ ...naming, canary: 'create', canaryEvent: EVENT })).toBe(false);
    expect(service.printed()).toContain(
      'error[OPTION_INVALID]: `canary` names `create`, whose function `new-create` does not exist',
    );
  });
});
