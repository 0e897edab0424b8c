/** Lambda's aliases as AWS documents them. */

import {
  CreateAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  ListAliasesCommand,
  ListVersionsByFunctionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import type { Check } from './check.fixtures';
import { failure, newFunction, sha256Base64, zipOf } from './check.fixtures';
import { createAlias, withTwoVersions } from './published.fixtures';

export const ALIAS_CHECKS: readonly Check[] = [
  {
    name: 'An alias leads to its version',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      const created = await createAlias(bench, FunctionName, { FunctionVersion: '1' });
      expect(created).toMatchObject({ Name: 'live', FunctionVersion: '1' });
      expect(created.AliasArn).toMatch(new RegExp(`:function:${FunctionName}:live$`));
      const command = new GetFunctionCommand({ FunctionName, Qualifier: 'live' });
      const { Configuration } = await bench.lambda.send(command);
      expect(Configuration?.CodeSha256).toBe(sha256Base64(zipOf('one')));
      await bench.lambda.send(
        new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '2' }),
      );
      const alias = await bench.lambda.send(new GetAliasCommand({ FunctionName, Name: 'live' }));
      expect(alias.FunctionVersion).toBe('2');
      const { Aliases } = await bench.lambda.send(new ListAliasesCommand({ FunctionName }));
      expect(Aliases?.map(({ Name }) => Name)).toEqual(['live']);
    },
  },
  {
    name: 'A function is read by the ARN of its version and of its alias',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      await createAlias(bench, FunctionName, { FunctionVersion: '1' });
      const read = async (Qualifier: string) => {
        const named = new GetFunctionCommand({ FunctionName, Qualifier });
        const { Configuration } = await bench.lambda.send(named);
        const { FunctionArn } = Configuration ?? {};
        const byArn = new GetFunctionCommand({ FunctionName: FunctionArn });
        const { Configuration: same } = await bench.lambda.send(byArn);
        return [FunctionArn?.split(':').at(-1), Configuration?.Version, same?.Version];
      };
      expect(await read('2')).toEqual(['2', '2', '2']);
      expect(await read('live')).toEqual(['live', '1', '1']);
    },
  },
  {
    name: 'ListAliases pages, and finds those of a version',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      for (const [Name, FunctionVersion] of [
        ['a', '1'],
        ['b', '2'],
        ['c', '1'],
      ] as const) {
        const input = { FunctionName, Name, FunctionVersion };
        await bench.lambda.send(new CreateAliasCommand(input));
      }
      const list = async (input: { Marker?: string; FunctionVersion?: string }) =>
        bench.lambda.send(new ListAliasesCommand({ FunctionName, MaxItems: 2, ...input }));
      const first = await list({});
      expect(first.Aliases?.map(({ Name }) => Name)).toEqual(['a', 'b']);
      const second = await list({ Marker: first.NextMarker });
      expect(second.Aliases?.map(({ Name }) => Name)).toEqual(['c']);
      const ofOne = await list({ FunctionVersion: '1' });
      expect(ofOne.Aliases?.map(({ Name }) => Name)).toEqual(['a', 'c']);
    },
  },
  {
    name: 'A missing alias is 404 ResourceNotFoundException',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      const input = { FunctionName, Name: 'missing' };
      const expected = { name: 'ResourceNotFoundException', status: 404 };
      expect(await failure(bench.lambda.send(new GetAliasCommand(input)))).toEqual(expected);
      expect(await failure(bench.lambda.send(new UpdateAliasCommand(input)))).toEqual(expected);
    },
  },
  {
    name: 'An alias to a version that does not exist is 404 ResourceNotFoundException',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const refused = await failure(createAlias(bench, FunctionName, { FunctionVersion: '9' }));
      expect(refused).toEqual({ name: 'ResourceNotFoundException', status: 404 });
    },
  },
  {
    name: 'An alias that exists is 409 ResourceConflictException',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      await createAlias(bench, FunctionName, { FunctionVersion: '1' });
      const again = await failure(createAlias(bench, FunctionName, { FunctionVersion: '2' }));
      expect(again).toEqual({ name: 'ResourceConflictException', status: 409 });
    },
  },
  {
    name: 'An alias’s stale RevisionId is 412 PreconditionFailedException',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      const { RevisionId } = await createAlias(bench, FunctionName, { FunctionVersion: '1' });
      const input = { FunctionName, Name: 'live', RevisionId };
      await bench.lambda.send(new UpdateAliasCommand({ ...input, FunctionVersion: '2' }));
      const stale = new UpdateAliasCommand({ ...input, FunctionVersion: '1' });
      expect(await failure(bench.lambda.send(stale))).toEqual({
        name: 'PreconditionFailedException',
        status: 412,
      });
    },
  },
  {
    name: 'UpdateAlias to a version that does not exist is 404 and changes nothing',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      await createAlias(bench, FunctionName, { FunctionVersion: '1' });
      const alias = { FunctionName, Name: 'live' };
      const update = new UpdateAliasCommand({ ...alias, FunctionVersion: '9' });
      const refused = await failure(bench.lambda.send(update));
      expect(refused).toEqual({ name: 'ResourceNotFoundException', status: 404 });
      const { FunctionVersion } = await bench.lambda.send(new GetAliasCommand(alias));
      expect(FunctionVersion).toBe('1');
    },
  },
  {
    name: 'A version that an alias points at cannot be deleted, others can',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      await createAlias(bench, FunctionName, { FunctionVersion: '1' });
      const remove = (Qualifier: string) =>
        failure(bench.lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier })));
      expect(await remove('1')).toEqual({ name: 'ResourceConflictException', status: 409 });
      await remove('2');
      const list = new ListVersionsByFunctionCommand({ FunctionName });
      const { Versions } = await bench.lambda.send(list);
      expect(Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1']);
    },
  },
];
