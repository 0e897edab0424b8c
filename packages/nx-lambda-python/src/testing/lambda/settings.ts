/** A function's settings from CreateFunction and UpdateFunctionConfiguration. */

import type { Context } from '../protocol';
import { attachLayers } from './attached-layers';
import type { JsonObject } from './input';
import { integer, invalidParameter, object, required, text, texts, validation } from './input';
import type { FunctionSettings } from './model';

/** Lambda's families; which of their versions it still takes changes with the months. */
const RUNTIME =
  /^(?:python3\.\d+|nodejs\d+\.x|java\d+(?:\.al2)?|dotnet\d+|ruby\d+\.\d+|provided\.al2(?:023)?)$/;
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/;

/** @throws AwsError 400 naming the field that Lambda would refuse */
export function initialSettings(context: Context, body: JsonObject): FunctionSettings {
  required(text(body, 'Role'), 'role');
  const blank: FunctionSettings = {
    runtime: requiredForZip(body, 'Runtime'),
    handler: requiredForZip(body, 'Handler'),
    role: '',
    description: '',
    timeout: 3,
    memorySize: 128,
    architectures: readArchitectures(body),
  };
  return changedSettings(context, blank, body);
}

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
 * Lambda takes x86_64 where the request names none, also for a function that was arm64.
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
  if (value === undefined) {
    throw invalidParameter(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    );
  }
  return value;
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
