/** Lambda through the AWS SDK. */

import {
  GetFunctionCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  type FunctionConfiguration,
} from '@aws-sdk/client-lambda';
import type { FunctionService, RemoteFunction } from '../../release/function-service';
import { call } from './call';
import { clientConfiguration, type AwsSettings } from './settings';

/** As many as deploy waits for at once: each poll has a connection that is open already. */
const MAX_SOCKETS = 100;

export function createLambdaClient(settings: AwsSettings): LambdaClient {
  return new LambdaClient(clientConfiguration(settings, MAX_SOCKETS));
}

export function lambdaFunctions(client: LambdaClient): FunctionService {
  return {
    get: (name) =>
      call('GetFunction', async () => {
        const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: name }));
        return remoteFunction(name, Configuration ?? {});
      }),

    updateCode: ({ name, architecture, bucket, key, versionId }) =>
      call('UpdateFunctionCode', async () => {
        const updated = await client.send(
          new UpdateFunctionCodeCommand({
            FunctionName: name,
            Architectures: [architecture],
            S3Bucket: bucket,
            S3Key: key,
            ...(versionId === undefined ? {} : { S3ObjectVersion: versionId }),
          }),
        );
        return remoteFunction(name, updated);
      }),
  };
}

function remoteFunction(name: string, configuration: FunctionConfiguration): RemoteFunction {
  return {
    name,
    arn: configuration.FunctionArn ?? '',
    runtime: configuration.Runtime,
    handler: configuration.Handler,
    // What AWS does where it says nothing.
    architecture: configuration.Architectures?.[0] ?? 'x86_64',
    packageType: configuration.PackageType ?? 'Zip',
    layers: (configuration.Layers ?? []).flatMap(({ Arn }) => Arn ?? []),
    codeSha256: configuration.CodeSha256,
    state: configuration.State,
    lastUpdateStatus: configuration.LastUpdateStatus,
    lastUpdateStatusReason: configuration.LastUpdateStatusReason,
    version: configuration.Version,
  };
}
