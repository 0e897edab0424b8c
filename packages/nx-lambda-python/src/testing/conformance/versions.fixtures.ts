/** Lambda's versions as AWS documents them. */

import {
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import type { Check } from './check.fixtures';
import { failure, idle, newFunction, sha256Base64, zipOf } from './check.fixtures';
import { publish, update } from './published.fixtures';

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
];
