/** The marker: the facts of a service, as its pyproject.toml states them under `[tool.nx-lambda-python]`. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import { isImportPackage, isPythonIdentifier } from '../python/names';
import { codeList, didYouMean } from '../report/nearest';
import { functionName } from './function-name';
import { readOwnMetadata, type OwnMetadata } from './own-metadata';
import {
  asTable,
  kindOf,
  readMarkerTable,
  tomlKey,
  type MarkerTable,
  type TomlTable,
} from './pyproject';
import { readRoots, type Roots } from './roots';
import { readRoutes, type Route } from './routes';
import { ARCHITECTURES, findRuntime, RUNTIMES, type Architecture, type Runtime } from './runtimes';

/** What a service is. All patterns are of paths in the package. */
export interface Marker extends Roots {
  /** Of the pyproject.toml, as messages name it. */
  path: string;
  /** Dotted; undefined for a layout of several packages side by side. */
  importPackage: string | undefined;
  runtime: Runtime;
  architecture: Architecture;
  /** Globs of handler modules; those that start with `!` exclude files again. */
  handlers: string[];
  /** True if the marker has `handlers`, so that a glob without a match is a mistake. */
  handlersGiven: boolean;
  /** Top-level name that makes a module of `handlers` a handler module. */
  handlerName: string;
  /** gitignore syntax: what goes into the package. */
  include: string[];
  /** True if the marker has `include`: without it, everything in `roots` goes into the package. */
  includeGiven: boolean;
  /** gitignore syntax, read after the default excludes. */
  exclude: string[];
  /** Relative to the service: what the build target's option of this name is by default; undefined for its own default. */
  requirements: string[] | undefined;
  /** With `metadata`: what the package says of the service as a distribution. */
  metadata?: OwnMetadata;
  functions: FunctionEntry[];
  /** In the order of the text; they decide nothing of the package. */
  routes: Route[];
  /** For functions that do not exist yet; an entry of `functions` may have its own. */
  create: CreateSettings;
}

/** One line of `[tool.nx-lambda-python.functions]`. */
export interface FunctionEntry {
  /** Name of the handler: of a discovered one, or of the one that `handler` declares. */
  key: string;
  /** Full function name, or a template for it; undefined if the deploy target's template applies. */
  name: string | undefined;
  /** Dotted: `orders.admin.purge_all`. */
  handler: string | undefined;
  /** For this function only, if it does not exist yet. */
  create: CreateSettings | undefined;
}

/** Settings for CreateFunction; Lambda decides what is left out. */
export interface CreateSettings {
  /** ARN, or a template of it, with `{stage}` and `{project}`. */
  role?: string;
  /** MB. */
  memory?: number;
  /** Seconds. */
  timeout?: number;
  /** Values may be templates. */
  environment?: Record<string, string>;
}

export const MARKER_FILE = 'pyproject.toml';

const KEYS = [
  'package',
  'runtime',
  'architecture',
  'root',
  'roots',
  'handlers',
  'handler-name',
  'include',
  'exclude',
  'requirements',
  'metadata',
  'functions',
  'routes',
  'create',
] as const;

/**
 * Reads the marker.
 *
 * @param path of the file, for messages only
 * @throws MARKER_MISSING, MARKER_INVALID, RUNTIME_UNKNOWN
 */
export function parseMarker(text: string, path: string): Marker {
  const table = readMarkerTable(text, path);
  table.onlyKeys(KEYS);
  const importPackage = readPackage(table);
  const handlers = readPatterns(table, 'handlers');
  const include = readPatterns(table, 'include');
  if (importPackage === undefined && !(handlers && include)) throw packageMissing(table);
  const directory = importPackage?.replaceAll('.', '/') ?? '';
  const metadata = readOwnMetadata(table, text);
  return {
    path,
    ...readRoots(table, posix.dirname(path)),
    importPackage,
    runtime: readRuntime(table),
    architecture: readArchitecture(table),
    handlers: handlers ?? [`${directory}/handlers/*.py`],
    handlersGiven: handlers !== undefined,
    handlerName: readHandlerName(table),
    // The whole top-level directory: `company.orders` needs what lies in `company`, too.
    include: include ?? [`/${directory.split('/')[0]}/`],
    includeGiven: include !== undefined,
    exclude: readPatterns(table, 'exclude') ?? [],
    requirements: table.strings('requirements'),
    ...(metadata && { metadata }),
    functions: readFunctions(table),
    routes: readRoutes(table),
    create: readSettings(table, table.table('create'), 'create'),
  };
}

function readPackage(table: MarkerTable): string | undefined {
  const name = table.string('package');
  if (name === undefined || isImportPackage(name)) return name;
  throw table.invalid(
    'package',
    `\`package\` is \`${name}\`, expected the name of a Python package, with dots if it is inside another`,
    'write it as Python imports it: `package = "orders"` or `package = "company.orders"`',
  );
}

