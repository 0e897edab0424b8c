/** Lambda through the AWS SDK. */

import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  GetAccountSettingsCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type FunctionConfiguration,
  type Runtime,
} from '@aws-sdk/client-lambda';
import { createHash } from 'node:crypto';
import type {
  AliasUpdate,
  CodeUpdate,
  FunctionService,
} from '../../release/calls/function-service';
import type { RemoteFunction } from '../../release/model/remote-function';
import { call } from './call';
import { clientConfiguration, type AwsSettings } from './settings';

/** As many as deploy waits for at once: each poll has a connection that is open already. */
const MAX_SOCKETS = 100;

/** Milliseconds of a function's longest run (Lambda API, Timeout: 900 s), and of the way to it and back. */
const LONGEST_INVOCATION = 960_000;

export function createLambdaClient(settings: AwsSettings): LambdaClient {
  return new LambdaClient(clientConfiguration(settings, MAX_SOCKETS, 'lambda'));
}

/** Its answers come when functions have run. */
export function createInvocationClient(settings: AwsSettings): LambdaClient {
  return new LambdaClient(clientConfiguration(settings, 1, 'lambda', LONGEST_INVOCATION));
}

/** @param invocations one from `createInvocationClient` */
export function lambdaFunctions(client: LambdaClient, invocations: LambdaClient): FunctionService {
  return {
    get: (name, qualifier) =>
      call('GetFunction', async () => {
        const input = { FunctionName: name, ...(qualifier && { Qualifier: qualifier }) };
        const { Configuration, Code } = await client.send(new GetFunctionCommand(input));
        // AWS names the object that it reads, instead of a place to load its own copy from.
        const storageMode = Code?.ResolvedS3Object ? ('REFERENCE' as const) : ('COPY' as const);
        const sourceKmsKeyArn = Code?.SourceKMSKeyArn ?? null;
        return { ...remoteFunction(name, Configuration ?? {}), storageMode, sourceKmsKeyArn };
      }),

    updateCode: ({ name, architecture, revisionId, sourceKmsKeyArn, ...code }) =>
      call('UpdateFunctionCode', async () =>
        remoteFunction(
          name,
          await client.send(
            new UpdateFunctionCodeCommand({
              FunctionName: name,
              Architectures: [architecture],
              RevisionId: revisionId,
              SourceKMSKeyArn: sourceKmsKeyArn,
              ...codeInput(code),
            }),
          ),
        ),
      ),

    updateLayers: ({ name, layers, revisionId }) =>
      call('UpdateFunctionConfiguration', async () =>
        remoteFunction(
          name,
          await client.send(
            new UpdateFunctionConfigurationCommand({
              FunctionName: name,
              Layers: [...layers],
              RevisionId: revisionId,
            }),
          ),
        ),
      ),

    publish: (name, codeSha256) =>
      call('PublishVersion', async () =>
        remoteFunction(
          name,
          await client.send(
            new PublishVersionCommand({ FunctionName: name, CodeSha256: codeSha256 }),
          ),
        ),
      ),

    aliasWeights: (name, alias) =>
      call('GetAlias', async () => {
        const { RoutingConfig } = await client.send(
          new GetAliasCommand({ FunctionName: name, Name: alias }),
        );
        return RoutingConfig?.AdditionalVersionWeights ?? {};
      }),

    createAlias: (alias) =>
      call('CreateAlias', async () => {
        await client.send(new CreateAliasCommand(aliasInput(alias)));
        return undefined;
      }),

    updateAlias: (alias) =>
      call('UpdateAlias', async () => {
        await client.send(new UpdateAliasCommand(aliasInput(alias)));
        return undefined;
      }),

    create: ({ name, runtime, handler, architecture, role, memory, timeout, ...request }) =>
      call('CreateFunction', async () => {
        const { environment, layers, ...code } = request;
        const created = await client.send(
          new CreateFunctionCommand({
            FunctionName: name,
            Runtime: runtime as Runtime,
            Handler: handler,
            Architectures: [architecture],
            Role: role,
            Code: codeInput(code),
            MemorySize: memory,
            Timeout: timeout,
            ...(environment && { Environment: { Variables: { ...environment } } }),
            ...(layers.length > 0 && { Layers: [...layers] }),
          }),
        );
        return remoteFunction(name, created);
      }),

    invoke: (name, payload, qualifier) =>
      call('Invoke', async () => {
        const { FunctionError, Payload } = await invocations.send(
          new InvokeCommand({
            FunctionName: name,
            Qualifier: qualifier,
            Payload: Buffer.from(payload),
          }),
        );
        return {
          payload: Buffer.from(Payload ?? []).toString('utf8'),
          ...(FunctionError === undefined ? {} : { functionError: FunctionError }),
        };
      }),

    codeStorage: () =>
      call('GetAccountSettings', async () => {
        const { AccountLimit, AccountUsage } = await client.send(new GetAccountSettingsCommand({}));
        const limit = AccountLimit?.TotalCodeSize ?? Infinity;
        return { limit, used: AccountUsage?.TotalCodeSize ?? 0 };
      }),
  };
}

