/** `updates: reached`: functions keep a package that has the same code for them, and everything says so. */

import './short-waits.fixtures';
import type { DeployExecutorSchema } from '../schemas/deploy';
import { isLong } from './crash.fixtures';
import { HANDLERS } from './fault-matrix.fixtures';
import { Service } from './service.fixtures';

const reached = { updates: 'reached' } as const;
let service: Service;
beforeEach(async () => {
  service = await Service.start();
  service.workspace.reach = {};
});

/** A package in S3 in which the code of these handlers is another than before; of `create=A` as it was in A. */
const edit = (content: string, ...handlers: string[]): Promise<string> => {
  const edits = Object.fromEntries(
    handlers.map((one) => {
      const [name = '', as = content] = one.split('=');
      return [name, as];
    }),
  );
  service.workspace.reach = { ...service.workspace.reach, ...edits };
  return service.bring(content);
};

/** Names of the packages that callers get. */
async function packages(alias?: string): Promise<string> {
  const codes = await service.codes(alias);
  return codes.map((code) => service.contents.get(code ?? '') ?? '?').join(' ');
}

const writesSince = (start: number): string[] =>
  service.account.requests
    .slice(start)
    .flatMap(({ operation, target }) =>
      /^(Update|Publish|Create)/.test(operation) ? `${operation} ${target}` : [],
    );

describe.each([
  ['$LATEST', {}, ['UpdateFunctionCode svc-create']],
  [
    'an alias',
    { alias: 'live' },
    ['UpdateFunctionCode svc-create', 'PublishVersion svc-create', 'UpdateAlias svc-create'],
  ],
])('on %s', (_, target: DeployExecutorSchema, writes) => {
  const options = { ...target, ...reached };
  const deploy = async (more: DeployExecutorSchema = {}) => {
    expect(await service.deploy({ ...options, ...more })).toBe(true);
  };
  beforeEach(async () => {
    service.rollbackTarget(target.alias);
    await edit('A', ...HANDLERS);
    await deploy();
  });

  it('writes only to functions whose code is another', async () => {
    const old = service.workspace.sha256;
    const fresh = await edit('B', 'create');
    const start = service.account.requests.length;
    service.printed();
    await deploy({ dryRun: true });
    expect(service.printed()).toMatch(
      /unchanged, same code \(2\)[^]*update \(1\)[^]*2 unchanged, 1 update;/,
    );
    await deploy();
    expect(writesSince(start)).toEqual(writes);
    expect(service.printed()).toMatch(/unchanged, same code \(2\)[^]*2 unchanged, 1 updated/);
    expect(await packages(target.alias)).toBe('A B A');
    expect(service.report()).toMatchObject({
      package: { sha256: fresh },
      counts: { updated: 1, unchanged: 2 },
      functions: [{ status: 'unchanged', detail: 'same code' }, { status: 'updated' }, {}],
      live: [
        { kind: 'package', codeSha256: fresh, functions: ['svc-create'] },
        { kind: 'before', codeSha256: old, functions: ['svc-cancel', 'svc-refund'] },
      ],
    });
    expect((await service.records())[0]?.functions).toMatchObject([
      { goal: old, status: 'unchanged', before: { codeSha256: old }, after: { codeSha256: old } },
      { goal: fresh, status: 'updated', before: { codeSha256: old } },
      { goal: old, status: 'unchanged' },
    ]);
  });

  it('takes up what another deploy left, and goes back to before both', async () => {
    await edit('B', 'create', 'refund');
    const fault = { operation: 'UpdateFunctionCode', target: 'svc-refund' };
    service.account.inject({ ...fault, kind: 'invalid-parameter' });
    expect(await service.deploy(options)).toBe(false);
    expect(service.printed()).toContain('as before');
    await edit('C', 'cancel');
    await deploy();
    expect(await packages(target.alias)).toBe(target.alias ? 'C C C' : 'C B C');
    expect(await service.rollback()).toBe(true);
    expect(await packages(target.alias)).toBe('A A A');
  });

  it('finds changes only where code is another', async () => {
    const check = { ...options, dryRun: true, failOnChanges: true };
    await edit('B');
    expect(await service.deploy(check)).toBe(true);
    await edit('C', 'refund');
    expect(await service.deploy(check)).toBe(false);
    expect(service.printed()).toContain('error[CHANGES_FOUND]');
  });
});

