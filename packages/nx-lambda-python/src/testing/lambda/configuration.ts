/** A function's configuration: read from requests, with its layers, and as answers show it. */

import { notAuthorized } from '../protocol/aws-error';
import type { Context } from '../protocol/call';
import type {
  AttachedLayer,
  FunctionSettings,
  FunctionVersion,
  StoredFunction,
} from '../state/model';
import { hexToBase64, regionalId } from '../state/model';
import { functionArn } from './lifecycle';
import type { JsonObject } from './rest';
import { integer, invalidParameter, object, required, text, texts, validation } from './rest';

/** Families of runtimes: the versions that Lambda accepts change too often to be listed. */
const RUNTIME =
  /^(?:python3\.\d+|nodejs\d+\.x|java\d+(?:\.al2)?|dotnet\d+|ruby\d+\.\d+|provided\.al2(?:023)?)$/;
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/;

/** Source: AWS Lambda developer guide, "Lambda quotas": five layers a function. */
const MOST = 5;

/** @throws AwsError 400 naming the field that Lambda would refuse */
export function initialSettings(context: Context, body: JsonObject): FunctionSettings {
  required(text(body, 'Role'), 'role');
  const runtime = requiredForZip(body, 'Runtime');
  const handler = requiredForZip(body, 'Handler');
  const architectures = readArchitectures(body);
  const blank = { ...DEFAULT_SETTINGS, runtime, handler, role: '', architectures };
  return changedSettings(context, blank, body);
}

export const DEFAULT_SETTINGS = { description: '', timeout: 3, memorySize: 128 };

/** Fields that the request leaves out stay as they are. */
export function changedSettings(
  context: Context,
  current: FunctionSettings,
  body: JsonObject,
): FunctionSettings {
  const role = text(body, 'Role');
  if (role !== undefined && !ROLE.test(role)) {
    throw validation(`Value '${role}' at 'role' failed to satisfy constraint`);
  }
  const runtime = text(body, 'Runtime');
  if (runtime !== undefined && !RUNTIME.test(runtime)) {
    throw invalidParameter(
      `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set`,
    );
  }
  const variables = object(body, 'Environment');
  const layers = texts(body, 'Layers');
  const snapStart = object(body, 'SnapStart');
  const durable = object(body, 'DurableConfig');
  const capacity = object(body, 'CapacityProviderConfig');
  const instances = capacity && object(capacity, 'LambdaManagedInstancesCapacityProviderConfig');
  return {
    ...current,
    runtime: runtime ?? current.runtime,
    handler: text(body, 'Handler') ?? current.handler,
    role: role ?? current.role,
    description: text(body, 'Description') ?? current.description,
    timeout: within(integer(body, 'Timeout'), 'timeout', 1, 900) ?? current.timeout,
    memorySize:
      within(integer(body, 'MemorySize'), 'memorySize', 128, 10_240) ?? current.memorySize,
    ...(variables && { environment: readVariables(variables) }),
    ...(layers && { attachedLayers: attachLayers(context, layers) }),
    ...(snapStart && { snapStart: text(snapStart, 'ApplyOn') === 'PublishedVersions' }),
    ...(durable && { durable: readDurability(durable) }),
    ...(instances && {
      capacityProvider: required(text(instances, 'CapacityProviderArn'), 'capacityProviderArn'),
    }),
  };
}

/**
 * Lambda takes x86_64 if the request names no architecture, even for a function that was arm64.
 * Source: Lambda API reference, UpdateFunctionCode, Architectures, "The default value is x86_64".
 */
export function readArchitectures(body: JsonObject): string[] {
  const architectures = texts(body, 'Architectures') ?? ['x86_64'];
  const [first] = architectures;
  if (architectures.length !== 1 || (first !== 'x86_64' && first !== 'arm64')) {
    throw validation(
      `Value '[${architectures.join(', ')}]' at 'architectures' failed to satisfy constraint`,
    );
  }
  return architectures;
}

function readVariables(environment: JsonObject): Record<string, string> {
  const variables = object(environment, 'Variables') ?? {};
  const names = Object.keys(variables);
  return Object.fromEntries(names.map((name) => [name, text(variables, name) ?? '']));
}

/** Source: Lambda API reference, DurableConfig: seconds, up to a year; days, 14 by default, up to 90. */
function readDurability(config: JsonObject): NonNullable<FunctionSettings['durable']> {
  const timeout = required(integer(config, 'ExecutionTimeout'), 'executionTimeout');
  const days = integer(config, 'RetentionPeriodInDays') ?? 14;
  return {
    executionTimeout: within(timeout, 'executionTimeout', 1, 31_622_400) ?? timeout,
    retentionDays: within(days, 'retentionPeriodInDays', 1, 90) ?? days,
  };
}

function requiredForZip(body: JsonObject, field: string): string {
  const value = text(body, field);
  if (value !== undefined) return value;
  throw invalidParameter(
    'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
  );
}

