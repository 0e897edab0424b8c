/** Handler discovery: the handlers of a service, by its marker and by what its modules define. */

import { LambdaPythonError } from '../errors';
import type { TopLevelNames } from '../python/definitions';
import { defines, type PythonModule } from '../python/module';
import { moduleName } from '../python/names';
import { codeList, nearest } from '../report/nearest';
import {
  handlerModules,
  positiveGlobs,
  selectFiles,
  unmatchedIncludes,
  type HandlerModule,
} from './files';
import { entryName } from './roots';
import type { FunctionEntry, Marker } from './marker';
import { tomlKey } from './pyproject';

/** The code of one function: a top-level name of a module in the package. */
export interface Handler {
  /** Unique in the service; what `{handler}` stands for in a function name. */
  name: string;
  /** Relative to the service, with forward slashes. */
  file: string;
  /** Lambda's `Handler`: `orders.handlers.create_order.handler`. */
  handler: string;
  /** The functions table's name for it, which may hold placeholders as the deploy target's template does. */
  functionName?: string;
}

/** Reads and parses a module of the service by the path that was listed. */
export type ReadModule = (path: string) => Promise<PythonModule>;

/**
 * Finds and checks all handlers. Files outside the package do not count.
 *
 * One error has every bad module: HANDLER_SYNTAX if any does not parse, else HANDLER_NOT_FOUND.
 *
 * @param files of the service, relative to it, with forward slashes
 * @returns sorted by name
 * @throws PACKAGE_DIRECTORY_MISSING, MARKER_INVALID, NO_HANDLERS, HANDLER_NOT_FOUND, HANDLER_SYNTAX,
 *   HANDLER_NAME_INVALID, HANDLER_DUPLICATE
 */
export async function discoverHandlers(
  marker: Marker,
  files: readonly string[],
  read: ReadModule,
): Promise<Handler[]> {
  const selected = selectFiles(marker, files);
  const modules = handlerModules(marker, selected);
  checkLayout(marker, files, modules);

  const declared = declaredHandlers(marker, selected);
  const parsed = await parseAll([...modules, ...declared], read);
  checkModules(marker, modules, declared, parsed);

  const discovered = modules
    .filter(({ file }) => defines(moduleOf(parsed, file), marker.handlerName))
    .map(({ name, file, module }) => ({ name, file, handler: `${module}.${marker.handlerName}` }));
  const handlers = withFunctions(discovered, declared, marker);
  checkUnique(handlers);
  handlers.forEach((handler) => checkHandlerString(marker, handler));
  if (handlers.length === 0) throw noHandlers(marker);
  return handlers;
}

/** An entry of the functions table that declares its handler, and the file of that handler. */
interface DeclaredHandler {
  entry: FunctionEntry;
  file: string;
  handler: string;
  /** Top-level name in the module. */
  attribute: string;
}

function declaredHandlers(marker: Marker, selected: readonly string[]): DeclaredHandler[] {
  const files = new Map(selected.map((file) => [entryName(marker, file), file]));
  return marker.functions.flatMap((entry) => {
    if (entry.handler === undefined) return [];
    const dot = entry.handler.lastIndexOf('.');
    const path = entry.handler.slice(0, dot).replaceAll('.', '/');
    // Python looks for the package first.
    const file = files.get(`${path}/__init__.py`) ?? files.get(`${path}.py`);
    if (file === undefined) throw noSuchModule(marker, entry, path, selected);
    return [{ entry, file, handler: entry.handler, attribute: entry.handler.slice(dot + 1) }];
  });
}

async function parseAll(
  sources: readonly { file: string }[],
  read: ReadModule,
): Promise<Map<string, PythonModule>> {
  const files = [...new Set(sources.map(({ file }) => file))].sort();
  return new Map(await Promise.all(files.map(async (file) => [file, await read(file)] as const)));
}

