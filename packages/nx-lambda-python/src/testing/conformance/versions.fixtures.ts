/** Lambda's versions as AWS documents them. */

import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListAliasesCommand,
  ListDurableExecutionsByFunctionCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import type { Check } from './check.fixtures';
import { failure, idle, newFunction, sha256Base64, uniqueName, zipOf } from './check.fixtures';
import { createAlias, publish, update, withTwoVersions } from './published.fixtures';

export const VERSION_CHECKS: readonly Check[] = [
  {
    name: 'PublishVersion returns the same version until an update, even one with the same zip',
    async run(bench) {
      const FunctionName = await newFunction(bench, { zip: zipOf('same') });
      expect(await publish(bench, FunctionName)).toBe('1');
      expect(await publish(bench, FunctionName)).toBe('1');
      await update(bench, FunctionName, 'same');
      expect(await publish(bench, FunctionName)).toBe('2');
    },
  },
  {
    name: 'PublishVersion with another CodeSha256 is 400 InvalidParameterValueException',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const CodeSha256 = sha256Base64(zipOf('other'));
      const command = new PublishVersionCommand({ FunctionName, CodeSha256 });
      const refused = await failure(bench.lambda.send(command));
      expect(refused).toEqual({ name: 'InvalidParameterValueException', status: 400 });
    },
  },
  {
    name: 'PublishVersion with a stale RevisionId is 412',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const RevisionId = (await idle(bench, FunctionName))?.RevisionId;
      await update(bench, FunctionName, 'newer');
      const command = new PublishVersionCommand({ FunctionName, RevisionId });
      const refused = await failure(bench.lambda.send(command));
      expect(refused).toEqual({ name: 'PreconditionFailedException', status: 412 });
    },
  },
  {
    name: 'Publishing gives $LATEST a new RevisionId',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const before = await idle(bench, FunctionName);
      await publish(bench, FunctionName);
      expect((await idle(bench, FunctionName))?.RevisionId).not.toBe(before?.RevisionId);
    },
  },
  {
    name: 'Publish on an update answers with the new version',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const input = { FunctionName, ZipFile: zipOf('published'), Publish: true };
      const { Version } = await bench.lambda.send(new UpdateFunctionCodeCommand(input));
      expect(Version).toBe('1');
      expect((await idle(bench, FunctionName))?.Version).toBe('$LATEST');
    },
  },
  {
    name: 'A durable function says so, and lists no executions before one was started',
    async run(bench) {
      const DurableConfig = { ExecutionTimeout: 60 };
      const FunctionName = await newFunction(bench, { durable: DurableConfig });
      const Qualifier = await publish(bench, FunctionName);
      const { Versions } = await bench.lambda.send(
        new ListVersionsByFunctionCommand({ FunctionName }),
      );
      expect(Versions).toMatchObject([{ DurableConfig }, { DurableConfig }]);
      const list = new ListDurableExecutionsByFunctionCommand({
        ...{ FunctionName, Qualifier, Statuses: ['RUNNING'] },
      });
      expect((await bench.lambda.send(list)).DurableExecutions).toEqual([]);
    },
  },
  {
    name: 'A version keeps the code that it was published with',
    async run(bench) {
      const FunctionName = await newFunction(bench, { zip: zipOf('one') });
      await publish(bench, FunctionName);
      await update(bench, FunctionName, 'two');
      const read = async (Qualifier: string) => {
        const command = new GetFunctionConfigurationCommand({ FunctionName, Qualifier });
        return (await bench.lambda.send(command)).CodeSha256;
      };
      expect(await read('1')).toBe(sha256Base64(zipOf('one')));
      expect(await read('$LATEST')).toBe(sha256Base64(zipOf('two')));
    },
  },
  {
    name: 'ListVersionsByFunction starts with $LATEST and pages',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      for (const text of ['one', 'two']) {
        await update(bench, FunctionName, text);
        await publish(bench, FunctionName);
      }
      const list = async (Marker?: string) => {
        const command = new ListVersionsByFunctionCommand({ FunctionName, MaxItems: 2, Marker });
        return bench.lambda.send(command);
      };
      const first = await list();
      expect(first.Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1']);
      const second = await list(first.NextMarker);
      expect(second.Versions?.map(({ Version }) => Version)).toEqual(['2']);
      expect(second.NextMarker ?? '').toBe('');
    },
  },
  {
    name: 'A qualifier that does not exist is 404',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      for (const Qualifier of ['7', 'live']) {
        const command = new GetFunctionCommand({ FunctionName, Qualifier });
        const missing = await failure(bench.lambda.send(command));
        expect(missing).toEqual({ name: 'ResourceNotFoundException', status: 404 });
      }
    },
  },
  {
    name: 'PublishVersion with the right CodeSha256 and RevisionId publishes',
    async run(bench) {
      const FunctionName = await newFunction(bench, { zip: zipOf('guarded') });
      const RevisionId = (await idle(bench, FunctionName))?.RevisionId;
      const guards = { CodeSha256: sha256Base64(zipOf('guarded')), RevisionId };
      const command = new PublishVersionCommand({ FunctionName, ...guards });
      expect(await bench.lambda.send(command)).toMatchObject({
        Version: '1',
        CodeSha256: guards.CodeSha256,
      });
    },
  },
  {
    name: 'A deleted version is gone, and its number is not given again',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      const remove = new DeleteFunctionCommand({ FunctionName, Qualifier: '2' });
      await bench.lambda.send(remove);
      const get = new GetFunctionCommand({ FunctionName, Qualifier: '2' });
      const missing = await failure(bench.lambda.send(get));
      expect(missing).toEqual({ name: 'ResourceNotFoundException', status: 404 });
      await update(bench, FunctionName, 'three');
      expect(await publish(bench, FunctionName)).toBe('3');
    },
  },
  {
    name: 'Deleting a version that does not exist succeeds',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const remove = new DeleteFunctionCommand({ FunctionName, Qualifier: '9' });
      expect((await failure(bench.lambda.send(remove))).name).toBe('none');
      const get = new GetFunctionCommand({ FunctionName });
      expect((await failure(bench.lambda.send(get))).name).toBe('none');
    },
  },
  {
    name: '$LATEST cannot be deleted on its own: 400 InvalidParameterValueException',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const remove = new DeleteFunctionCommand({ FunctionName, Qualifier: '$LATEST' });
      const refused = await failure(bench.lambda.send(remove));
      expect(refused).toEqual({ name: 'InvalidParameterValueException', status: 400 });
    },
  },
  {
    name: 'Without a qualifier DeleteFunction deletes all versions and aliases',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      await createAlias(bench, FunctionName, { FunctionVersion: '1' });
      await bench.lambda.send(new DeleteFunctionCommand({ FunctionName }));
      const expected = { name: 'ResourceNotFoundException', status: 404 };
      for (const Qualifier of [undefined, '1', 'live']) {
        const get = new GetFunctionCommand({ FunctionName, Qualifier });
        expect(await failure(bench.lambda.send(get))).toEqual(expected);
      }
      for (const Qualifier of [undefined, '1']) {
        const again = new DeleteFunctionCommand({ FunctionName, Qualifier });
        expect(await failure(bench.lambda.send(again))).toEqual(expected);
      }
    },
  },
  {
    name: 'ListVersionsByFunction gives the size and CodeSha256 of each version',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      const command = new ListVersionsByFunctionCommand({ FunctionName });
      const { Versions = [] } = await bench.lambda.send(command);
      expect(Versions.map(({ CodeSha256, CodeSize }) => [CodeSha256, CodeSize])).toEqual(
        ['two', 'one', 'two'].map((text) => [sha256Base64(zipOf(text)), zipOf(text).length]),
      );
    },
  },
  {
    name: 'ListVersionsByFunction and ListAliases of a missing function are 404',
    async run({ lambda }) {
      const FunctionName = uniqueName('missing');
      const expected = { name: 'ResourceNotFoundException', status: 404 };
      const versions = new ListVersionsByFunctionCommand({ FunctionName });
      expect(await failure(lambda.send(versions))).toEqual(expected);
      const aliases = new ListAliasesCommand({ FunctionName });
      expect(await failure(lambda.send(aliases))).toEqual(expected);
      const publication = new PublishVersionCommand({ FunctionName });
      expect(await failure(lambda.send(publication))).toEqual(expected);
    },
  },
];
