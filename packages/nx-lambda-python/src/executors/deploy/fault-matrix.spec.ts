/**
 * Each call of a release × what may go wrong with it × the first, a middle and the last function; then the same
 * command again. Whatever happened, a function runs what it ran before or what the plan named, callers of the
 * alias never meet half of a release that failed before its aliases, and the second run ends all well.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectFunctions } from '../../platform/aws/connect';
import { startSimulatedAccount, type Fault, type SimulatedAccount } from '../../testing';
import upload from '../upload/executor';
import {
  capturePrinted,
  createFunctions,
  isolateEnvironment,
  restoreEnvironment,
  TestWorkspace,
} from '../upload/workspace.fixtures';
import deploy from './executor';

const HANDLERS = ['cancel', 'create', 'refund'];
const LAMBDA = [
  'GetFunction',
  'UpdateFunctionCode',
  'PublishVersion',
  'CreateAlias',
  'UpdateAlias',
] as const;
const STORAGE = ['GetObject', 'PutObject', 'HeadObject'] as const;
const KINDS = [
  ...(['409', '412', '429', '500', '503', 'reset', 'lost-response'] as const),
  ...(['expired-credentials', 'access-denied', 'invalid-parameter'] as const),
];
const OUTCOMES = ['update-failed', 'slow-update'] as const;

const isLong = process.env['LONG'] !== undefined;

function matrix(): [name: string, fault: Fault][] {
  const positions = isLong ? [0, 1, 2] : [1];
  const kinds = isLong ? KINDS : (['lost-response', 'expired-credentials'] as const);
  const outcomes = isLong ? OUTCOMES : (['update-failed'] as const);
  const faults: Fault[] = positions.flatMap((at) => [
    ...(isLong ? LAMBDA : LAMBDA.slice(1, 3)).flatMap((operation) =>
      kinds.map((kind) => ({ operation, target: `svc-${HANDLERS[at]}`, kind })),
    ),
    ...outcomes.map((kind) => ({
      ...{ operation: 'UpdateFunctionCode', target: `svc-${HANDLERS[at]}`, kind },
    })),
    ...(isLong ? STORAGE : STORAGE.slice(1, 2)).flatMap((operation) =>
      kinds.map((kind) => ({ operation, nth: at + 1, kind })),
    ),
  ]);
  return faults.map((fault) => [
    `${fault.kind} at ${fault.operation} ${fault.target ?? `number ${fault.nth}`}`,
    fault,
  ]);
}

describe('a release that meets', () => {
  let account: SimulatedAccount;
  let workspace: TestWorkspace;
  let cache: string;
  const cacheBefore = process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];

  beforeEach(async () => {
    account = await startSimulatedAccount({
      region: 'eu-west-1',
      updateMilliseconds: 0,
      quota: { writesPerSecond: 1000, readsPerSecond: 1000 },
    });
    await account.createBucket('packages', { versioning: true });
    workspace = new TestWorkspace();
    isolateEnvironment(account);
    // Rates of earlier runs would be waited for.
    cache = mkdtempSync(join(tmpdir(), 'nx-lambda-python-rates-'));
    process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = cache;
    capturePrinted();
    await createFunctions(account, HANDLERS);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    restoreEnvironment();
    if (cacheBefore === undefined) delete process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
    else process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = cacheBefore;
    workspace.remove();
    rmSync(cache, { recursive: true });
    await account.stop();
  });

  const run = (more = {}) =>
    deploy({ alias: 'live', writesPerSecond: 15, ...more }, workspace.context('deploy'));

  async function bring(content: string): Promise<string> {
    workspace.build(HANDLERS, content);
    expect(await upload({ bucket: 'packages' }, workspace.context('upload'))).toEqual({
      success: true,
    });
    return workspace.sha256;
  }

  /** What $LATEST has, and what callers of the alias reach. */
  async function codes(): Promise<{ latest: unknown[]; live: unknown[] }> {
    const { endpoint, region, credentials } = account;
    const { functions, close } = await connectFunctions({ endpoint, region, credentials });
    const read = async (qualifier?: string): Promise<unknown[]> => {
      const all = HANDLERS.map((handler) => functions.get(`svc-${handler}`, qualifier));
      return (await Promise.all(all)).map((one) => (one.ok ? one.value.codeSha256 : undefined));
    };
    const found = { latest: await read(), live: await read('live') };
    close();
    return found;
  }

  it.each(matrix())(
    '%s',
    async (_, fault) => {
      // Aliases are created by one release and moved by the next.
      const isFirst = fault.operation === 'CreateAlias';
      const before = isFirst ? await codes() : undefined;
      const old = isFirst ? undefined : await bring('old');
      if (!isFirst) expect(await run()).toEqual({ success: true });
      const fresh = await bring('new');

      account.inject(fault);
      const { success } = await run();
      account.heal();
      const after = await codes();
      const known = [fresh, old, ...(before?.latest ?? [])];
      for (const code of after.latest) expect(known).toContain(code);
      for (const code of after.live) expect([fresh, old]).toContain(code);
      if (success)
        expect(after).toEqual({ latest: Array(3).fill(fresh), live: Array(3).fill(fresh) });
      // Only a fault at an alias may leave some of them behind.
      if (!/Alias$/.test(fault.operation)) expect(new Set(after.live).size).toBe(1);

      // The lock of a release whose last write was refused is still there.
      expect(await run({ forceUnlock: true })).toEqual({ success: true });
      expect(await codes()).toEqual({
        latest: Array(3).fill(fresh),
        live: Array(3).fill(fresh),
      });
    },
    30_000,
  );
});
