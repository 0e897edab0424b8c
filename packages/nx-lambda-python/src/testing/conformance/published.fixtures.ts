/** Functions with versions, for the checks of versions and aliases. */

import {
  CreateAliasCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import type { Bench } from './check.fixtures';
import { idle, newFunction, zipOf } from './check.fixtures';

/** Version 1 has the zip `one`, version 2 and $LATEST `two`. */
export async function withTwoVersions(bench: Bench): Promise<string> {
  const FunctionName = await newFunction(bench, { zip: zipOf('one') });
  await publish(bench, FunctionName);
  await update(bench, FunctionName, 'two');
  await publish(bench, FunctionName);
  return FunctionName;
}

export async function publish(
  { lambda }: Bench,
  FunctionName: string,
): Promise<string | undefined> {
  return (await lambda.send(new PublishVersionCommand({ FunctionName }))).Version;
}

export async function update(bench: Bench, FunctionName: string, text: string): Promise<void> {
  const input = { FunctionName, ZipFile: zipOf(text) };
  await bench.lambda.send(new UpdateFunctionCodeCommand(input));
  await idle(bench, FunctionName);
}

/** Named `live`. */
export function createAlias(
  { lambda }: Bench,
  FunctionName: string,
  input: {
    FunctionVersion: string;
    RoutingConfig?: { AdditionalVersionWeights: Record<string, number> };
  },
) {
  return lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', ...input }));
}
