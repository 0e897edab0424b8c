import {
  CreateAliasCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { HANDLERS } from '../releasing/fault-matrix.fixtures';
import { BUCKET, Service } from '../releasing/service.fixtures';
import { ARCHITECTURE, handlerOf, RUNTIME } from '../releasing/workspace.fixtures';
import type { PruneVersionsExecutorSchema } from '../schemas/prune-versions';
import pruneVersions from './prune-versions';

const FUNCTION = 'svc-create';

interface Listed {
  dryRun: boolean;
  freedBytes: number;
  bytes: number;
  functions: { name: string; versions: { version: string; status: string; reasons: string[] }[] }[];
}

describe('prune-versions', () => {
  let service: Service;

  beforeEach(async () => {
    service = await Service.start();
    service.workspace.build(HANDLERS);
  });

  const run = async (options: PruneVersionsExecutorSchema = {}) => {
    const context = service.workspace.context('prune-versions');
    return (await pruneVersions({ writesPerSecond: 15, ...options }, context)).success;
  };
  const remove = (options: PruneVersionsExecutorSchema = {}) => run({ dryRun: false, ...options });
  const json = async (options: PruneVersionsExecutorSchema = {}) => {
    service.printed();
    await run({ format: 'json', ...options });
    // Progress, which goes to standard error, comes first.
    return JSON.parse(service.printed().replace(/^(svc: .*\n)+/, '')) as Listed;
  };
  const deletions = () => service.wrote('DeleteFunction');

  async function publish(count: number, name = FUNCTION): Promise<void> {
    for (let number = 1; number <= count; number += 1) {
      // Without a change the same version is published again.
      await service.configure({ FunctionName: name, Description: `${number}` });
      await service.lambda.send(new PublishVersionCommand({ FunctionName: name }));
    }
  }

  async function existing(name = FUNCTION): Promise<string[]> {
    const found: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await service.lambda.send(
        new ListVersionsByFunctionCommand({ FunctionName: name, Marker }),
      );
      found.push(...(page.Versions ?? []).map(({ Version = '' }) => Version));
      Marker = page.NextMarker;
    } while (Marker);
    return found;
  }

  const alias = (Name: string, FunctionVersion: string, weighted?: string) =>
    service.lambda.send(
      new CreateAliasCommand({
        FunctionName: FUNCTION,
        Name,
        FunctionVersion,
        ...(weighted && { RoutingConfig: { AdditionalVersionWeights: { [weighted]: 0.1 } } }),
      }),
    );

  const put = (key: string, value: unknown) =>
    service.s3.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key: `lambda-packages/svc/releases/${key}`,
        Body: JSON.stringify(value),
      }),
    );

  const record = (stage: string, number: number, before: string, after: string) =>
    put(`${stage}/${String(number).padStart(6, '0')}.json`, {
      ...{ format: 1, number, kind: 'deploy', of: null, status: 'succeeded', service: 'svc' },
      ...{ stage, region: 'eu-west-1', account: null, alias: 'live', startedAt: '', endedAt: null },
      ...{ source: null, runtime: 'python3.13', architecture: 'arm64', package: null },
      by: { user: 'ada', host: 'h', run: null },
      functions: [
        {
          ...{ name: FUNCTION, handlerName: 'create', handler: 'h', status: 'updated' },
          ...{ beforePackage: null, goal: null, before: state(before), after: state(after) },
        },
      ],
    });

  it('lists, and deletes only when it is told to, never what is used', async () => {
    await publish(9);
    await alias('live', '3', '2');
    await record('prod', 1, '1', '4');
    await record('prod', 2, '5', '5');
    await record('test', 1, '6', '6');
    expect(await run({ keep: 1 })).toBe(true);
    const text = service.printed();
    expect(text).toMatch(/svc-create +1, 4, 7-8 /);
    expect(text).toContain('4 versions to delete');
    expect(text).toContain('`npx nx prune-versions svc --dryRun=false`');
    expect(deletions()).toBe(0);

    expect(await remove({ keep: 1 })).toBe(true);
    expect(service.printed()).toMatch(/4 deleted; \d.* of code storage freed/);
    expect(await existing()).toEqual(['$LATEST', '2', '3', '5', '6', '9']);
    expect(await existing('svc-cancel')).toEqual(['$LATEST']);

    const left = await json({ keep: 1, dryRun: false });
    expect(left).toMatchObject({ dryRun: false, freedBytes: 0, bytes: 0 });
    expect(
      left.functions[1]?.versions.map(({ version, reasons }) => [version, ...reasons]),
    ).toEqual([
      ['2', 'alias live'],
      ['3', 'alias live'],
      ['5', 'release 2 (prod)'],
      ['6', 'release 1 (test)'],
      ['9', 'newest 1'],
    ]);
  });

  it('asks for aliases only where it matters, and counts what it frees', async () => {
    await publish(4);
    await publish(2, 'svc-refund');
    await alias('live', '1');
    const listed = await json({ keep: 2, dryRun: false });
    expect(await existing()).toEqual(['$LATEST', '1', '3', '4']);
    const { Versions } = await service.lambda.send(
      new ListVersionsByFunctionCommand({ FunctionName: FUNCTION }),
    );
    expect(listed.freedBytes).toBe(Versions?.[0]?.CodeSize);
    const aliases = service.account.requests.filter(({ operation }) => operation === 'ListAliases');
    expect(aliases.map(({ target }) => target)).toEqual([FUNCTION]);
    expect(service.account.requests.filter(({ status }) => status === 429)).toEqual([]);
  });

  it('keeps what durable executions run on, asks for no other function, and says why', async () => {
    const name = 'svc-durable';
    await service.account.createFunction({
      ...{ name, runtime: RUNTIME, handler: handlerOf('durable'), architecture: ARCHITECTURE },
      kind: 'durable',
    });
    service.workspace.build([...HANDLERS, 'durable']);
    await publish(4, name);
    await publish(4);
    await service.account.createExecution(name, '1');
    await service.account.createExecution(name, '2', 'SUCCEEDED');
    expect(await json({ keep: 1 })).toMatchObject({
      functions: [
        {},
        {},
        {
          versions: [
            { version: '1', status: 'keep', reasons: ['running executions'] },
            { version: '2', status: 'delete' },
            { version: '3', status: 'delete' },
            { version: '4', status: 'keep' },
          ],
        },
        {},
      ],
    });
    const asked = () =>
      service.account.requests.filter(
        ({ operation }) => operation === 'ListDurableExecutionsByFunction',
      );
    expect(asked().map(({ target, input }) => [target, input?.['Qualifier']])).toEqual([
      [name, '1'],
      [name, '2'],
      [name, '3'],
    ]);
    service.account.inject({ operation: asked()[0]?.operation ?? '', kind: 'access-denied' });
    expect(await remove({ keep: 1 })).toBe(false);
    expect(service.printed()).toContain('AWS denied lambda:ListDurableExecutionsByFunction');
    expect(deletions()).toBe(0);
    expect(await remove({ keep: 1 })).toBe(true);
    expect(await existing(name)).toEqual(['$LATEST', '1', '4']);
  });

  it('bears lost answers and throttling, and pauses for it', async () => {
    await publish(5);
    service.account.inject({ operation: 'DeleteFunction', kind: 'lost-response' });
    service.account.inject({ operation: 'DeleteFunction', nth: 2, kind: '429' });
    service.account.inject({ operation: 'ListVersionsByFunction', kind: '429' });
    service.account.inject({ operation: 'ListAliases', kind: '500' });
    expect(await remove({ keep: 2 })).toBe(true);
    expect(service.printed()).toContain('3 deleted; ');
    expect(await existing()).toEqual(['$LATEST', '4', '5']);
  });

  it('keeps what an alias was moved to meanwhile', async () => {
    await publish(4);
    await alias('live', '4');
    const original = LambdaClient.prototype.send;
    let isMoved = false;
    jest.spyOn(LambdaClient.prototype, 'send').mockImplementation(async function (
      this: LambdaClient,
      ...args: unknown[]
    ) {
      const [command] = args as [{ constructor: { name: string } }];
      if (command.constructor.name === 'DeleteFunctionCommand' && !isMoved) {
        isMoved = true;
        await service.lambda.send(
          new UpdateAliasCommand({ FunctionName: FUNCTION, Name: 'live', FunctionVersion: '1' }),
        );
      }
      return Reflect.apply(original, this, args) as unknown;
    });
    expect(await remove({ keep: 1, writesPerSecond: 2 })).toBe(true);
    expect(service.printed()).toMatch(/svc-create:1 +.*aliases reference it: \[live\]/);
    expect(await existing()).toEqual(['$LATEST', '1', '4']);
  });

  it('stops at the first deletion that is denied', async () => {
    await publish(12);
    service.account.inject({ operation: 'DeleteFunction', times: 99, kind: 'access-denied' });
    expect(await remove({ keep: 1 })).toBe(false);
    expect(service.printed()).toMatch(/not tried after DeleteFunction: AccessDenied/);
    expect(deletions()).toBeLessThan(11);
    expect(await existing()).toHaveLength(13);
  });

  it.each(['ListVersionsByFunction', 'ListAliases', 'ListObjectsV2'])(
    'deletes nothing where %s is denied',
    async (operation) => {
      await publish(3);
      service.account.inject({ operation, times: 99, kind: 'access-denied' });
      expect(await remove({ keep: 1 })).toBe(false);
      expect(service.printed()).toContain('error[ACCESS_DENIED]');
      expect(deletions()).toBe(0);
    },
  );

  it('deletes nothing while a release is under way, nor by a record that it cannot read', async () => {
    await publish(3);
    await put('prod/lock.json', lock('held'));
    expect(await remove({ keep: 1 })).toBe(false);
    expect(service.printed()).toContain(
      'error[RELEASE_LOCKED]: `svc` (stage prod) is being released by ada',
    );
    expect(await run({ keep: 1 })).toBe(true);
    await put('prod/000001.json', { format: 2 });
    expect(await remove({ keep: 1, forceUnlock: true })).toBe(false);
    expect(service.printed()).toContain('error[RELEASE_NOT_FOUND]');
    expect(deletions()).toBe(0);
  });

  it('refuses another account, takes names from the deploy target, and some of them', async () => {
    await publish(2);
    await publish(2, 'svc-refund');
    expect(await remove({ keep: 1, accountId: '111122223333' })).toBe(false);
    expect(service.printed()).toContain('in account 000000000000, expected 111122223333');
    expect(await remove({ keep: 1, only: ['ref*'] })).toBe(true);
    expect(await existing()).toHaveLength(3);
    expect(await existing('svc-refund')).toEqual(['$LATEST', '2']);
    service.workspace.targets['deploy'] = { options: { functionName: 'x-{handler}-{stage}' } };
    expect(await run({ stage: 'prod' })).toBe(false);
    expect(service.printed()).toContain(
      'none of the 3 functions exists in eu-west-1: x-cancel-prod',
    );
  });
});

function state(version: string): unknown {
  const alias = { name: 'live', version, codeSha256: null };
  return { codeSha256: null, storageMode: 'COPY', layers: [], alias };
}

function lock(held: 'held' | 'free'): unknown {
  return {
    ...{ format: 1, state: held, number: 1, token: 't', renewed: 0, guarded: true, last: null },
    holder: {
      ...{ owner: 'ada', host: 'elsewhere', pid: 1, run: null, command: 'nx deploy svc' },
      heldSince: '2026-01-01T00:00:00.000Z',
    },
  };
}
