/** What others do to functions with the real SDK, beside deploys. */

import {
  CreateAliasCommand,
  DeleteFunctionCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda';
import { HANDLERS } from './fault-matrix.fixtures';
import type { Service } from './service.fixtures';

export function rollbackTargetOf({ workspace }: Service, alias?: string): void {
  workspace.targets['deploy'] = { options: alias === undefined ? {} : { alias } };
  workspace.targets['rollback'] = { executor: 'nx-lambda-python:rollback', options: {} };
}

/** As Terraform, CDK and the console make them. */
export function aliasesOnLatest(service: Service, Name = 'live'): Promise<void> {
  return withLambda(service, async (lambda) => {
    for (const handler of HANDLERS) {
      const FunctionName = `svc-${handler}`;
      await lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion: '$LATEST' }));
    }
  });
}

export function configure(
  service: Service,
  settings: UpdateFunctionConfigurationCommandInput,
): Promise<void> {
  return withLambda(service, async (lambda) => {
    await lambda.send(new UpdateFunctionConfigurationCommand(settings));
  });
}

export function deleteVersion(
  service: Service,
  FunctionName: string,
  Qualifier: string,
): Promise<void> {
  return withLambda(service, async (lambda) => {
    await lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier }));
  });
}

async function withLambda(
  { account: { endpoint, region, credentials } }: Service,
  work: (lambda: LambdaClient) => Promise<void>,
): Promise<void> {
  const lambda = new LambdaClient({ endpoint, region, credentials });
  await work(lambda).finally(() => lambda.destroy());
}
