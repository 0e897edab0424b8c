import { LambdaPythonError } from '../../errors';
import { placeOf } from '../model/plan';
import type { RemoteFunction } from '../model/remote-function';
import { NEW_SHA, OLD_SHA, planned, planOf, remoteFunction, TARGET } from '../release.fixtures';
import { classify, planDeploy, planError, type PlanRules } from './plan';
import { detaching, nextStep, wantedLayers } from './next-step';

describe('classify', () => {
  const desired = planned('a');
  const statusOf = (more: Partial<RemoteFunction>) =>
    classify(desired, remoteFunction('a', more), TARGET).status;

  it('calls unchanged only what runs the package and is at rest', () => {
    expect(statusOf({ codeSha256: NEW_SHA })).toBe('unchanged');
    expect(statusOf({})).toBe('update');
    expect(statusOf({ codeSha256: NEW_SHA, lastUpdateStatus: 'InProgress' })).toBe('busy');
    expect(statusOf({ codeSha256: NEW_SHA, state: 'Pending' })).toBe('busy');
    expect(statusOf({ codeSha256: NEW_SHA, lastUpdateStatus: 'Failed' })).toBe('failed');
    expect(statusOf({ codeSha256: NEW_SHA, state: 'Failed' })).toBe('failed');
  });

  it('takes a function that sleeps, or a stand-in without states, for what it is', () => {
    expect(statusOf({ state: 'Inactive', codeSha256: NEW_SHA })).toBe('unchanged');
    expect(statusOf({ state: undefined, lastUpdateStatus: undefined })).toBe('update');
  });

  it('names every difference', () => {
    const remote = remoteFunction('a', {
      runtime: 'python3.9',
      architecture: 'x86_64',
      handler: 'h.x',
    });
    expect(classify(desired, remote, TARGET)).toEqual({
      status: 'mismatch',
      detail:
        'runtime is python3.9, expected python3.13; architecture is x86_64, expected arm64; handler is h.x, expected svc.handlers.a.handler',
    });
  });

  it('refuses container images', () => {
    expect(statusOf({ packageType: 'Image', runtime: undefined, handler: undefined })).toBe(
      'mismatch',
    );
  });

  const layer = (name: string, version: number) =>
    `arn:aws:lambda:eu-west-1:111122223333:layer:${name}:${version}`;

  it.each([
    ['none', []],
    ['an older version', [layer('other', 1), layer('svc', 2)]],
  ])('updates a function with the package and %s of the layer', (_, layers) => {
    const wanted = { ...desired, layers: { kind: 'attach', arn: layer('svc', 3) } } as const;
    const remote = remoteFunction('a', { codeSha256: NEW_SHA, layers });
    expect(classify(wanted, remote, TARGET)).toEqual({ status: 'update', detail: 'layers' });
    expect(wantedLayers(wanted.layers, layers)).toEqual(
      layers.length === 0 ? [layer('svc', 3)] : [layer('other', 1), layer('svc', 3)],
    );
  });

  describe('a layer that an earlier package left', () => {
    const goal = { kind: 'detach', layer: layer('svc', 1).replace(/:1$/, '') } as const;
    const wanted = { ...desired, layers: goal };
    const both = [layer('other', 1), layer('svc', 2)];

    it('goes after the code, and the plan says so', () => {
      const old = remoteFunction('a', { codeSha256: OLD_SHA, layers: both });
      expect(classify(wanted, old, TARGET)).toEqual({
        status: 'update',
        detail: 'without the layer svc',
      });
      expect(nextStep(wanted, old)).toEqual({ kind: 'code' });
      const changed = remoteFunction('a', { codeSha256: NEW_SHA, layers: both });
      expect(classify(wanted, changed, TARGET).status).toBe('update');
      expect(nextStep(wanted, changed)).toEqual({ kind: 'layers', layers: [layer('other', 1)] });
    });

    it('goes after the code also where a rollback says which layers there were', () => {
      const old = remoteFunction('a', { codeSha256: OLD_SHA, layers: both });
      const exactly = (...arns: string[]) =>
        nextStep({ ...desired, layers: { kind: 'exactly', arns } }, old);
      expect(exactly(layer('other', 1))).toEqual({ kind: 'code' });
      expect(exactly(layer('other', 2)).kind).toBe('layers');
    });

    it('is that of the function’s own account, by its whole name', () => {
      const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:a';
      expect(detaching('svc', { arn, layers: both })).toEqual(goal);
      const others = [layer('svc-2', 1), layer('svc', 1).replace('111122223333', '999999999999')];
      expect(detaching('svc', { arn, layers: others })).toBeNull();
      const alias = { name: 'live', version: '1', codeSha256: NEW_SHA, layers: both };
      expect(detaching('svc', { arn, layers: [], alias })).toEqual(goal);
    });
  });

  it('sees that the code is kept in another way', () => {
    const wanted = { ...desired, storageMode: 'REFERENCE' } as const;
    expect(classify(wanted, remoteFunction('a', { codeSha256: NEW_SHA }), TARGET)).toEqual({
      status: 'update',
      detail: 'storage mode REFERENCE',
    });
  });

  it.each([
    [null, 'update', 'alias live does not exist'],
    [{ version: '3', codeSha256: OLD_SHA }, 'update', 'alias live points to version 3'],
    [{ version: '4', codeSha256: NEW_SHA }, 'unchanged', null],
  ])('judges an alias by the code of its version: %j', (at, status, detail) => {
    const alias = at && { name: 'live', layers: [], ...at };
    const remote = remoteFunction('a', { codeSha256: NEW_SHA, alias });
    expect(classify(desired, remote, { ...TARGET, alias: 'live' })).toEqual({ status, detail });
  });

  it('judges a share of calls by its size and by the code of its version', () => {
    const at = (codeSha256: string, weight: number, aliasWeight: number | null) => {
      const shift = { version: '4', weight, codeSha256, layers: [] };
      const alias = { name: 'live', version: '3', codeSha256: OLD_SHA, layers: [], shift };
      const remote = remoteFunction('a', { codeSha256: NEW_SHA, alias });
      return classify(desired, remote, { ...TARGET, alias: 'live', aliasWeight });
    };
    const detail = 'alias live points to version 3 and sends 10 % to 4';
    expect(at(NEW_SHA, 0.1, 0.1)).toEqual({ status: 'unchanged', detail: null });
    expect(at(NEW_SHA, 0.1, 0.2)).toEqual({ status: 'update', detail });
    expect(at(OLD_SHA, 0.1, 0.1)).toEqual({ status: 'update', detail });
    expect(at(NEW_SHA, 0.1, null)).toEqual({ status: 'update', detail });
  });

  it('judges an alias that goes back by its version alone, which then gets all calls', () => {
    const back = { ...desired, package: null, aliasTo: '3' };
    const at = (version: string) =>
      classify(
        back,
        remoteFunction('a', { alias: { name: 'live', version, codeSha256: NEW_SHA, layers: [] } }),
        { ...TARGET, alias: 'live' },
      ).status;
    expect([at('4'), at('3')]).toEqual(['update', 'unchanged']);
    const shift = { version: '4', weight: 0.1, codeSha256: NEW_SHA, layers: [] };
    const shifted = { name: 'live', version: '3', codeSha256: OLD_SHA, layers: [], shift };
    const remote = remoteFunction('a', { alias: shifted });
    expect(classify(back, remote, { ...TARGET, alias: 'live' }).status).toBe('update');
  });

  it('tells missing', () => {
    expect(classify(desired, null, TARGET).status).toBe('missing');
  });
});

