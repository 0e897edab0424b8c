/** Invoke as AWS documents it. Both servers run the handler in this machine's Python. */

import type { InvokeCommandInput } from '@aws-sdk/client-lambda';
import { smallZip } from '../seeding';
import type { Bench, Check } from './check.fixtures';
import { check, failure, idle, newFunction, refusal, uniqueName, zipOf } from './check.fixtures';

export const INVOKE_CHECKS: readonly Check[] = [
  check('Invoke answers with what the handler returns', async (bench) => {
    const FunctionName = await newFunction(bench);
    const answer = await invoke(bench, { FunctionName, Payload: '{"order":7}' });
    const expected = { status: 200, error: undefined, version: '$LATEST' };
    expect(answer).toEqual({ ...expected, body: { order: 7 } });
  }),
  check(
    'What the handler raises is FunctionError Unhandled, with message, type and trace',
    async (bench) => {
      const FunctionName = await withHandler(bench, "raise ValueError('no stock')");
      expect(await invoke(bench, { FunctionName })).toMatchObject({
        status: 200,
        error: 'Unhandled',
        body: { errorMessage: 'no stock', errorType: 'ValueError', stackTrace: expect.any(Array) },
      });
    },
  ),
  check('A handler whose module cannot be imported is Runtime.ImportModuleError', async (bench) => {
    const FunctionName = await newFunction(bench, { Handler: 'missing.handler' });
    expect(await invoke(bench, { FunctionName })).toMatchObject({
      error: 'Unhandled',
      body: {
        errorType: 'Runtime.ImportModuleError',
        errorMessage: "Unable to import module 'missing': No module named 'missing'",
      },
    });
  }),
  check('LogType Tail gives the end of what the handler wrote', async (bench) => {
    const FunctionName = await withHandler(bench, "print('checking stock')");
    const input = { FunctionName, LogType: 'Tail' } as const;
    const { LogResult = '' } = await bench.lambda.invoke(input);
    expect(Buffer.from(LogResult, 'base64').toString()).toContain('checking stock');
  }),
  check('Invoke by an alias runs the alias’ version', async (bench) => {
    const FunctionName = await withHandler(bench, "return 'one'");
    await bench.lambda.publishVersion({ FunctionName });
    await bench.lambda.createAlias({ FunctionName, Name: 'live', FunctionVersion: '1' });
    const ZipFile = handlerZip("return 'two'");
    await bench.lambda.updateFunctionCode({ FunctionName, ZipFile });
    await idle(bench, FunctionName);
    const live = await invoke(bench, { FunctionName, Qualifier: 'live' });
    expect(live).toMatchObject({ version: '1', body: 'one' });
    expect((await invoke(bench, { FunctionName })).body).toBe('two');
  }),
  check('A handler imports from the layers and reads its environment', async (bench) => {
    const ZipFile = smallZip('python/shared.py', "NAME = 'layered'\n");
    const layer = { LayerName: uniqueName('layer'), Content: { ZipFile } };
    const { LayerVersionArn = '' } = await bench.lambda.publishLayerVersion(layer);
    const handler = 'import os, shared\n    return [shared.NAME, os.environ["STAGE"]]';
    const FunctionName = await withHandler(bench, handler);
    const settings = { Layers: [LayerVersionArn], Environment: { Variables: { STAGE: 'test' } } };
    await bench.lambda.updateFunctionConfiguration({ FunctionName, ...settings });
    await idle(bench, FunctionName);
    expect((await invoke(bench, { FunctionName })).body).toEqual(['layered', 'test']);
  }),
  check('A handler that takes longer than its timeout is ended', async (bench) => {
    const FunctionName = await withHandler(bench, 'import time; time.sleep(30)');
    await bench.lambda.updateFunctionConfiguration({ FunctionName, Timeout: 1 });
    await idle(bench, FunctionName);
    const { error, body } = await invoke(bench, { FunctionName });
    expect(error).toBe('Unhandled');
    const errorMessage = expect.stringContaining('Task timed out after 1.00 seconds');
    expect(body).toMatchObject({ errorMessage });
  }),
  check('InvocationType DryRun is 204 and runs nothing', async (bench) => {
    const FunctionName = await withHandler(bench, "raise ValueError('no stock')");
    const input = { FunctionName, InvocationType: 'DryRun' } as const;
    const { StatusCode, FunctionError } = await bench.lambda.invoke(input);
    expect({ StatusCode, FunctionError }).toEqual({ StatusCode: 204, FunctionError: undefined });
  }),
  refusal('Invoking a missing function is 404', '404 ResourceNotFoundException', ({ lambda }) =>
    lambda.invoke({ FunctionName: uniqueName('missing') }),
  ),
  check(
    'Invoke takes nothing from the quota of 15 calls a second',
    async (bench) => {
      const FunctionName = await newFunction(bench, { zip: zipOf('quota') });
      const input = { FunctionName, InvocationType: 'DryRun' } as const;
      const calls = Array.from({ length: 40 }, () => failure(bench.lambda.invoke(input)));
      const refused = (await Promise.all(calls)).filter((result) => result !== 'none');
      expect(refused).toEqual([]);
    },
    'quota',
  ),
];

async function invoke({ lambda }: Bench, input: InvokeCommandInput) {
  const answer = await lambda.invoke(input);
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