function packageMissing(table: MarkerTable): LambdaPythonError {
  return table.invalid(
    'package',
    '`package` is missing, and `handlers` and `include` are not both set in its place',
    'set `package = "orders"`, or, for a service of several packages, both `handlers = ["handlers/*.py"]` and `include = ["handlers/", "lib/"]`',
  );
}

function readRuntime(table: MarkerTable): Runtime {
  const names = RUNTIMES.map(({ name }) => name);
  const name = table.string('runtime');
  if (name === undefined) {
    throw table.invalid(
      'runtime',
      '`runtime` is missing',
      `set the runtime of the service's functions: \`runtime = "${names.at(-2)}"\``,
    );
  }
  const runtime = findRuntime(name);
  if (runtime) return runtime;
  throw new LambdaPythonError('RUNTIME_UNKNOWN', {
    message: `${table.at('runtime')}: unknown runtime \`${name}\`${didYouMean(name, names)}`,
    hint: `set \`runtime\` to one of ${codeList(names)}`,
  });
}

function readArchitecture(table: MarkerTable): Architecture {
  const name = table.string('architecture') ?? 'x86_64';
  const architecture = ARCHITECTURES.find((candidate) => candidate === name);
  if (architecture) return architecture;
  throw table.invalid(
    'architecture',
    `unknown architecture \`${name}\``,
    `set \`architecture\` to one of ${codeList(ARCHITECTURES)}`,
  );
}

function readHandlerName(table: MarkerTable): string {
  const name = table.string('handler-name') ?? 'handler';
  if (isPythonIdentifier(name)) return name;
  throw table.invalid(
    'handler-name',
    `\`handler-name\` is \`${name}\`, expected the name of a function in each handler module`,
    'write the bare name: `handler-name = "lambda_handler"`',
  );
}

function readPatterns(
  table: MarkerTable,
  key: 'handlers' | 'include' | 'exclude',
): string[] | undefined {
  const patterns = table.strings(key);
  for (const pattern of patterns ?? []) {
    const path = pattern.replace(/^!/, '');
    const isGlob = key === 'handlers';
    if (/(^|\/)\.\.?(\/|$)/.test(path) || (isGlob && /^\/|\\/.test(path))) {
      throw table.invalid(
        key,
        `\`${key}\` has the pattern \`${pattern}\`, expected a path inside the service, without \`./\` and \`../\``,
        'write it relative to the top of the package, with forward slashes: `"orders/handlers/*.py"`',
      );
    }
  }
  return patterns;
}

const ENTRY_KEYS = ['handler', 'name', 'create'];

/** Sorted by key. @throws MARKER_INVALID, FUNCTION_NAME_INVALID */
function readFunctions(table: MarkerTable): FunctionEntry[] {
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
        'give each handler its own function name',
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
  table.onlyKeys(ENTRY_KEYS, { values: entry, at: key, name: `the function \`${key}\`` });
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
    // Fails for what no values can repair; deploy knows the real ones.
    functionName(name, { project: 'p', handler: 'h', stage: 's', package: 'p' });
    return name;
  } catch (error) {
    if (!(error instanceof LambdaPythonError)) throw error;
    throw table.invalid(
      key,
      `the function \`${key}\` has the name \`${name}\`, which Lambda does not allow`,
      'use 1 to 64 letters, digits, `-` and `_`, and the placeholders `{project}`, `{handler}`, `{stage}` and `{package}`',
    );
  }
}

function readHandler(table: MarkerTable, key: string, handler: unknown): string {
  const parts = typeof handler === 'string' ? handler.replaceAll('/', '.').split('.') : [];
  // Directories and files may have dashes, since Lambda imports by path; the name in the module may not.
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

const CREATE_KEYS = ['role', 'memory', 'timeout', 'environment'];

/** @param key of the table, for messages */
function readSettings(table: MarkerTable, values: TomlTable, key: string): CreateSettings {
  table.onlyKeys(CREATE_KEYS, { values, name: `\`create\` of \`${key}\`` });
  const { role, environment } = values;
  if (role !== undefined && (typeof role !== 'string' || role === '')) {
    throw table.wrongType('role', role, 'the ARN of a role', 'role = "arn:aws:iam::…:role/…"');
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
  throw table.wrongType(key, value, `a whole number of ${unit}`, `${key} = 30`);
}

function readEnvironment(table: MarkerTable, value: unknown): Record<string, string> {
  const variables = asTable(value);
  const isText = ([, text]: [string, unknown]): boolean => typeof text === 'string';
  if (variables && Object.entries(variables).every(isText)) {
    return variables as Record<string, string>;
  }
  const example = 'environment = { STAGE = "{stage}" }';
  throw table.wrongType('environment', value, 'a table of strings', example);
}