function codeInput({
  bucket,
  key,
  versionId,
  storageMode,
}: Pick<CodeUpdate, 'bucket' | 'key' | 'versionId' | 'storageMode'>) {
  return {
    S3Bucket: bucket,
    S3Key: key,
    S3ObjectVersion: versionId,
    S3ObjectStorageMode: storageMode,
  };
}

/** An empty list of weights takes away those of an earlier shift. */
function aliasInput({ name, alias, version, weights }: AliasUpdate) {
  return {
    FunctionName: name,
    Name: alias,
    FunctionVersion: version,
    RoutingConfig: { AdditionalVersionWeights: { ...weights } },
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
    stateReasonCode: configuration.StateReasonCode,
    lastUpdateStatus: configuration.LastUpdateStatus,
    lastUpdateStatusReason: configuration.LastUpdateStatusReason,
    revisionId: configuration.RevisionId,
    // $LATEST is no version that anything could point to.
    version: configuration.Version === '$LATEST' ? undefined : configuration.Version,
    ...(configuration.DurableConfig && { isDurable: true }),
    ...(configuration.CapacityProviderConfig && { isManaged: true }),
    ...(configuration.SigningJobArn && { isSigned: true }),
    settings: versionedSettings(configuration),
  };
}

/** What a version keeps for good, but code, layers and what deploy compares anyway. */
function versionedSettings(configuration: FunctionConfiguration): Record<string, string> {
  const { VpcConfig, Environment, SnapStart } = configuration;
  const settings = {
    role: configuration.Role,
    timeout: configuration.Timeout,
    memory: configuration.MemorySize,
    environment: Environment?.Variables,
    'environment key': configuration.KMSKeyArn,
    VPC: VpcConfig && [
      VpcConfig.SubnetIds,
      VpcConfig.SecurityGroupIds,
      VpcConfig.Ipv6AllowedForDualStack,
    ],
    'dead letter queue': configuration.DeadLetterConfig?.TargetArn,
    tracing: configuration.TracingConfig?.Mode,
    'file systems': configuration.FileSystemConfigs,
    'ephemeral storage': configuration.EphemeralStorage?.Size,
    SnapStart: SnapStart?.ApplyOn,
    logging: configuration.LoggingConfig,
    'capacity provider': configuration.CapacityProviderConfig,
    durability: configuration.DurableConfig,
  };
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, digestOf(value)]),
  );
}

/** The order of keys and of lists without one says nothing. */
function digestOf(value: unknown): string {
  const sorted = (_: string, one: unknown): unknown => {
    if (Array.isArray(one)) return [...(one as unknown[])].sort();
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const text = JSON.stringify(value, sorted) ?? '';
  return createHash('sha256').update(text).digest('base64');
}