describe('planDeploy', () => {
  it('sees the account in the ARNs', () => {
    const plan = planDeploy({
      service: 'svc',
      stage: null,
      region: 'eu-west-1',
      target: TARGET,
      functions: [planned('a'), planned('b')],
      remote: new Map([
        ['a', remoteFunction('a')],
        ['b', null],
      ]),
      source: null,
    });
    expect(plan.accounts).toEqual(['111122223333']);
    expect(placeOf(plan)).toBe('111122223333/eu-west-1');
    expect(plan.functions.map(({ status }) => status)).toEqual(['update', 'missing']);
  });
});

describe('planError', () => {
  const rules: PlanRules = { missing: 'error' };
  const mixed = planOf([planned('a'), planned('b', 'missing'), planned('c', 'missing')]);

  it('lets clean plans pass', () => {
    const clean = planOf([planned('a'), planned('b', 'unchanged'), planned('c', 'busy')]);
    expect(planError(clean, { ...rules, accountId: '111122223333' })).toBeNull();
  });

  it('names missing functions', () => {
    expect(planError(mixed, rules)).toMatchObject({
      code: 'FUNCTION_MISSING',
      message: '2 of 3 functions do not exist in 111122223333/eu-west-1: b, c; nothing was changed',
      hint: expect.stringContaining('--missing=skip'),
    });
  });

  it('lets missing functions pass where they are to be skipped', () => {
    expect(planError(mixed, { missing: 'skip' })).toBeNull();
  });

  it('bounds the list', () => {
    const many = planOf(Array.from({ length: 300 }, (_, n) => planned(`f${n}`, 'missing')));
    expect(planError(many, rules)?.message).toContain('f19 and 280 more; nothing');
  });

  it('refuses another account before anything else', () => {
    const error = planError(mixed, { ...rules, accountId: '999999999999' });
    expect(error).toBeInstanceOf(LambdaPythonError);
    expect(error?.message).toContain('account 111122223333, expected 999999999999');
  });

  it('refuses functions that do not fit, also where missing ones are skipped', () => {
    const wrong = { ...planned('d', 'mismatch' as const), detail: 'runtime is x, expected y' };
    expect(planError(planOf([wrong]), { missing: 'skip' })).toMatchObject({
      code: 'FUNCTION_MISMATCH',
      message: expect.stringContaining('d (runtime is x, expected y)'),
    });
  });
});
