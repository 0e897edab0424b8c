/** Lambda through the AWS SDK: functions, layers, versions. */

import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  ExecutionStatus,
  GetAccountSettingsCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetLayerVersionCommand,
  InvokeCommand,
  LambdaClient,
  ListAliasesCommand,
  ListDurableExecutionsByFunctionCommand,
  ListLayerVersionsCommand,
  ListVersionsByFunctionCommand,
  PublishLayerVersionCommand,
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
  LayerService,
} from '../../release/calls/function-service';
import type { RemoteFunction } from '../../release/model/remote-function';
import type { PublishedVersion, VersionService } from '../../release/versions/version-prune';
import { absentAsNull, call } from './call';
import { clientConfiguration, type AwsSettings } from './settings';

/** As many as deploy waits for at once: each poll finds an open connection. */
const MAX_SOCKETS = 100;

/** Milliseconds of a function's longest run (Lambda API, Timeout: 900 s) and of the way there and back. */
const LONGEST_INVOCATION = 960_000;

export async function createLambdaClient(settings: AwsSettings): Promise<LambdaClient> {
  return new LambdaClient(await clientConfiguration(settings, MAX_SOCKETS, 'lambda'));
}

/** Its answers come when functions have run. */
export async function createInvocationClient(settings: AwsSettings): Promise<LambdaClient> {
  return new LambdaClient(await clientConfiguration(settings, 1, 'lambda', LONGEST_INVOCATION));
}

/** @param invocations one from `createInvocationClient` */
export function lambdaFunctions(client: LambdaClient, invocations: LambdaClient): FunctionService {
  return {
    get: (name, qualifier) =>
      call('GetFunction', async () => {
        const input = { FunctionName: name, Qualifier: qualifier };
        const { Configuration, Code } = await client.send(new GetFunctionCommand(input));
        // AWS names the object that it reads, or else the place of its own copy.
        const storageMode = Code?.ResolvedS3Object ? ('REFERENCE' as const) : ('COPY' as const);
        const sourceKmsKeyArn = Code?.SourceKMSKeyArn ?? null;
        return { ...remoteFunction(name, Configuration ?? {}), storageMode, sourceKmsKeyArn };
      }),

    updateCode: ({ name, architecture, revisionId, sourceKmsKeyArn, ...code }) =>
      call('UpdateFunctionCode', async () => {
        const command = new UpdateFunctionCodeCommand({
          FunctionName: name,
          Architectures: [architecture],
          RevisionId: revisionId,
          SourceKMSKeyArn: sourceKmsKeyArn,
          ...codeInput(code),
        });
        return remoteFunction(name, await client.send(command));
      }),

    updateLayers: ({ name, layers, revisionId }) =>
      call('UpdateFunctionConfiguration', async () => {
        const input = { FunctionName: name, Layers: [...layers], RevisionId: revisionId };
        return remoteFunction(
          name,
          await client.send(new UpdateFunctionConfigurationCommand(input)),
        );
      }),

    publish: (name, codeSha256) =>
      call('PublishVersion', async () => {
        const input = { FunctionName: name, CodeSha256: codeSha256 };
        return remoteFunction(name, await client.send(new PublishVersionCommand(input)));
      }),

    aliasWeights: (name, alias) =>
      call('GetAlias', async () => {
        const input = { FunctionName: name, Name: alias };
        const { RoutingConfig } = await client.send(new GetAliasCommand(input));
        return RoutingConfig?.AdditionalVersionWeights ?? {};
      }),

    createAlias: (alias) =>
      call('CreateAlias', () => client.send(new CreateAliasCommand(aliasInput(alias)))),

    updateAlias: (alias) =>
      call('UpdateAlias', () => client.send(new UpdateAliasCommand(aliasInput(alias)))),

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
        const input = { FunctionName: name, Qualifier: qualifier, Payload: Buffer.from(payload) };
        const { FunctionError, Payload } = await invocations.send(new InvokeCommand(input));
        const text = Buffer.from(Payload ?? []).toString('utf8');
        return { payload: text, functionError: FunctionError };
      }),

    codeStorage: () =>
      call('GetAccountSettings', async () => {
        const { AccountLimit, AccountUsage } = await client.send(new GetAccountSettingsCommand({}));
        const limit = AccountLimit?.TotalCodeSize ?? Infinity;
        return { limit, used: AccountUsage?.TotalCodeSize ?? 0 };
      }),
  };
}

type Code = Pick<CodeUpdate, 'bucket' | 'key' | 'versionId' | 'storageMode'>;

