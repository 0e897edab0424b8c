/** JSON with one spelling per value, for hashing. */

import { createHash } from 'node:crypto';

export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Keys in code-unit order, no spaces: RFC 8785 for the values used here (strings and integers). */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 of the canonical text, hex. */
export function digestOf(value: Json): string {
  return hexDigest(canonicalJson(value));
}

/** SHA-256. */
export function hexDigest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function isList(
  value: readonly Json[] | { readonly [key: string]: Json },
): value is readonly Json[] {
  return Array.isArray(value);
}
