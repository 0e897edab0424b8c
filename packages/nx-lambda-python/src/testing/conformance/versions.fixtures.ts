/** Versions, and aliases that point at one or split their calls between two, as AWS documents them. */

import type { Lambda } from '@aws-sdk/client-lambda';
import type { Bench, Check } from './check.fixtures';
import {
  check,
  failure,
  idle,
  newFunction,
  refusal,
  sha256Base64,
  uniqueName,
  zipOf,
} from './check.fixtures';

const INVALID = '400 InvalidParameterValueException';
const MISSING = '404 ResourceNotFoundException';
const CONFLICT = '409 ResourceConflictException';
const STALE = '412 PreconditionFailedException';

type Weights = Record<string, number>;

/** Of a function with three versions. */
const SPLIT_REFUSALS: readonly [
  what: string,
  refused: string,
  FunctionVersion: string,
  weights: Weights,
][] = [
  ['$LATEST cannot share an alias with a version', INVALID, '$LATEST', { '1': 0.5 }],
  ['A weight above 1 is refused', '400 ValidationException', '1', { '2': 1.5 }],
  ['Calls cannot be split with the alias’s own version', INVALID, '1', { '1': 0.5 }],
  ['Calls cannot be split among three versions', INVALID, '1', { '2': 0.3, '3': 0.3 }],
  ['Calls cannot be split with a version that does not exist', MISSING, '1', { '9': 0.5 }],
];

