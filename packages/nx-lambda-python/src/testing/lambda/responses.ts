/** Lambda's answers: configurations, aliases, pages and errors as the REST API words them. */

import { AwsError } from '../aws-error';
import type { AwsResponse, Context } from '../protocol';
import { hexToBase64 } from '../state/state';
import type { Alias, FunctionCode, FunctionVersion, StoredFunction } from './model';
import { functionArn } from './model';

/** Lambda gives 50 at a time, or fewer if asked. */
const PAGE_SIZE = 50;

export function json(status: number, value: unknown): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** `Type` is User for the caller's faults and Service for Lambda's own. */
export function lambdaErrorResponse(error: AwsError): AwsResponse {
  const type = error.status < 500 ? 'User' : 'Service';
  // Lambda writes `Message` in most errors and `message` when it throttles; clients take both.
  const message = error.status === 429 ? 'message' : 'Message';
  const response = json(error.status, { ...error.fields, Type: type, [message]: error.message });
  response.headers['x-amzn-errortype'] = error.code;
  return { ...response, headers: { ...response.headers, ...error.headers } };
}

/** A FunctionConfiguration with all fields. `qualifier` as asked for; it ends the ARN. */
export function configuration(
  { account, region }: Context,
  { name }: StoredFunction,
  version: FunctionVersion,
  qualifier?: string,
): Record<string, unknown> {
  return {
    ...listed({ account, region }, name, version, qualifier),
    ...stateFields(version),
    ...updateFields(version),
  };
}

/**
 * What ListFunctions and ListVersionsByFunction say of it: no State and no LastUpdateStatus.
 * Source: Lambda API reference, ListFunctions, "returns a subset of the fields".
 */
export function listed(
  { account, region }: Pick<Context, 'account' | 'region'>,
  name: string,
  version: FunctionVersion,
  qualifier?: string,
): Record<string, unknown> {
  const { settings } = version;
  const arn = functionArn(account.accountId, region, name);
  return {
    FunctionName: name,
    FunctionArn: qualifier === undefined ? arn : `${arn}:${qualifier}`,
    ...(!settings.image && { Runtime: settings.runtime, Handler: settings.handler }),
    Role: settings.role,
    CodeSize: version.code.size,
    Description: settings.description,
    Timeout: settings.timeout,
    MemorySize: settings.memorySize,
    LastModified: version.lastModified,
    CodeSha256: hexToBase64(version.code.sha256),
    Version: version.version,
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: version.revisionId,
    PackageType: settings.image ? 'Image' : 'Zip',
    Architectures: settings.architectures,
    EphemeralStorage: { Size: 512 },
    SnapStart: snapStart(version),
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}` },
    ...(settings.environment && { Environment: { Variables: settings.environment } }),
    ...(settings.attachedLayers && {
      Layers: settings.attachedLayers.map(({ arn, size }) => ({ Arn: arn, CodeSize: size })),
    }),
    ...(settings.durable && {
      DurableConfig: {
        ExecutionTimeout: settings.durable.executionTimeout,
        RetentionPeriodInDays: settings.durable.retentionDays,
      },
    }),
    ...(settings.capacityProvider && {
      CapacityProviderConfig: {
        LambdaManagedInstancesCapacityProviderConfig: {
          CapacityProviderArn: settings.capacityProvider,
        },
      },
    }),
    ...(settings.codeSigning && {
      SigningProfileVersionArn: `arn:aws:signer:${region}:${account.accountId}:/signing-profiles/simulated/1`,
      SigningJobArn: `arn:aws:signer:${region}:${account.accountId}:/signing-jobs/simulated`,
    }),
  };
}

export function aliasConfiguration(
  { account, region }: Context,
  { name }: StoredFunction,
  alias: Alias,
): Record<string, unknown> {
  return {
    AliasArn: `${functionArn(account.accountId, region, name)}:${alias.name}`,
    Name: alias.name,
    FunctionVersion: alias.functionVersion,
    Description: alias.description,
    RevisionId: alias.revisionId,
    ...(Object.keys(alias.weights).length > 0 && {
      RoutingConfig: { AdditionalVersionWeights: alias.weights },
    }),
  };
}

/**
 * Where an archive can be had, or, where Lambda keeps no copy, the object that it is in: never both.
 * Source: AWS Lambda API reference, FunctionCodeLocation; its values as GetFunction answers on AWS.
 */
export function codeSource(
  { account }: Pick<Context, 'account'>,
  { sha256, reference, sourceKmsKeyArn: SourceKMSKeyArn }: FunctionCode,
): Record<string, unknown> {
  if (reference === undefined) {
    const Location = `${account.endpoint}/_code/${account.downloadToken}/${sha256}`;
    return { Location, SourceKMSKeyArn };
  }
  const { bucket, key, versionId } = reference;
  const ResolvedS3Object = { S3Bucket: bucket, S3Key: key, S3ObjectVersion: versionId };
  return { ResolvedS3Object, SourceKMSKeyArn };
}

/** One page of `items`; the marker is the position where the next begins. */
export function page<T>(items: T[], query: URLSearchParams): { items: T[]; NextMarker?: string } {
  const marker = query.get('Marker') ?? '0';
  if (!/^\d+$/.test(marker)) {
    throw new AwsError(400, 'InvalidParameterValueException', `Invalid marker: ${marker}`);
  }
  const start = Number(marker);
  const end = start + Math.min(Number(query.get('MaxItems') ?? PAGE_SIZE) || PAGE_SIZE, PAGE_SIZE);
  const next = end < items.length ? { NextMarker: String(end) } : {};
  return { items: items.slice(start, end), ...next };
}

/**
 * Only a published version has a snapshot, and it is there when the version is Active.
 * Source: AWS Lambda developer guide, "Activating and managing Lambda SnapStart".
 */
function snapStart({ settings, version, state }: FunctionVersion): Record<string, string> {
  const isOn = settings.snapStart === true && version !== '$LATEST' && state === 'Active';
  return {
    ApplyOn: settings.snapStart ? 'PublishedVersions' : 'None',
    OptimizationStatus: isOn ? 'On' : 'Off',
  };
}

function stateFields({ state, update }: FunctionVersion): Record<string, unknown> {
  if (state === 'Active') return { State: 'Active' };
  if (state === 'Inactive') {
    return {
      State: 'Inactive',
      StateReason: 'Lambda cannot read the Amazon S3 object of the deployment package.',
      StateReasonCode: 'InvalidConfiguration',
    };
  }
  if (state === 'Pending') {
    return {
      State: 'Pending',
      StateReason: 'The function is being created.',
      StateReasonCode: 'Creating',
    };
  }
  return {
    State: 'Failed',
    StateReason: update.failure?.reason,
    StateReasonCode: update.failure?.reasonCode,
  };
}

/** A function that is still being created has no update to report. */
function updateFields({ state, update }: FunctionVersion): Record<string, unknown> {
  if (state === 'Pending') return {};
  switch (update.status) {
    case 'Successful':
      return { LastUpdateStatus: 'Successful' };
    case 'InProgress':
      return {
        LastUpdateStatus: 'InProgress',
        LastUpdateStatusReason: 'The function is being created.',
        LastUpdateStatusReasonCode: 'Creating',
      };
    case 'Failed':
      return {
        LastUpdateStatus: 'Failed',
        LastUpdateStatusReason: update.failure?.reason,
        LastUpdateStatusReasonCode: update.failure?.reasonCode,
      };
  }
}
