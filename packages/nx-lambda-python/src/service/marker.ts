/** The marker: the facts of a service, as its pyproject.toml states them under `[tool.nx-lambda-python]`. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import { readCreate, type CreateSettings } from './marker-create';
import { readFunctions, type FunctionEntry } from './marker-functions';
import { readMarkerTable, type MarkerTable } from './marker-table';
import { isImportPackage, isPythonIdentifier } from './names';
import { codeList, didYouMean } from '../report/nearest';
import { ARCHITECTURES, findRuntime, RUNTIMES, type Architecture, type Runtime } from './runtimes';

export { declaredName, hasMarker } from './marker-table';
export type { FunctionEntry } from './marker-functions';

/** What a service is. All patterns and names in the package are relative to `root`. */
export interface Marker {
  /** Of the pyproject.toml, as messages name it. */
  path: string;
  /** Directory below the service that becomes the top of the zip: `src`, or empty for the service itself. */
  root: string;
  /** Dotted; undefined for a layout of several packages side by side. */
  importPackage: string | undefined;
  runtime: Runtime;
  architecture: Architecture;
  /** Globs of handler modules; those that start with `!` take files out again. */
  handlers: string[];
  /** True where `handlers` was written down, so that a glob without a match is a slip. */
  handlersGiven: boolean;
  /** Top-level name that makes a module of `handlers` a handler module. */
  handlerName: string;
  /** gitignore syntax: what goes into the package. */
  include: string[];
  /** gitignore syntax, read after the default excludes. */
  exclude: string[];
  functions: FunctionEntry[];
  /** For functions that do not exist yet; an entry of `functions` may say otherwise. */
  create: CreateSettings;
}

export const MARKER_FILE = 'pyproject.toml';

const KEYS = [
  'package',
  'runtime',
  'architecture',
  'root',
  'handlers',
  'handler-name',
  'include',
  'exclude',
  'functions',
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
  return {
    path,
    root: readRoot(table),
    importPackage,
    runtime: readRuntime(table),
    architecture: readArchitecture(table),
    handlers: handlers ?? [`${directory}/handlers/*.py`],
    handlersGiven: handlers !== undefined,
    handlerName: readHandlerName(table),
    // The whole top-level directory: `company.orders` needs what lies in `company`, too.
    include: include ?? [`/${directory.split('/')[0]}/`],
    exclude: readPatterns(table, 'exclude') ?? [],
    functions: readFunctions(table),
    create: readCreate(table),
  };
}

function readPackage(table: MarkerTable): string | undefined {
  const name = table.string('package');
  if (name === undefined || isImportPackage(name)) return name;
  throw table.invalid(
    'package',
    `\`package\` is \`${name}\`, expected the name of a Python package, dotted where it lies in another`,
    'write it as Python imports it: `package = "orders"` or `package = "company.orders"`',
  );
}

function packageMissing(table: MarkerTable): LambdaPythonError {
  return table.invalid(
    'package',
    '`package` is missing, and `handlers` and `include` do not both stand in for it',
    'write `package = "orders"`, or, for a service without one package, both `handlers = ["handlers/*.py"]` and `include = ["handlers/", "lib/"]`',
  );
}

function readRuntime(table: MarkerTable): Runtime {
  const known = RUNTIMES.map(({ name }) => name);
  const name = table.string('runtime');
  if (name === undefined) {
    throw table.invalid(
      'runtime',
      '`runtime` is missing',
      `write the runtime of the service's functions: \`runtime = "${known.at(-2)}"\``,
    );
  }
  const runtime = findRuntime(name);
  if (runtime) return runtime;
  throw new LambdaPythonError('RUNTIME_UNKNOWN', {
    message: `${table.at('runtime')}: the runtime \`${name}\` is not known${didYouMean(name, known)}`,
    hint: `set \`runtime\` to one of ${codeList(known)}`,
  });
}

function readArchitecture(table: MarkerTable): Architecture {
  const name = table.string('architecture') ?? 'x86_64';
  const architecture = ARCHITECTURES.find((known) => known === name);
  if (architecture) return architecture;
  throw table.invalid(
    'architecture',
    `the architecture \`${name}\` is not known`,
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

function readRoot(table: MarkerTable): string {
  const written = table.string('root') ?? '.';
  const root = posix.normalize(`${written}/`).slice(0, -1);
  if (!posix.isAbsolute(written) && !written.includes('\\') && !/^\.\.(\/|$)/.test(root)) {
    return root === '.' ? '' : root;
  }
  throw table.invalid(
    'root',
    `\`root\` is \`${written}\`, expected a directory of the service`,
    'write it relative to pyproject.toml, with forward slashes: `root = "src"`',
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