export const VERSION_CHECKS: readonly Check[] = [
  check(
    'PublishVersion gives the same version until an update, even one with the same zip',
    async (bench) => {
      const FunctionName = await newFunction(bench, { zip: zipOf('same') });
      expect(await publish(bench, FunctionName)).toBe('1');
      expect(await publish(bench, FunctionName)).toBe('1');
      await update(bench, FunctionName, 'same');
      expect(await publish(bench, FunctionName)).toBe('2');
    },
  ),
  refusal(
    'PublishVersion with another CodeSha256 is 400 InvalidParameterValueException',
    INVALID,
    async (bench) => {
      const CodeSha256 = sha256Base64(zipOf('other'));
      return bench.lambda.publishVersion({ FunctionName: await newFunction(bench), CodeSha256 });
    },
  ),
  refusal('PublishVersion with a stale RevisionId is 412', STALE, async (bench) => {
    const FunctionName = await newFunction(bench);
    const RevisionId = (await idle(bench, FunctionName))?.RevisionId;
    await update(bench, FunctionName, 'newer');
    return bench.lambda.publishVersion({ FunctionName, RevisionId });
  }),
  check('PublishVersion with the right CodeSha256 and RevisionId publishes', async (bench) => {
    const FunctionName = await newFunction(bench, { zip: zipOf('guarded') });
    const RevisionId = (await idle(bench, FunctionName))?.RevisionId;
    const CodeSha256 = sha256Base64(zipOf('guarded'));
    const published = bench.lambda.publishVersion({ FunctionName, CodeSha256, RevisionId });
    expect(await published).toMatchObject({ Version: '1', CodeSha256 });
  }),
  check('Publishing gives $LATEST a new RevisionId', async (bench) => {
    const FunctionName = await newFunction(bench);
    const before = await idle(bench, FunctionName);
    await publish(bench, FunctionName);
    expect((await idle(bench, FunctionName))?.RevisionId).not.toBe(before?.RevisionId);
  }),
  check('Publish on an update answers with the new version', async (bench) => {
    const FunctionName = await newFunction(bench);
    const input = { FunctionName, ZipFile: zipOf('published'), Publish: true };
    expect((await bench.lambda.updateFunctionCode(input)).Version).toBe('1');
    expect((await idle(bench, FunctionName))?.Version).toBe('$LATEST');
  }),
  check(
    'A durable function says so, and lists no executions before one was started',
    async (bench) => {
      const DurableConfig = { ExecutionTimeout: 60 };
      const FunctionName = await newFunction(bench, { DurableConfig });
      const Qualifier = await publish(bench, FunctionName);
      const { Versions } = await bench.lambda.listVersionsByFunction({ FunctionName });
      expect(Versions).toMatchObject([{ DurableConfig }, { DurableConfig }]);
      const list = { FunctionName, Qualifier, Statuses: ['RUNNING' as const] };
      const { DurableExecutions } = await bench.lambda.listDurableExecutionsByFunction(list);
      expect(DurableExecutions).toEqual([]);
    },
  ),
  check('A version keeps the code that it was published with', async (bench) => {
    const FunctionName = await withTwoVersions(bench);
    for (const [Qualifier, text] of [
      ['1', 'one'],
      ['$LATEST', 'two'],
    ] as const) {
      const read = await bench.lambda.getFunctionConfiguration({ FunctionName, Qualifier });
      expect(read.CodeSha256).toBe(sha256Base64(zipOf(text)));
    }
  }),
  check('ListVersionsByFunction starts with $LATEST and pages', async (bench) => {
    const FunctionName = await withTwoVersions(bench);
    const list = (Marker?: string) =>
      bench.lambda.listVersionsByFunction({ FunctionName, MaxItems: 2, Marker });
    const first = await list();
    expect(first.Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1']);
    const second = await list(first.NextMarker);
    expect(second.Versions?.map(({ Version }) => Version)).toEqual(['2']);
    expect(second.NextMarker ?? '').toBe('');
  }),
  check('ListVersionsByFunction gives the size and CodeSha256 of each version', async (bench) => {
    const FunctionName = await withTwoVersions(bench);
    const { Versions = [] } = await bench.lambda.listVersionsByFunction({ FunctionName });
    expect(Versions.map(({ CodeSha256, CodeSize }) => [CodeSha256, CodeSize])).toEqual(
      ['two', 'one', 'two'].map((text) => [sha256Base64(zipOf(text)), zipOf(text).length]),
    );
  }),
  check('A qualifier that does not exist is 404', async (bench) => {
    const FunctionName = await newFunction(bench);
    for (const Qualifier of ['7', 'live']) {
      expect(await failure(bench.lambda.getFunction({ FunctionName, Qualifier }))).toBe(MISSING);
    }
  }),
  check('Versions and aliases of a missing function are 404', async ({ lambda }) => {
    const FunctionName = uniqueName('missing');
    expect(await failure(lambda.listVersionsByFunction({ FunctionName }))).toBe(MISSING);
    expect(await failure(lambda.listAliases({ FunctionName }))).toBe(MISSING);
    expect(await failure(lambda.publishVersion({ FunctionName }))).toBe(MISSING);
  }),
  check('A deleted version is gone, and its number is not given again', async (bench) => {
    const FunctionName = await withTwoVersions(bench);
    const second = { FunctionName, Qualifier: '2' };
    await bench.lambda.deleteFunction(second);
    expect(await failure(bench.lambda.getFunction(second))).toBe(MISSING);
    await update(bench, FunctionName, 'three');
    expect(await publish(bench, FunctionName)).toBe('3');
  }),
  check('Deleting a version that does not exist succeeds', async (bench) => {
    const FunctionName = await newFunction(bench);
    const deleted = bench.lambda.deleteFunction({ FunctionName, Qualifier: '9' });
    expect(await failure(deleted)).toBe('none');
    expect(await failure(bench.lambda.getFunction({ FunctionName }))).toBe('none');
  }),
  refusal(
    '$LATEST cannot be deleted on its own: 400 InvalidParameterValueException',
    INVALID,
    async (bench) => {
      const FunctionName = await newFunction(bench);
      return bench.lambda.deleteFunction({ FunctionName, Qualifier: '$LATEST' });
    },
  ),
  check('Without a qualifier DeleteFunction deletes all versions and aliases', async (bench) => {
    const FunctionName = await withAlias(bench);
    await bench.lambda.deleteFunction({ FunctionName });
    for (const Qualifier of [undefined, '1', 'live']) {
      expect(await failure(bench.lambda.getFunction({ FunctionName, Qualifier }))).toBe(MISSING);
    }
    for (const Qualifier of [undefined, '1']) {
      const again = bench.lambda.deleteFunction({ FunctionName, Qualifier });
      expect(await failure(again)).toBe(MISSING);
    }
  }),
];

export const ALIAS_CHECKS: readonly Check[] = [
  check('An alias leads to its version', async (bench) => {
    const { lambda } = bench;
    const FunctionName = await withTwoVersions(bench);
    const created = await createAlias(bench, FunctionName);
    expect(created).toMatchObject({ Name: 'live', FunctionVersion: '1' });
    expect(created.AliasArn).toMatch(new RegExp(`:function:${FunctionName}:live$`));
    const { Configuration } = await lambda.getFunction({ FunctionName, Qualifier: 'live' });
    expect(Configuration?.CodeSha256).toBe(sha256Base64(zipOf('one')));
    await lambda.updateAlias({ FunctionName, Name: 'live', FunctionVersion: '2' });
    const alias = await lambda.getAlias({ FunctionName, Name: 'live' });
    expect(alias.FunctionVersion).toBe('2');
    const { Aliases } = await lambda.listAliases({ FunctionName });
    expect(Aliases?.map(({ Name }) => Name)).toEqual(['live']);
  }),
  check('A function is read by the ARN of its version and of its alias', async (bench) => {
    const FunctionName = await withAlias(bench);
    const get = async (input: Parameters<Lambda['getFunction']>[0]) =>
      (await bench.lambda.getFunction(input)).Configuration;
    const read = async (Qualifier: string) => {
      const named = await get({ FunctionName, Qualifier });
      const byArn = await get({ FunctionName: named?.FunctionArn });
      return [named?.FunctionArn?.split(':').at(-1), named?.Version, byArn?.Version];
    };
    expect(await read('2')).toEqual(['2', '2', '2']);
    expect(await read('live')).toEqual(['live', '1', '1']);
  }),
  check('ListAliases pages, and finds those of a version', async (bench) => {
    const FunctionName = await withTwoVersions(bench);
    for (const [Name, FunctionVersion] of [
      ['a', '1'],
      ['b', '2'],
      ['c', '1'],
    ] as const) {
      await bench.lambda.createAlias({ FunctionName, Name, FunctionVersion });
    }
    const list = (input: { Marker?: string; FunctionVersion?: string }) =>
      bench.lambda.listAliases({ FunctionName, MaxItems: 2, ...input });
    const first = await list({});
    expect(first.Aliases?.map(({ Name }) => Name)).toEqual(['a', 'b']);
    const second = await list({ Marker: first.NextMarker });
    expect(second.Aliases?.map(({ Name }) => Name)).toEqual(['c']);
    const ofOne = await list({ FunctionVersion: '1' });
    expect(ofOne.Aliases?.map(({ Name }) => Name)).toEqual(['a', 'c']);
  }),
  check('A missing alias is 404 ResourceNotFoundException', async (bench) => {
    const input = { FunctionName: await newFunction(bench), Name: 'missing' };
    expect(await failure(bench.lambda.getAlias(input))).toBe(MISSING);
    expect(await failure(bench.lambda.updateAlias(input))).toBe(MISSING);
  }),
  refusal(
    'An alias to a version that does not exist is 404 ResourceNotFoundException',
    MISSING,
    async (bench) => createAlias(bench, await newFunction(bench), '9'),
  ),
  refusal('An alias that exists is 409 ResourceConflictException', CONFLICT, async (bench) =>
    createAlias(bench, await withAlias(bench), '2'),
  ),
  check('An alias’s stale RevisionId is 412 PreconditionFailedException', async (bench) => {
    const FunctionName = await withTwoVersions(bench);
    const { RevisionId } = await createAlias(bench, FunctionName);
    const point = (FunctionVersion: string) =>
      bench.lambda.updateAlias({ FunctionName, Name: 'live', RevisionId, FunctionVersion });
    await point('2');
    expect(await failure(point('1'))).toBe(STALE);
  }),
  check(
    'UpdateAlias to a version that does not exist is 404 and changes nothing',
    async (bench) => {
      const alias = { FunctionName: await withAlias(bench), Name: 'live' };
      const updated = bench.lambda.updateAlias({ ...alias, FunctionVersion: '9' });
      expect(await failure(updated)).toBe(MISSING);
      expect((await bench.lambda.getAlias(alias)).FunctionVersion).toBe('1');
    },
  ),
  check('A version that an alias points at cannot be deleted, others can', async (bench) => {
    const FunctionName = await withAlias(bench);
    const remove = (Qualifier: string) =>
      failure(bench.lambda.deleteFunction({ FunctionName, Qualifier }));
    expect(await remove('1')).toBe(CONFLICT);
    expect(await remove('2')).toBe('none');
    const { Versions } = await bench.lambda.listVersionsByFunction({ FunctionName });
    expect(Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1']);
  }),
  check('An alias may split calls between two versions', async (bench) => {
    const FunctionName = await withAlias(bench, { '2': 0.1 });
    const alias = { FunctionName, Name: 'live' };
    const read = async () =>
      (await bench.lambda.getAlias(alias)).RoutingConfig?.AdditionalVersionWeights ?? {};
    expect(await read()).toEqual({ '2': 0.1 });
    const RoutingConfig = { AdditionalVersionWeights: {} };
    await bench.lambda.updateAlias({ ...alias, FunctionVersion: '2', RoutingConfig });
    expect(await read()).toEqual({});
  }),
  check('UpdateAlias begins a split, and keeps it if it does not name one', async (bench) => {
    const alias = { FunctionName: await withAlias(bench), Name: 'live' };
    const RoutingConfig = { AdditionalVersionWeights: { '2': 0.25 } };
    await bench.lambda.updateAlias({ ...alias, RoutingConfig });
    await bench.lambda.updateAlias({ ...alias, Description: 'canary' });
    const expected = { FunctionVersion: '1', Description: 'canary', RoutingConfig };
    expect(await bench.lambda.getAlias(alias)).toMatchObject(expected);
  }),
  refusal(
    'A version that an alias gives a share of its calls to cannot be deleted',
    CONFLICT,
    async (bench) => {
      const FunctionName = await withAlias(bench, { '2': 0.1 });
      return bench.lambda.deleteFunction({ FunctionName, Qualifier: '2' });
    },
  ),
  ...SPLIT_REFUSALS.map(([what, refused, FunctionVersion, weights]) =>
    check(`${what}: ${refused}`, async (bench) => {
      const FunctionName = await withTwoVersions(bench);
      await update(bench, FunctionName, 'three');
      await publish(bench, FunctionName);
      const split = createAlias(bench, FunctionName, FunctionVersion, weights);
      expect(await failure(split)).toBe(refused);
    }),
  ),
];

/** Version 1 has the zip `one`, version 2 and $LATEST `two`. */
async function withTwoVersions(bench: Bench): Promise<string> {
  const FunctionName = await newFunction(bench, { zip: zipOf('one') });
  await publish(bench, FunctionName);
  await update(bench, FunctionName, 'two');
  await publish(bench, FunctionName);
  return FunctionName;
}

/** Two versions, and the alias `live` on the first. */
async function withAlias(bench: Bench, weights?: Weights): Promise<string> {
  const FunctionName = await withTwoVersions(bench);
  await createAlias(bench, FunctionName, '1', weights);
  return FunctionName;
}

function createAlias(
  { lambda }: Bench,
  FunctionName: string,
  FunctionVersion = '1',
  AdditionalVersionWeights?: Weights,
) {
  const alias = { FunctionName, Name: 'live', FunctionVersion };
  const RoutingConfig = AdditionalVersionWeights && { AdditionalVersionWeights };
  return lambda.createAlias({ ...alias, RoutingConfig });
}

async function publish({ lambda }: Bench, FunctionName: string): Promise<string | undefined> {
  return (await lambda.publishVersion({ FunctionName })).Version;
}

async function update(bench: Bench, FunctionName: string, text: string): Promise<void> {
  await bench.lambda.updateFunctionCode({ FunctionName, ZipFile: zipOf(text) });
  await idle(bench, FunctionName);
}
