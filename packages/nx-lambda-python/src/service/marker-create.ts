/** How functions are created that do not exist yet: the marker's `create` tables. Nothing is guessed. */

import { asTable, kindOf, type MarkerTable, type TomlTable } from './marker-table';
import { codeList, didYouMean } from '../report/nearest';

/** What CreateFunction is told; what is left out, Lambda decides. */
export interface CreateSettings {
  /** ARN, or a template of it, with `{stage}` and `{project}`. */
  role?: string;
  /** MB. */
  memory?: number;
  /** Seconds. */
  timeout?: number;
  /** Values may be templates, too. */
  environment?: Record<string, string>;
}

const KEYS = ['role', 'memory', 'timeout', 'environment'];

/** `[tool.nx-lambda-python.create]`, for all functions. @throws MARKER_INVALID */
export function readCreate(table: MarkerTable): CreateSettings {
  return readSettings(table, table.table('create'), 'create');
}

/** @param key whose table it is, for messages */
export function readSettings(table: MarkerTable, values: TomlTable, key: string): CreateSettings {
  for (const name of Object.keys(values)) {
    if (KEYS.includes(name)) continue;
    throw table.invalid(
      name,
      `\`create\` of \`${key}\` has the unknown key \`${name}\`${didYouMean(name, KEYS)}`,
      `use only ${codeList(KEYS)} in it`,
    );
  }
  const { role, environment } = values;
  if (role !== undefined && (typeof role !== 'string' || role === '')) {
    throw wrong(table, 'role', role, 'the ARN of a role', 'role = "arn:aws:iam::…:role/…"');
  }
  return {
    ...(role === undefined ? {} : { role }),
    ...whole(table, values, 'memory', 'megabytes'),
    ...whole(table, values, 'timeout', 'seconds'),
    ...(environment === undefined ? {} : { environment: readEnvironment(table, environment) }),
  };
}

function whole(
  table: MarkerTable,
  values: TomlTable,
  key: 'memory' | 'timeout',
  unit: string,
): Partial<Record<'memory' | 'timeout', number>> {
  const value = values[key];
  if (value === undefined) return {};
  const number = Number(value);
  if (Number.isSafeInteger(number) && number > 0 && typeof value !== 'string') {
    return { [key]: number };
  }
  throw wrong(table, key, value, `a whole number of ${unit}`, `${key} = 30`);
}

function readEnvironment(table: MarkerTable, value: unknown): Record<string, string> {
  const variables = asTable(value);
  const isText = ([, text]: [string, unknown]): boolean => typeof text === 'string';
  if (variables && Object.entries(variables).every(isText)) {
    return variables as Record<string, string>;
  }
  const example = 'environment = { STAGE = "{stage}" }';
  throw wrong(table, 'environment', value, 'a table of strings', example);
}

function wrong(table: MarkerTable, key: string, value: unknown, expected: string, example: string) {
  return table.invalid(
    key,
    `\`${key}\` is ${kindOf(value)}, expected ${expected}`,
    `write it as \`${example}\``,
  );
}