function moduleOf(parsed: ReadonlyMap<string, PythonModule>, file: string): TopLevelNames {
  return parsed.get(file) ?? { names: new Set(), open: false };
}

function checkModules(
  marker: Marker,
  modules: readonly HandlerModule[],
  declared: readonly DeclaredHandler[],
  parsed: ReadonlyMap<string, PythonModule>,
): void {
  const problems: LambdaPythonError[] = [];
  for (const [file, { syntaxError }] of parsed) {
    if (syntaxError === undefined) continue;
    const { line, column, near, reason } = syntaxError;
    const what = [reason, near && `\`${near}\``].filter(Boolean).join(': ');
    problems.push(
      new LambdaPythonError('HANDLER_SYNTAX', {
        message: `\`${file}:${line}:${column}\` is not valid Python: ${what}`,
        hint: 'correct the syntax',
      }),
    );
  }
  const isBroken = (file: string) => parsed.get(file)?.syntaxError !== undefined;
  const claimed = new Set(declared.map(({ file }) => file));
  // A module that the functions table points into need not have the usual name as well.
  const own = modules.filter(({ file }) => !isBroken(file) && !claimed.has(file));
  const nameless = own.filter(({ file }) => !defines(moduleOf(parsed, file), marker.handlerName));
  if (nameless.length > 0) problems.push(handlerNameMissing(marker, own, nameless, parsed));
  for (const { entry, file, attribute } of declared) {
    const module = moduleOf(parsed, file);
    if (isBroken(file) || defines(module, attribute)) continue;
    problems.push(
      new LambdaPythonError('HANDLER_NOT_FOUND', {
        message: `\`${file}\` has no top-level \`${attribute}\`, which the function \`${entry.key}\` names`,
        hint: `${suggestion(nearest(attribute, module.names))}correct \`handler\` of ${tomlKey(entry.key)} in \`${marker.path}\``,
      }),
    );
  }
  const [first, ...others] = problems;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new LambdaPythonError(first.code, {
    message: [
      `${problems.length} faults in handler modules:`,
      ...problems.map(({ message }) => `  ${message}`),
    ].join('\n'),
    hint: [...new Set(problems.map(({ hint }) => hint))].join('\n      '),
  });
}

/** What handlers are called where `handler-name` is not the default, the most common name first. */
const USUAL_NAMES = ['lambda_handler', 'handler', 'handle', 'main'];
const SHOWN = 5;

/** One error for all modules without the name: most likely the marker does not give the name that they use. */
function handlerNameMissing(
  { handlerName, handlers, path, root }: Marker,
  own: readonly HandlerModule[],
  nameless: readonly HandlerModule[],
  parsed: ReadonlyMap<string, PythonModule>,
): LambdaPythonError {
  const files = nameless.map(({ file }) => file);
  const more = files.length > SHOWN ? ` and ${files.length - SHOWN} more` : '';
  const which = codeList(files.slice(0, SHOWN)) + more;
  const expected = `no top-level \`def ${handlerName}(event, context)\``;
  const [first, ...others] = files.map((file) => moduleOf(parsed, file).names);
  const shared = [...(first ?? [])].filter((name) => others.every((names) => names.has(name)));
  const usual = USUAL_NAMES.find((name) => shared.includes(name));
  const similar = usual ?? nearest(handlerName, shared)[0];
  const globs = [...handlers, ...files.map((file) => `!${entryName({ root }, file) ?? file}`)];
  const exclude = `take ${files.length === 1 ? 'it' : 'them'} out of the handlers in \`${path}\`: handlers = [${globs.map((glob) => JSON.stringify(glob)).join(', ')}]`;
  return new LambdaPythonError('HANDLER_NOT_FOUND', {
    message:
      files.length === 1
        ? `${which} has ${expected}`
        : `${files.length} of ${own.length} handler modules have ${expected}: ${which}`,
    hint:
      usual !== undefined && files.length === own.length
        ? `set handler-name = "${usual}" under [tool.nx-lambda-python] in \`${path}\`, the name that ${files.length === 1 ? 'it defines' : 'they define'}`
        : similar !== undefined
          ? `rename \`${similar}\` to \`${handlerName}\`, or ${exclude}`
          : `add it, start the file's name with \`_\`, or ${exclude}`,
  });
}