/** Steps: a release and whose code it edits, also of all functions or only one, and rollbacks. */
const HISTORIES: [alias: string, steps: string, then: string][] = [
  ['', 'B create, C refund', 'A B C'],
  ['live', 'B create, C refund, undo', 'A B A'],
  ['', 'B create, C refund, undo, undo', 'A B C'],
  ['', 'B create, C refund, to 1', 'A A A'],
  ['live', 'B create, C refund, to 2', 'A B A'],
  ['live', 'B create, to 1, C refund', 'A C C'],
  ['', 'B create, C all refund, D cancel', 'D C C'],
  ['live', 'B create, C all refund, undo', 'A B A'],
  ['', 'B create, C only refund create, D', 'A D C'],
  ['live', 'B create, C create=A, D refund', 'A C D'],
  ['', 'B, C', 'A A A'],
];
const others = HISTORIES.map(([alias, ...rest]) => [alias ? '' : 'live', ...rest] as const);

it.each([...HISTORIES, ...(isLong ? others : [])])('%s: A, %s: %s', async (alias, steps, then) => {
  const options = alias === '' ? reached : { ...reached, alias };
  service.rollbackTarget(alias || undefined);
  for (const step of `A ${HANDLERS.join(' ')}, ${steps}`.split(', ')) {
    const [name = '', ...words] = step.split(' ');
    const to = name === 'to' ? { to: Number(words[0]) } : {};
    if (/^(to|undo)$/.test(name)) expect(await service.rollback(to)).toBe(true);
    else {
      const edits = words.filter((word) => !/all|only/.test(word));
      await edit(name, ...edits);
      const only = words.includes('only') ? edits.slice(0, 1) : [];
      const all = words.includes('all') ? { updates: 'all' as const } : {};
      expect(await service.deploy({ ...options, only, ...all })).toBe(true);
    }
  }
  expect(await packages(alias || undefined)).toBe(then);
});

it('updates all where nothing is known, and says so', async () => {
  service.workspace.reach = null;
  await service.bring('A');
  expect(await service.deploy(reached)).toBe(true);
  await edit('B');
  expect(await service.deploy(reached)).toBe(true);
  expect(await packages()).toBe('B B B');
  expect(service.printed()).toContain(
    '.manifest.json is missing or unreadable: 3 functions that run its package are updated',
  );
});

it('keeps references to the object that each function reads', async () => {
  const options = { ...reached, storageMode: 'REFERENCE' } as const;
  await edit('A');
  expect(await service.deploy(options)).toBe(true);
  await edit('B', 'create');
  expect(await service.deploy(options)).toBe(true);
  expect(await packages()).toBe('A B A');
});

it('invokes a canary that it leaves as it is, and takes one that changes without a name', async () => {
  service.workspace.file = ['svc.py', 'import sys, types\n'];
  service.writeFile('event.json', '{}');
  await edit('A');
  expect(await service.deploy(reached)).toBe(true);
  await edit('B', 'refund');
  service.account.inject({ operation: 'Invoke', times: Infinity, kind: 'function-error' });
  const canary = { ...reached, canaryEvent: 'event.json' };
  expect(await service.deploy({ ...canary, canary: 'create' })).toBe(false);
  expect(await packages()).toBe('A A A');
  expect(await service.deploy(canary)).toBe(false);
  expect(await packages()).toBe('A A B');
  const invoked = service.account.requests.filter(({ operation }) => operation === 'Invoke');
  expect(invoked.map(({ target }) => target)).toEqual(['svc-create', 'svc-refund']);
});

it('creates what is missing with the new package', async () => {
  await edit('A');
  expect(await service.deploy(reached)).toBe(true);
  await service.remake('svc-create');
  await edit('B', 'refund');
  expect(await service.deploy({ ...reached, missing: 'create' })).toBe(true);
  expect(await packages()).toBe('A B B');
});
