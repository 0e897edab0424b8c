/** Invoke as AWS documents it. Both servers run the handler in this machine's Python. */

import {
  CreateAliasCommand,
  InvokeCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { smallZip } from '../seeding';
import type { Bench, Check } from './check.fixtures';
import { failure, idle, newFunction, uniqueName, zipOf } from './check.fixtures';

export const INVOKE_CHECKS: readonly Check[] = [
  {
    name: 'Invoke answers with what the handler returns',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const answer = await invoke(bench, { FunctionName, Payload: '{"order":7}' });
      expect(answer).toEqual({
        status: 200,
        error: undefined,
        version: '$LATEST',
        body: { order: 7 },
      });
    },
  },
  {
    name: 'What the handler raises is FunctionError Unhandled, with message, type and trace',
    async run(bench) {
      const FunctionName = await withHandler(bench, "raise ValueError('no stock')");
      expect(await invoke(bench, { FunctionName })).toMatchObject({
        status: 200,
        error: 'Unhandled',
        body: {
          errorMessage: 'no stock',
          errorType: 'ValueError',
          stackTrace: expect.any(Array),
        },
      });
    },
  },
  {
    name: 'A handler whose module cannot be imported is Runtime.ImportModuleError',
    async run(bench) {
      const FunctionName = await newFunction(bench, { handler: 'missing.handler' });
      expect(await invoke(bench, { FunctionName })).toMatchObject({
        error: 'Unhandled',
        body: {
          errorType: 'Runtime.ImportModuleError',
          errorMessage: "Unable to import module 'missing': No module named 'missing'",
        },
      });
    },
  },
  {
    name: 'LogType Tail gives the end of what the handler wrote',
    async run(bench) {
      const FunctionName = await withHandler(bench, "print('checking stock')");
      const input = { FunctionName, LogType: 'Tail' } as const;
      const { LogResult = '' } = await bench.lambda.send(new InvokeCommand(input));
      expect(Buffer.from(LogResult, 'base64').toString()).toContain('checking stock');
    },
  },
  {
    name: 'Invoke by an alias runs the alias’ version',
    async run(bench) {
      const FunctionName = await withHandler(bench, "return 'one'");
      await bench.lambda.send(new PublishVersionCommand({ FunctionName }));
      const alias = { FunctionName, Name: 'live', FunctionVersion: '1' };
      await bench.lambda.send(new CreateAliasCommand(alias));
      const ZipFile = handlerZip("return 'two'");
      await bench.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
      await idle(bench, FunctionName);
      expect(await invoke(bench, { FunctionName, Qualifier: 'live' })).toMatchObject({
        version: '1',
        body: 'one',
      });
      expect((await invoke(bench, { FunctionName })).body).toBe('two');
    },
  },
  {
    name: 'A handler imports from the layers and reads its environment',
    async run(bench) {
      const Content = { ZipFile: smallZip('python/shared.py', "NAME = 'layered'\n") };
      const layer = new PublishLayerVersionCommand({ LayerName: uniqueName('layer'), Content });
      const { LayerVersionArn = '' } = await bench.lambda.send(layer);
      const FunctionName = await withHandler(
        bench,
        'import os, shared\n    return [shared.NAME, os.environ["STAGE"]]',
      );
      const settings = { Layers: [LayerVersionArn], Environment: { Variables: { STAGE: 'test' } } };
      await bench.lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName, ...settings }),
      );
      await idle(bench, FunctionName);
      expect((await invoke(bench, { FunctionName })).body).toEqual(['layered', 'test']);
    },
  },
  {
    name: 'A handler that takes longer than its timeout is ended',
    async run(bench) {
      const FunctionName = await withHandler(bench, 'import time; time.sleep(30)');
      await bench.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 1 }));
      await idle(bench, FunctionName);
      const answer = await invoke(bench, { FunctionName });
      expect(answer.error).toBe('Unhandled');
      expect(answer.body).toHaveProperty(
        'errorMessage',
        expect.stringContaining('Task timed out after 1.00 seconds'),
      );
    },
  },
  {
    name: 'InvocationType DryRun is 204 and runs nothing',
    async run(bench) {
      const FunctionName = await withHandler(bench, "raise ValueError('no stock')");
      const input = { FunctionName, InvocationType: 'DryRun' } as const;
      const { StatusCode, FunctionError } = await bench.lambda.send(new InvokeCommand(input));
      expect({ StatusCode, FunctionError }).toEqual({ StatusCode: 204, FunctionError: undefined });
    },
  },
  {
    name: 'Invoking a function that does not exist is 404 ResourceNotFoundException',
    async run({ lambda }) {
      const command = new InvokeCommand({ FunctionName: uniqueName('missing') });
      const refused = await failure(lambda.send(command));
      expect(refused).toEqual({ name: 'ResourceNotFoundException', status: 404 });
    },
  },
  {
    name: 'Invoke takes nothing from the quota of 15 calls a second',
    needs: 'quota',
    async run(bench) {
      const FunctionName = await newFunction(bench, { zip: zipOf('quota') });
      const input = { FunctionName, InvocationType: 'DryRun' } as const;
      const calls = Array.from({ length: 40 }, () =>
        failure(bench.lambda.send(new InvokeCommand(input))),
      );
      const refused = (await Promise.all(calls)).filter(({ name }) => name !== 'none');
      expect(refused).toEqual([]);
    },
  },
];

async function invoke({ lambda }: Bench, input: ConstructorParameters<typeof InvokeCommand>[0]) {
  const answer = await lambda.send(new InvokeCommand(input));
  return {
    status: answer.StatusCode,
    error: answer.FunctionError,
    version: answer.ExecutedVersion,
    body: JSON.parse(answer.Payload?.transformToString() ?? '') as unknown,
  };
}

function withHandler(bench: Bench, body: string): Promise<string> {
  return newFunction(bench, { zip: handlerZip(body) });
}

function handlerZip(body: string): Buffer {
  return smallZip('handler.py', `def handler(event, context):\n    ${body}\n`);
}
