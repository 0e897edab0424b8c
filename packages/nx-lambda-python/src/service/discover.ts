/** Handler discovery: which handlers a service has, by its marker and by what its modules define. */

import { LambdaPythonError } from '../errors';
import { entryName, selectFiles } from './content';
import { handlerModules, moduleName, type HandlerModule } from './handler-modules';
import { checkLayout } from './layout';
import type { FunctionEntry, Marker } from './marker';
import { tomlKey } from './names';
import { codeList, nearest } from '../report/nearest';
import { defines, type PythonModule } from '../python/module';

/** One function's code: a top-level name of a module in the package. */
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
 * Finds and checks all handlers; files outside the package are none.
 *
 * Every bad module is in one error: HANDLER_SYNTAX where any does not parse, else HANDLER_NOT_FOUND.
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

  const found = modules
    .filter(({ file }) => defines(moduleOf(parsed, file), marker.handlerName))
    .map((module) => toHandler(module, marker.handlerName));
  const handlers = withFunctions(found, declared, marker);
  checkUnique(handlers);
  handlers.forEach(checkHandlerString);
  if (handlers.length === 0) throw noHandlers(marker);
  return handlers;
}

/** A functions table entry with a handler of its own, and the file that it leads to. */
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

function moduleOf(parsed: ReadonlyMap<string, PythonModule>, file: string): PythonModule {
  return parsed.get(file) ?? { names: new Set(), open: false, imports: [] };
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
  for (const { file } of modules) {
    // A module that the functions table points into need not have the usual name as well.
    if (isBroken(file) || claimed.has(file)) continue;
    if (!defines(moduleOf(parsed, file), marker.handlerName)) problems.push(notFound(file, marker));
  }
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

function notFound(file: string, marker: Marker): LambdaPythonError {
  const path = entryName(marker, file) ?? file;
  return new LambdaPythonError('HANDLER_NOT_FOUND', {
    message: `\`${file}\` has no top-level \`def ${marker.handlerName}(event, context)\``,
    hint: `add it, start the file's name with \`_\`, or take it out of the handlers in \`${marker.path}\`: handlers = [${[...marker.handlers, `!${path}`].map((glob) => JSON.stringify(glob)).join(', ')}]`,
  });
}

function suggestion(names: readonly string[]): string {
  return names.length > 0 ? `did you mean ${codeList(names)}? ` : '';
}

function toHandler({ name, file, module }: HandlerModule, attribute: string): Handler {
  return { name, file, handler: `${module}.${attribute}` };
}

function withFunctions(
  found: readonly Handler[],
  declared: readonly DeclaredHandler[],
  marker: Marker,
): Handler[] {
  const claimed = new Set(declared.map(({ handler }) => handler));
  const discovered = found.filter(({ handler }) => !claimed.has(handler));
  const names = new Map<string, string | undefined>();
  for (const { key, name, handler } of marker.functions) {
    if (handler === undefined) names.set(key, name);
  }
  for (const key of names.keys()) {
    if (!discovered.some(({ name }) => name === key)) throw unknownFunction(marker, key, found);
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
      message: `\`${handler.file}\` and \`${next.file}\` both give the handler name \`${handler.name}\``,
      hint: `name one of them under [tool.nx-lambda-python.functions]: other_name = { handler = "${next.handler}" }`,
    });
  });
}

function checkHandlerString({ file, handler }: Handler): void {
  // A file or directory with a dot in its name has one segment too many. Lambda API, Handler: 128 characters, no blanks.
  const depth = file.replace(/(\/__init__)?\.py$/, '');
  if (/\./.test(depth) || /\s/.test(handler)) {
    throw new LambdaPythonError('HANDLER_NAME_INVALID', {
      message: `\`${file}\` cannot be imported: Python takes no dots or blanks in the names of modules`,
      hint: `rename it, for example to \`${depth.replace(/[.\s]+/g, '_')}.py\``,
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
    message: `\`${marker.path}\` leads to no handler`,
    hint: 'name handler modules in `handlers`, or handlers in [tool.nx-lambda-python.functions]',
  });
}

function noSuchModule(
  marker: Marker,
  entry: FunctionEntry,
  path: string,
  selected: readonly string[],
): LambdaPythonError {
  const modules = selected.filter((file) => file.endsWith('.py'));
  const known = modules.map((file) => moduleName(entryName(marker, file) ?? file));
  return new LambdaPythonError('HANDLER_NOT_FOUND', {
    message: `the function \`${entry.key}\` names \`${entry.handler}\`, but neither \`${path}.py\` nor \`${path}/__init__.py\` is in the package`,
    hint: `${suggestion(nearest(path.replaceAll('/', '.'), known))}correct \`handler\` of ${tomlKey(entry.key)} in \`${marker.path}\`, or list the file in \`include\``,
  });
}

function unknownFunction(
  marker: Marker,
  key: string,
  found: readonly Handler[],
): LambdaPythonError {
  const names = found.map(({ name }) => name);
  return new LambdaPythonError('MARKER_INVALID', {
    message: `the functions table of \`${marker.path}\` names \`${key}\`, but no handler has that name`,
    hint: `${suggestion(nearest(key, names))}handlers are ${codeList(names.slice(0, 10))}${names.length > 10 ? ', …' : ''}; for a handler elsewhere write ${tomlKey(key)} = { handler = "…", name = "…" }`,
  });
}
