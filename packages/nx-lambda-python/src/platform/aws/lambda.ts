/** Lambda through the AWS SDK: functions, layers, versions. */

import {
  ExecutionStatus,
  Lambda,
  type FunctionConfiguration,
  type GetLayerVersionResponse,
  type Runtime,
} from '@aws-sdk/client-lambda';
import { createHash } from 'node:crypto';
import type {
  AliasUpdate,
  CodeUpdate,
  FunctionService,
  LayerService,
  LayerVersion,
} from '../../release/calls/function-service';
import type { RemoteFunction } from '../../release/model/remote-function';
import type { VersionService } from '../../release/versions/version-prune';
import { absentAsNull, call } from './call';
import { clientConfiguration, type AwsSettings } from './settings';

/** As many as deploy waits for at once: each poll finds an open connection. */
const MAX_SOCKETS = 100;

/** Milliseconds of a function's longest run (Lambda API, Timeout: 900 s) and of the way there and back. */
const LONGEST_INVOCATION = 960_000;

export async function createLambdaClient(settings: AwsSettings): Promise<Lambda> {
  return new Lambda(await clientConfiguration(settings, MAX_SOCKETS, 'lambda'));
}

/** Its answers come when functions have run. */
export async function createInvocationClient(settings: AwsSettings): Promise<Lambda> {
  return new Lambda(await clientConfiguration(settings, 1, 'lambda', LONGEST_INVOCATION));
}

/** @param invocations one from `createInvocationClient` */
export function lambdaFunctions(client: Lambda, invocations: Lambda): FunctionService {
  return {
    get: (FunctionName, Qualifier) =>
      call('GetFunction', async () => {
        const { Configuration, Code } = await client.getFunction({ FunctionName, Qualifier });
        // AWS names the object that it reads, or else the place of its own copy.
        const storageMode = Code?.ResolvedS3Object ? ('REFERENCE' as const) : ('COPY' as const);
        const sourceKmsKeyArn = Code?.SourceKMSKeyArn ?? null;
        return { ...remoteFunction(FunctionName, Configuration), storageMode, sourceKmsKeyArn };
      }),

    updateCode: ({ name, architecture, revisionId, sourceKmsKeyArn, ...code }) =>
      call('UpdateFunctionCode', async () => {
        const updated = await client.updateFunctionCode({
          FunctionName: name,
          Architectures: [architecture],
          RevisionId: revisionId,
          SourceKMSKeyArn: sourceKmsKeyArn,
          ...codeInput(code),
        });
        return remoteFunction(name, updated);
      }),

    updateLayers: ({ name, layers, revisionId }) =>
      call('UpdateFunctionConfiguration', async () => {
        const input = { FunctionName: name, Layers: [...layers], RevisionId: revisionId };
        return remoteFunction(name, await client.updateFunctionConfiguration(input));
      }),

    publish: (FunctionName, CodeSha256) =>
      call('PublishVersion', async () => {
        const published = await client.publishVersion({ FunctionName, CodeSha256 });
        return remoteFunction(FunctionName, published);
      }),

    aliasWeights: (FunctionName, Name) =>
      call('GetAlias', async () => {
        const { RoutingConfig } = await client.getAlias({ FunctionName, Name });
        return RoutingConfig?.AdditionalVersionWeights ?? {};
      }),

    createAlias: (alias) => call('CreateAlias', () => client.createAlias(aliasInput(alias))),
    updateAlias: (alias) => call('UpdateAlias', () => client.updateAlias(aliasInput(alias))),

    create: ({ name, runtime, handler, architecture, role, memory, timeout, ...request }) =>
      call('CreateFunction', async () => {
        const { environment, layers, ...code } = request;
        const created = await client.createFunction({
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
        });
        return remoteFunction(name, created);
      }),

    invoke: (FunctionName, payload, Qualifier) =>
      call('Invoke', async () => {
        const input = { FunctionName, Qualifier, Payload: Buffer.from(payload) };
        const { FunctionError, Payload } = await invocations.invoke(input);
        const text = Buffer.from(Payload ?? []).toString('utf8');
        return { payload: text, functionError: FunctionError };
      }),

    codeStorage: () =>
      call('GetAccountSettings', async () => {
        const { AccountLimit, AccountUsage } = await client.getAccountSettings({});
        const limit = AccountLimit?.TotalCodeSize ?? Infinity;
        return { limit, used: AccountUsage?.TotalCodeSize ?? 0 };
      }),
  };
}