function suggestion(names: readonly string[]): string {
  return names.length > 0 ? `did you mean ${codeList(names)}? ` : '';
}

function withFunctions(
  all: readonly Handler[],
  declared: readonly DeclaredHandler[],
  marker: Marker,
): Handler[] {
  const claimed = new Set(declared.map(({ handler }) => handler));
  const discovered = all.filter(({ handler }) => !claimed.has(handler));
  const names = new Map<string, string | undefined>();
  for (const { key, name, handler } of marker.functions) {
    if (handler === undefined) names.set(key, name);
  }
  for (const key of names.keys()) {
    if (!discovered.some(({ name }) => name === key)) throw unknownFunction(marker, key, all);
  }
  const handlers = [
    ...discovered.map((handler) => named(handler, names.get(handler.name))),
    ...declared.map(({ entry, file, handler }) =>
      named({ name: entry.key, file, handler }, entry.name),
    ),
  ];
  return handlers.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function named(handler: Handler, functionName: string | undefined): Handler {
  return functionName === undefined ? handler : { ...handler, functionName };
}

function checkUnique(handlers: readonly Handler[]): void {
  handlers.forEach((handler, index) => {
    const next = handlers[index + 1];
    if (next?.name !== handler.name) return;
    throw new LambdaPythonError('HANDLER_DUPLICATE', {
      message: `\`${handler.file}\` and \`${next.file}\` both define the handler name \`${handler.name}\``,
      hint: `name one of them under [tool.nx-lambda-python.functions]: other_name = { handler = "${next.handler}" }`,
    });
  });
}

function checkHandlerString(marker: Marker, { file, handler }: Handler): void {
  // A dot in the name of a file or directory makes one segment too many. Lambda API, Handler: 128 characters, no spaces.
  const module = (entryName(marker, file) ?? file).replace(/(\/__init__)?\.py$/, '');
  if (/\./.test(module) || /\s/.test(handler)) {
    throw new LambdaPythonError('HANDLER_NAME_INVALID', {
      message: `\`${file}\` cannot be imported: the name of a Python module must not contain dots or spaces`,
      hint: `rename it, for example to \`${module.replace(/[.\s]+/g, '_')}.py\``,
    });
  }
  if (handler.length <= 128) return;
  throw new LambdaPythonError('HANDLER_NAME_INVALID', {
    message: `the handler \`${handler}\` has ${handler.length} characters; Lambda allows 128`,
    hint: `move \`${file}\` up, or shorten the names on its path`,
  });
}

function noHandlers(marker: Marker): LambdaPythonError {
  return new LambdaPythonError('NO_HANDLERS', {
    message: `\`${marker.path}\` defines no handlers`,
    hint: 'list handler modules in `handlers`, or handlers under [tool.nx-lambda-python.functions]',
  });
}

function noSuchModule(
  marker: Marker,
  entry: FunctionEntry,
  path: string,
  selected: readonly string[],
): LambdaPythonError {
  const modules = selected.filter((file) => file.endsWith('.py'));
  const names = modules.map((file) => moduleName(entryName(marker, file) ?? file));
  return new LambdaPythonError('HANDLER_NOT_FOUND', {
    message: `the function \`${entry.key}\` names \`${entry.handler}\`, but neither \`${path}.py\` nor \`${path}/__init__.py\` is in the package`,
    hint: `${suggestion(nearest(path.replaceAll('/', '.'), names))}correct \`handler\` of ${tomlKey(entry.key)} in \`${marker.path}\`, or list the file in \`include\``,
  });
}

function unknownFunction(
  marker: Marker,
  key: string,
  handlers: readonly Handler[],
): LambdaPythonError {
  const names = handlers.map(({ name }) => name);
  return new LambdaPythonError('MARKER_INVALID', {
    message: `the functions table of \`${marker.path}\` names \`${key}\`, which is not the name of a handler`,
    hint: `${suggestion(nearest(key, names))}handlers are ${codeList(names.slice(0, 10))}${names.length > 10 ? ', …' : ''}; for a handler in another module, write ${tomlKey(key)} = { handler = "…", name = "…" }`,
  });
}

/** A slip in the marker, caught here, is one line and not an ImportError in AWS. */
function checkLayout(
  marker: Marker,
  files: readonly string[],
  modules: readonly HandlerModule[],
): void {
  checkPackageDirectory(marker, files);
  const [unmatched] = unmatchedIncludes(marker, files);
  if (unmatched !== undefined) {
    throw new LambdaPythonError('MARKER_INVALID', {
      message: `the pattern \`${unmatched}\` in \`include\` of \`${marker.path}\` matches no file`,
      hint: 'correct it, or remove it from `include`',
    });
  }
  checkHandlerGlobs(marker, files, modules);
}

function checkPackageDirectory(marker: Marker, files: readonly string[]): void {
  if (marker.importPackage === undefined) return;
  const directory = `${marker.importPackage.replaceAll('.', '/')}/`;
  if (files.some((file) => entryName(marker, file)?.startsWith(directory))) return;
  const path = marker.root === '' ? directory : `${marker.root}/${directory}`;
  const inSource = marker.root === '' && files.some((file) => file.startsWith(`src/${directory}`));
  throw new LambdaPythonError('PACKAGE_DIRECTORY_MISSING', {
    message: `the import package \`${marker.importPackage}\` of \`${marker.path}\` has no directory: \`${path}\` does not exist or has no files`,
    hint: inSource
      ? 'it is in `src/`: add `root = "src"` under [tool.nx-lambda-python]'
      : 'create it, or correct `package` under [tool.nx-lambda-python]',
  });
}

function checkHandlerGlobs(
  marker: Marker,
  files: readonly string[],
  modules: readonly HandlerModule[],
): void {
  const declaresAll = marker.functions.some(({ handler }) => handler !== undefined);
  if (!marker.handlersGiven && declaresAll) return;
  const negated = marker.handlers.filter((glob) => glob.startsWith('!'));
  const within = modules.map(({ file }) => file);
  for (const glob of positiveGlobs(marker)) {
    const only = { ...marker, handlers: [glob, ...negated] };
    if (handlerModules(only, within).length > 0) continue;
    const leftOut = handlerModules(only, files).map(({ file }) => file);
    throw leftOut.length > 0 ? notInPackage(marker, glob, leftOut) : noModules(marker, glob);
  }
}

function notInPackage(marker: Marker, glob: string, files: readonly string[]): LambdaPythonError {
  return new LambdaPythonError('NO_HANDLERS', {
    message: `the handlers \`${glob}\` of \`${marker.path}\` match ${codeList(files.slice(0, 3))}, which ${files.length > 1 ? 'are' : 'is'} not in the package`,
    hint: `add them to \`include\`; if their names look like tests, include them with: exclude = ["!${glob}"]`,
  });
}

function noModules(marker: Marker, glob: string): LambdaPythonError {
  const module = `${marker.root === '' ? '' : `${marker.root}/`}${glob.replace(/\*\*\//g, '').replaceAll('*', 'create_order')}`;
  return new LambdaPythonError('NO_HANDLERS', {
    message: `the handlers \`${glob}\` of \`${marker.path}\` match no module`,
    hint: `create one, such as \`${module}\` with a \`def ${marker.handlerName}(event, context)\`, or correct \`handlers\``,
  });
}
