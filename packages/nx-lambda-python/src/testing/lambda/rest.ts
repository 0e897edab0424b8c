/** Lambda's REST protocol: what a request says, checked, and answers, pages and errors in JSON. */

import { AwsError } from '../protocol/aws-error';
import type { AwsRequest, AwsResponse } from '../protocol/call';

export type JsonObject = Record<string, unknown>;

/** `orders`, `orders:live`, or an ARN of either. */
export interface FunctionReference {
  name: string;
  qualifier: string | undefined;
}

export interface LambdaInput {
  reference: FunctionReference;
  /** Only if the path names one. */
  alias: string;
  /** A layer's name or ARN, only if the path names one. */
  layer: string;
  /** A layer version's number, only if the path names one. */
  version: string;
  query: URLSearchParams;
  body: JsonObject;
  /** As sent: an invocation's event and its headers. */
  request: AwsRequest;
}

const REFERENCE =
  /^(?:(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:)?\d{12}:)?(?:function:)?([A-Za-z0-9_-]{1,64})(?::(\$LATEST|[A-Za-z0-9_-]+))?$/;

/** @throws AwsError 400 if it is not a function's name, partial ARN or ARN, or names another qualifier */
export function readReference(text: string, query: URLSearchParams): FunctionReference {
  const match = REFERENCE.exec(text);
  const name = match?.[1];
  if (name === undefined) {
    throw validation(`Value '${text}' at 'functionName' failed to satisfy constraint`);
  }
  const [asked, named] = [query.get('Qualifier') ?? undefined, match?.[2]];
  if (asked !== undefined && named !== undefined && asked !== named) {
    throw invalidParameter(
      'The derived qualifier from the function name does not match the specified qualifier.',
    );
  }
  return { name, qualifier: asked ?? named };
}

/** @throws AwsError 400 when the body is not a JSON object */
export function readBody(request: AwsRequest): JsonObject {
  if (request.body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(request.body.toString('utf8'));
    if (isObject(value)) return value;
  } catch {
    // Reported below, in Lambda's words.
  }
  throw unreadable();
}

export function unreadable(): AwsError {
  const message = 'Could not parse request body into json';
  return new AwsError(400, 'InvalidRequestContentException', message);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(body: JsonObject, field: string): string | undefined {
  return typed(body, field, 'string', (value) => typeof value === 'string');
}

export function flag(body: JsonObject, field: string): boolean {
  return typed<boolean>(body, field, 'boolean', (value) => typeof value === 'boolean') ?? false;
}

export function integer(body: JsonObject, field: string): number | undefined {
  return typed(body, field, 'integer', Number.isInteger);
}

export function texts(body: JsonObject, field: string): string[] | undefined {
  const isTexts = (value: unknown) =>
    Array.isArray(value) && value.every((item) => typeof item === 'string');
  return typed(body, field, 'list of strings', isTexts);
}

export function object(body: JsonObject, field: string): JsonObject | undefined {
  return typed(body, field, 'structure', isObject);
}

export function required<T>(value: T | undefined, field: string): T {
  if (value !== undefined) return value;
  throw validation(
    `Value null at '${field}' failed to satisfy constraint: Member must not be null`,
  );
}

export function validation(message: string): AwsError {
  return new AwsError(400, 'ValidationException', `1 validation error detected: ${message}`);
}

export function invalidParameter(message: string): AwsError {
  return new AwsError(400, 'InvalidParameterValueException', message);
}

function typed<T>(
  body: JsonObject,
  field: string,
  expected: string,
  accepts: (value: unknown) => boolean,
): T | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (accepts(value)) return value as T;
  const message = `${field}: expected ${expected}, got ${typeof value}`;
  throw new AwsError(400, 'SerializationException', message);
}

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
  Object.assign(response.headers, { 'x-amzn-errortype': error.code }, error.headers);
  return response;
}

/** Lambda gives 50 at a time, or fewer if asked. */
const PAGE_SIZE = 50;

/** One page of `items`; the marker is the position where the next begins. */
export function page<T>(items: T[], query: URLSearchParams): { items: T[]; NextMarker?: string } {
  const marker = query.get('Marker') ?? '0';
  if (!/^\d+$/.test(marker)) throw invalidParameter(`Invalid marker: ${marker}`);
  const start = Number(marker);
  const end = start + Math.min(Number(query.get('MaxItems') ?? PAGE_SIZE) || PAGE_SIZE, PAGE_SIZE);
  const next = end < items.length ? { NextMarker: String(end) } : {};
  return { items: items.slice(start, end), ...next };
}