function within(
  value: number | undefined,
  field: string,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined || (value >= least && value <= most)) return value;
  throw validation(
    `Value '${value}' at '${field}' failed to satisfy constraint: ${least} to ${most}`,
  );
}

const VERSION_ARN =
  /^(?<layer>arn:aws[a-z-]*:lambda:(?<region>[a-z0-9-]+):(?<owner>\d{12}):layer:(?<name>[A-Za-z0-9_-]{1,140})):(?<version>\d+)$/;

/** @throws AwsError 400 if it is not the ARN of a layer's version */
function readLayerVersionArn(arn: string) {
  const groups = VERSION_ARN.exec(arn)?.groups;
  if (groups === undefined) throw invalidParameter(`Layer version ARN ${arn} is invalid.`);
  const { layer = '', region = '', owner = '', name = '', version = '' } = groups;
  return { arn, layer, region, owner, name, version: Number(version) };
}

/**
 * Sources of the refusals: localstack/localstack, test_lambda_api.py, TestLambdaLayer, validated
 * there against AWS.
 * @throws AwsError 400 or 403 when one is missing, of another region or account, or named twice
 */
function attachLayers(context: Context, arns: string[]): AttachedLayer[] {
  if (arns.length > MOST) throw invalidParameter(`Cannot reference more than ${MOST} layers.`);
  const references = arns.map(readLayerVersionArn);
  references.forEach(({ layer }, index) => {
    const first = references.findIndex((other) => other.layer === layer);
    if (first === index) return;
    throw invalidParameter(
      `Two different versions of the same layer are not allowed to be referenced in the same function. ${arns[first]} and ${arns[index]}`,
    );
  });
  return references.map((reference) => attach(context, reference));
}

function attach(
  { state, region, account: { accountId } }: Context,
  { arn, name, owner, ...reference }: ReturnType<typeof readLayerVersionArn>,
): AttachedLayer {
  // Layers of another account need its permission, which this account never has.
  if (owner !== accountId) {
    throw notAuthorized(accountId, 'lambda:GetLayerVersion', arn, 'resource');
  }
  if (reference.region !== region) {
    throw invalidParameter(
      `Layers are not in the same region as the function. Layers are expected to be in region ${region}.`,
    );
  }
  const versions = state.read('layers', regionalId(region, name))?.versions ?? [];
  const { code } = versions.find(({ version }) => version === reference.version) ?? {};
  if (code === undefined) throw invalidParameter(`Layer version ${arn} does not exist.`);
  return { arn, sha256: code.sha256, size: code.size };
}

/** A FunctionConfiguration with all fields. `qualifier` as asked for; it ends the ARN. */
export function configuration(
  context: Context,
  { name }: StoredFunction,
  version: FunctionVersion,
  qualifier?: string,
): Record<string, unknown> {
  return {
    ...listed(context, name, version, qualifier),
    ...stateFields(version),
    ...updateFields(version),
  };
}

/**
 * What ListVersionsByFunction says of it: no State and no LastUpdateStatus.
 * Source: Lambda API reference, ListFunctions, "returns a subset of the fields".
 */
export function listed(
  context: Context,
  name: string,
  version: FunctionVersion,
  qualifier?: string,
): Record<string, unknown> {
  const { settings } = version;
  const arn = functionArn(context, name);
  const signer = `arn:aws:signer:${context.region}:${context.account.accountId}`;
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
      SigningProfileVersionArn: `${signer}:/signing-profiles/simulated/1`,
      SigningJobArn: `${signer}:/signing-jobs/simulated`,
    }),
  };
}

/**
 * Only a published version has a snapshot, from the moment when it is Active.
 * Source: AWS Lambda developer guide, "Activating and managing Lambda SnapStart".
 */
function snapStart({ settings, version, state }: FunctionVersion): Record<string, string> {
  const isOn = settings.snapStart === true && version !== '$LATEST' && state === 'Active';
  return {
    ApplyOn: settings.snapStart ? 'PublishedVersions' : 'None',
    OptimizationStatus: isOn ? 'On' : 'Off',
  };
}

const CREATING = { reason: 'The function is being created.', reasonCode: 'Creating' };
const UNREADABLE = {
  reason: 'Lambda cannot read the Amazon S3 object of the deployment package.',
  reasonCode: 'InvalidConfiguration',
};

function stateFields({ state, update }: FunctionVersion): Record<string, unknown> {
  if (state === 'Active') return { State: state };
  const why = { Inactive: UNREADABLE, Pending: CREATING, Failed: update.failure }[state];
  return { State: state, StateReason: why?.reason, StateReasonCode: why?.reasonCode };
}

/** A function that is being created reports no update. */
function updateFields({ state, update }: FunctionVersion): Record<string, unknown> {
  if (state === 'Pending') return {};
  if (update.status === 'Successful') return { LastUpdateStatus: update.status };
  const why = update.status === 'Failed' ? update.failure : CREATING;
  return {
    LastUpdateStatus: update.status,
    LastUpdateStatusReason: why?.reason,
    LastUpdateStatusReasonCode: why?.reasonCode,
  };
}
