/** What a Lambda call was sent, for assertions: no bytes of code and no environment's values. */

import type { CallInput } from '../protocol';
import type { LambdaInput } from './input';
import { isObject } from './input';

/** Fields of the body and of the query, named as AWS names them. */
export function summarize({ body, query }: LambdaInput): CallInput {
  const fields = Object.entries(body).map(([name, value]) => [name, withoutSecrets(name, value)]);
  return { ...Object.fromEntries(query), ...Object.fromEntries(fields) };
}

function withoutSecrets(name: string, value: unknown): unknown {
  if (name === 'ZipFile' && typeof value === 'string') {
    return `${Buffer.byteLength(value, 'base64')} bytes`;
  }
  if (name === 'Variables' && isObject(value)) return Object.keys(value);
  if (!isObject(value)) return value;
  const fields = Object.entries(value).map(([field, inner]) => [
    field,
    withoutSecrets(field, inner),
  ]);
  return Object.fromEntries(fields);
}