function codeInput({ bucket, key, versionId, storageMode }: Code) {
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
    // AWS's default.
    architecture: configuration.Architectures?.[0] ?? 'x86_64',
    packageType: configuration.PackageType ?? 'Zip',
    layers: (configuration.Layers ?? []).flatMap(({ Arn }) => Arn ?? []),
    codeSha256: configuration.CodeSha256,
    state: configuration.State,
    stateReasonCode: configuration.StateReasonCode,
    lastUpdateStatus: configuration.LastUpdateStatus,
    lastUpdateStatusReason: configuration.LastUpdateStatusReason,
    revisionId: configuration.RevisionId,
    // $LATEST is not a version that an alias can name.
    version: configuration.Version === '$LATEST' ? undefined : configuration.Version,
    ...(configuration.DurableConfig && { isDurable: true }),
    ...(configuration.CapacityProviderConfig && { isManaged: true }),
    ...(configuration.SigningJobArn && { isSigned: true }),
    settings: versionedSettings(configuration),
  };
}

/** What a version keeps for good, without code, layers and what deploy compares anyway. */
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

/** The order of keys and of lists has no meaning. */
function digestOf(value: unknown): string {
  const sorted = (_: string, one: unknown): unknown => {
    if (Array.isArray(one)) return [...(one as unknown[])].sort();
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const text = JSON.stringify(value, sorted) ?? '';
  return createHash('sha256').update(text).digest('base64');
}

export function lambdaLayers(client: LambdaClient): LayerService {
  return {
    async newest(name) {
      const listed = await call('ListLayerVersions', async () => {
        // The newest comes first; an unknown layer has none.
        const { LayerVersions } = await client.send(
          new ListLayerVersionsCommand({ LayerName: name, MaxItems: 1 }),
        );
        return LayerVersions?.[0]?.Version ?? null;
      });
      if (!listed.ok) return absentAsNull(listed);
      if (listed.value === null) return { ok: true, value: null };
      const version = listed.value;
      return call('GetLayerVersion', async () => {
        const { Content, LayerVersionArn } = await client.send(
          new GetLayerVersionCommand({ LayerName: name, VersionNumber: version }),
        );
        return { arn: LayerVersionArn ?? '', sha256: Content?.CodeSha256 ?? '' };
      });
    },

    publish: ({ name, bucket, key, runtime, architecture }) =>
      call('PublishLayerVersion', async () => {
        const { Content, LayerVersionArn } = await client.send(
          new PublishLayerVersionCommand({
            LayerName: name,
            Content: { S3Bucket: bucket, S3Key: key },
            CompatibleRuntimes: [runtime as Runtime],
            CompatibleArchitectures: [architecture],
          }),
        );
        return { arn: LayerVersionArn ?? '', sha256: Content?.CodeSha256 ?? '' };
      }),
  };
}

export function lambdaVersions(client: LambdaClient): VersionService {
  return {
    listVersions: (name, marker) =>
      call('ListVersionsByFunction', async () => {
        const { Versions = [], NextMarker } = await client.send(
          new ListVersionsByFunctionCommand({ FunctionName: name, Marker: marker }),
        );
        return {
          arn: Versions[0]?.FunctionArn,
          versions: Versions.flatMap(
            ({ Version, CodeSize = 0, CodeSha256 = null, DurableConfig }): PublishedVersion[] =>
              isNumber(Version)
                ? [
                    {
                      ...{ version: Version, size: CodeSize, codeSha256: CodeSha256 },
                      ...(DurableConfig && { isDurable: true }),
                    },
                  ]
                : [],
          ),
          marker: NextMarker || undefined,
        };
      }),

    listAliases: (name, marker) =>
      call('ListAliases', async () => {
        const { Aliases = [], NextMarker } = await client.send(
          new ListAliasesCommand({ FunctionName: name, Marker: marker }),
        );
        return {
          aliases: Aliases.map(({ Name = '', FunctionVersion, RoutingConfig }) => ({
            name: Name,
            versions: [
              ...(FunctionVersion === undefined ? [] : [FunctionVersion]),
              ...Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {}),
            ],
          })),
          marker: NextMarker || undefined,
        };
      }),

    hasRunningExecution: (name, version) =>
      call('ListDurableExecutionsByFunction', async () => {
        const running = {
          FunctionName: name,
          Qualifier: version,
          Statuses: [ExecutionStatus.RUNNING],
        };
        for (let Marker: string | undefined; ;) {
          const { DurableExecutions = [], NextMarker } = await client.send(
            new ListDurableExecutionsByFunctionCommand({ ...running, Marker, MaxItems: 1 }),
          );
          if (DurableExecutions.length > 0) return true;
          if (!NextMarker) return false;
          Marker = NextMarker;
        }
      }),

    async deleteVersion(name, version) {
      // Without a qualifier this call deletes the whole function.
      if (!isNumber(version)) throw new Error(`not a published version of ${name}: "${version}"`);
      return call('DeleteFunction', () =>
        client.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier: version })),
      );
    },
  };
}

function isNumber(version: string | undefined): version is string {
  return version !== undefined && /^[1-9]\d*$/.test(version);
}
