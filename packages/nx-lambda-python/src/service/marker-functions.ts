/** The marker's functions table: exceptions from the name template, and handlers that no glob finds. */

import { LambdaPythonError } from '../errors';
import { readSettings, type CreateSettings } from './marker-create';
import { asTable, kindOf, type MarkerTable } from './marker-table';
import { functionName, isPythonIdentifier, tomlKey } from './names';
import { codeList, didYouMean } from '../report/nearest';

/** One line of `[tool.nx-lambda-python.functions]`. */
export interface FunctionEntry {
  /** The handler's name: of one that was discovered, or of the one that `handler` declares. */
  key: string;
  /** Full function name, or a template of its own; undefined where the deploy target's template holds. */
  name: string | undefined;
  /** Dotted: `orders.admin.purge_all`. */
  handler: string | undefined;
  /** Only for it, where it does not exist yet. */
  create: CreateSettings | undefined;
}

const ENTRY_KEYS = ['handler', 'name', 'create'];

/** Sorted by key. @throws MARKER_INVALID, FUNCTION_NAME_INVALID */
export function readFunctions(table: MarkerTable): FunctionEntry[] {
  const entries = Object.entries(table.table('functions'))
    .map(([key, value]) => readEntry(table, key, value))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const owners = new Map<string, string>();
  for (const { key, name } of entries) {
    if (name === undefined || name.includes('{handler}')) continue;
    const owner = owners.get(name);
    if (owner !== undefined) {
      throw table.invalid(
        key,
        `\`${owner}\` and \`${key}\` have the same function name \`${name}\``,
        'give each handler a function of its own',
      );
    }
    owners.set(name, key);
  }
  return entries;
}

function readEntry(table: MarkerTable, key: string, value: unknown): FunctionEntry {
  if (typeof value === 'string')
    return { key, name: readName(table, key, value), handler: undefined, create: undefined };
  const entry = asTable(value);
  if (entry === undefined) throw wrongEntry(table, key, value);
  for (const field of Object.keys(entry)) {
    if (ENTRY_KEYS.includes(field)) continue;
    throw table.invalid(
      key,
      `the function \`${key}\` has the unknown key \`${field}\`${didYouMean(field, ENTRY_KEYS)}`,
      `use only ${codeList(ENTRY_KEYS)} in it`,
    );
  }
  const { name, handler, create } = entry;
  const settings = create === undefined ? undefined : asTable(create);
  if (create !== undefined && settings === undefined) throw wrongEntry(table, key, create);
  if (name !== undefined && typeof name !== 'string') throw wrongEntry(table, key, value);
  return {
    key,
    name: name === undefined ? undefined : readName(table, key, name),
    handler: handler === undefined ? undefined : readHandler(table, key, handler),
    create: settings && readSettings(table, settings, key),
  };
}

function wrongEntry(table: MarkerTable, key: string, value: unknown): LambdaPythonError {
  return table.invalid(
    key,
    `the function \`${key}\` is ${kindOf(value)}, expected a function name or a table of strings`,
    `write \`${tomlKey(key)} = "function-name"\` or \`${tomlKey(key)} = { handler = "orders.admin.purge_all", name = "function-name" }\``,
  );
}

function readName(table: MarkerTable, key: string, name: string): string {
  try {
    // Fails for what no values can mend; the real ones are known at deploy only.
    functionName(name, { project: 'p', handler: 'h', stage: 's', package: 'p' });
    return name;
  } catch (error) {
    if (!(error instanceof LambdaPythonError)) throw error;
    throw table.invalid(
      key,
      `the function \`${key}\` has the name \`${name}\`, which Lambda does not allow`,
      'write 1 to 64 letters, digits, `-` and `_`; `{project}`, `{handler}`, `{stage}` and `{package}` may stand in it',
    );
  }
}

function readHandler(table: MarkerTable, key: string, handler: unknown): string {
  const parts = typeof handler === 'string' ? handler.replaceAll('/', '.').split('.') : [];
  // Directories and files may have dashes: Lambda imports by path. The name in the module may not.
  if (
    parts.length >= 2 &&
    parts.every((part) => /^[^\s.\\]+$/.test(part)) &&
    isPythonIdentifier(parts.at(-1) ?? '')
  ) {
    return parts.join('.');
  }
  throw table.invalid(
    key,
    `the function \`${key}\` has the handler \`${String(handler)}\`, expected a module and a name in it`,
    'write both, with dots between: `handler = "orders.admin.purge_all"`',
  );
}