type Code = Pick<CodeUpdate, 'bucket' | 'key' | 'versionId' | 'storageMode'>;

function codeInput({ bucket, key, versionId, storageMode }: Code) {
  const object = { S3Bucket: bucket, S3Key: key, S3ObjectVersion: versionId };
  return { ...object, S3ObjectStorageMode: storageMode };
}

/** An empty list of weights takes away those of an earlier shift. */
function aliasInput({ name, alias, version, weights }: AliasUpdate) {
  const RoutingConfig = { AdditionalVersionWeights: { ...weights } };
  return { FunctionName: name, Name: alias, FunctionVersion: version, RoutingConfig };
}

function remoteFunction(name: string, configuration: FunctionConfiguration = {}): RemoteFunction {
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

export function lambdaLayers(client: Lambda): LayerService {
  const versionOf = ({ Content, LayerVersionArn = '' }: GetLayerVersionResponse): LayerVersion => ({
    arn: LayerVersionArn,
    sha256: Content?.CodeSha256 ?? '',
  });
  return {
    async newest(LayerName) {
      const listed = await call('ListLayerVersions', async () => {
        // The newest comes first; an unknown layer has none.
        const { LayerVersions } = await client.listLayerVersions({ LayerName, MaxItems: 1 });
        return LayerVersions?.[0]?.Version ?? null;
      });
      if (!listed.ok) return absentAsNull(listed);
      const { value: VersionNumber } = listed;
      if (VersionNumber === null) return { ok: true, value: null };
      return call('GetLayerVersion', async () =>
        versionOf(await client.getLayerVersion({ LayerName, VersionNumber })),
      );
    },

    publish: ({ name, bucket, key, runtime, architecture }) =>
      call('PublishLayerVersion', async () => {
        const published = await client.publishLayerVersion({
          LayerName: name,
          Content: { S3Bucket: bucket, S3Key: key },
          CompatibleRuntimes: [runtime as Runtime],
          CompatibleArchitectures: [architecture],
        });
        return versionOf(published);
      }),
  };
}

export function lambdaVersions(client: Lambda): VersionService {
  return {
    listVersions: (FunctionName, Marker) =>
      call('ListVersionsByFunction', async () => {
        const page = await client.listVersionsByFunction({ FunctionName, Marker });
        const { Versions = [], NextMarker } = page;
        const versions = Versions.flatMap(
          ({ Version = '', CodeSize: size = 0, CodeSha256: codeSha256 = null, DurableConfig }) =>
            isNumber(Version)
              ? {
                  ...{ version: Version, size, codeSha256 },
                  ...(DurableConfig && { isDurable: true as const }),
                }
              : [],
        );
        return { arn: Versions[0]?.FunctionArn, versions, marker: NextMarker || undefined };
      }),

    listAliases: (FunctionName, Marker) =>
      call('ListAliases', async () => {
        const { Aliases = [], NextMarker } = await client.listAliases({ FunctionName, Marker });
        const aliases = Aliases.map(({ Name: name = '', FunctionVersion, RoutingConfig }) => {
          const weights = RoutingConfig?.AdditionalVersionWeights ?? {};
          return { name, versions: [FunctionVersion ?? [], Object.keys(weights)].flat() };
        });
        return { aliases, marker: NextMarker || undefined };
      }),

    hasRunningExecution: (FunctionName, Qualifier) =>
      call('ListDurableExecutionsByFunction', async () => {
        const running = { FunctionName, Qualifier, Statuses: [ExecutionStatus.RUNNING] };
        for (let Marker: string | undefined; ;) {
          const asked = { ...running, Marker, MaxItems: 1 };
          const page = await client.listDurableExecutionsByFunction(asked);
          if (page.DurableExecutions?.length) return true;
          if (!page.NextMarker) return false;
          Marker = page.NextMarker;
        }
      }),

    async deleteVersion(FunctionName, Qualifier) {
      // Without a qualifier this call deletes the whole function.
      if (!isNumber(Qualifier)) {
        throw new Error(`not a published version of ${FunctionName}: "${Qualifier}"`);
      }
      return call('DeleteFunction', () => client.deleteFunction({ FunctionName, Qualifier }));
    },
  };
}

function isNumber(version: string): boolean {
  return /^[1-9]\d*$/.test(version);
}
