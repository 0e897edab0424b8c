/** TOML documents of unknown shape: every step checks the type. */

import { asTable, parseDocument, type TomlTable } from '../../service/pyproject';
import type { Json } from './canonical-json';

export type { TomlTable };

/** @throws REQUIREMENTS_INVALID with the line that TOML refuses */
export function parseToml(text: string, path: string): TomlTable {
  const otherwise = ', or generate the lock again with the tool that wrote it';
  return parseDocument(text, path, 'REQUIREMENTS_INVALID', otherwise);
}

/** Empty if the value is not a table. */
export function tableOf(value: unknown): TomlTable {
  return asTable(value) ?? {};
}

/** The tables of an array of tables; empty if it is not an array. */
export function tablesOf(value: unknown): TomlTable[] {
  return Array.isArray(value) ? value.map(tableOf) : [];
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The table without some of its keys. */
export function without(table: TomlTable, keys: readonly string[]): TomlTable {
  return Object.fromEntries(Object.entries(table).filter(([key]) => !keys.includes(key)));
}

/** The same value without comments, formatting and types that JSON does not have, for hashing. */
export function jsonOf(value: unknown): Json {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item)]));
  }
  return typeof value === 'string' || typeof value === 'boolean' ? value : String(value);
}
