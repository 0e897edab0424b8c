/** `nx g nx-lambda-python:handler`: adds a handler to a service, where the service's marker finds it. */

import { formatFiles, generateFiles, joinPathFragments, logger, type Tree } from '@nx/devkit';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { IDENTIFIER_RULE, importPackageFor, isPythonIdentifier } from '../../python/names';
import { codeList } from '../../report/nearest';
import { compile, handlerModules, positiveGlobs, selectFiles } from '../../service/files';
import { entryName } from '../../service/roots';
import { MARKER_FILE, parseMarker, type Marker } from '../../service/marker';
import {
  chooseService,
  currentDirectory,
  findServices,
  namesHint,
  reporting,
  serviceAt,
  workspacePath,
  type ServiceProject,
} from '../generator';
import type { HandlerGeneratorSchema } from './schema';

export default reporting(handlerGenerator);

export async function handlerGenerator(tree: Tree, options: HandlerGeneratorSchema): Promise<void> {
  const { marker, placement } = await locate(tree, options);
  checkFree(tree, marker, placement);
  writePackages(tree, marker, placement);
  writeHandler(tree, marker.directory, { ...placement, handlerName: marker.handlerName });
  if (placement.note !== undefined) logger.info(`note: ${placement.note}`);
  if (!options.skipFormat) await formatFiles(tree);
}

interface Located {
  marker: Marker;
  placement: Placement;
}

interface Placement {
  /** Relative to the service. */
  file: string;
  /** The handler's name, as discovery gives it. */
  name: string;
  /** Directory above it that the marker fixes: `orders/handlers`, relative to the service. */
  base: string;
  /** That it has another name than the user typed. */
  note?: string | undefined;
}

// A path into a service that its marker covers is a file; anything else is a name in `project`.
async function locate(tree: Tree, { name, project }: HandlerGeneratorSchema): Promise<Located> {
  const services = await findServices(tree);
  if (name.includes('/')) {
    const path = workspacePath(name, currentDirectory(tree));
    const service = serviceAt(services, path);
    const marker = service && markerOf(service);
    const placement = marker && placeFile(marker, posix.relative(marker.directory, path));
    if (placement) return { marker, placement };
    const isFile = name.endsWith('.py') || posix.normalize(name).startsWith(`${service?.root}/`);
    if (isFile && marker) throw notCovered(marker, path);
    if (isFile && project === undefined) throw outside(path, services);
  }
  const command = `nx g nx-lambda-python:handler ${name}`;
  const service = await chooseService(tree, services, project, command);
  const marker = markerOf(service);
  return { marker, placement: placeByName(marker, name) };
}

function markerOf({ root, text }: ServiceProject): Marker {
  return parseMarker(text, joinPathFragments(root, MARKER_FILE));
}

function outside(path: string, services: readonly ServiceProject[]): LambdaPythonError {
  return new LambdaPythonError('PROJECT_NOT_FOUND', {
    message: `\`${path}\` is not in a service; services are in ${codeList(services.map(({ root }) => root)) || 'no directory yet'}`,
    hint: namesHint(services),
  });
}

/** Places a handler by its name, `refund` or `admin/purge`, under the first glob that covers it. */
function placeByName(marker: Marker, typed: string): Placement {
  const name = typed.replace(/\.py$/, '').split('/').map(toIdentifier).join('/');
  for (const glob of positiveGlobs(marker).map(compile)) {
    // `functions/*/handler.py` needs a directory for each handler, `handlers/*.py` a file.
    const path = [glob.base, name, glob.tail].filter(Boolean).join('/');
    const placement = placed(marker, inService(marker, glob.tail ? path : `${path}.py`));
    if (placement) return { ...placement, note: noteOf(typed, name) };
  }
  throw notCovered(marker, typed);
}

/** Takes the path of a file in the service, with or without `.py`; undefined if the marker does not cover it. */
function placeFile(marker: Marker, path: string): Placement | undefined {
  const typed = posix.basename(path, '.py');
  const file = (name: string) => posix.join(posix.dirname(path), `${name}.py`);
  if (!placed(marker, file(typed))) return undefined;
  const name = toIdentifier(typed);
  const placement = placed(marker, file(name));
  return placement && { ...placement, note: noteOf(typed, name) };
}

function placed(marker: Marker, file: string): Placement | undefined {
  const [module] = handlerModules(marker, selectFiles(marker, [file]));
  if (module === undefined) return undefined;
  const path = entryName(marker, file) ?? file;
  const glob = positiveGlobs(marker)
    .map(compile)
    .find(({ matches }) => matches(path));
  return { file, name: module.name, base: inService(marker, glob?.base ?? '') };
}

function noteOf(typed: string, name: string): string | undefined {
  if (typed.replace(/\.py$/, '') === name) return undefined;
  return `\`${typed}\` is not a valid Python identifier, so the handler is named \`${name}\``;
}

function inService({ root }: Marker, path: string): string {
  return [root, path].filter(Boolean).join('/');
}

/** `bad_name` of `bad-name`. @throws HANDLER_NAME_INVALID if no identifier is close, as for `class` */
function toIdentifier(segment: string): string {
  const name = isPythonIdentifier(segment) ? segment : importPackageFor(segment);
  if (name !== undefined) return name;
  throw new LambdaPythonError('HANDLER_NAME_INVALID', {
    message: `\`${segment}\` is not a valid Python identifier: ${IDENTIFIER_RULE}`,
    hint: 'choose another name',
  });
}

/** For a module that discovery would ignore. */
function notCovered(marker: Marker, name: string): LambdaPythonError {
  const [first] = positiveGlobs(marker);
  const wider = first?.replace(/\/\*\.py$/, '/**/*.py');
  return new LambdaPythonError('HANDLER_NAME_INVALID', {
    message: `\`${name}\` would not be a handler: \`${marker.path}\` takes ${codeList(marker.handlers)} in the package, without tests and files that start with \`_\``,
    hint:
      name.includes('/') && wider !== undefined && wider !== first
        ? `cover subpackages: handlers = ["${wider}"], or choose another name`
        : 'choose another name, or widen `handlers` under [tool.nx-lambda-python]',
  });
}

function checkFree(tree: Tree, marker: Marker, { file, name }: Placement): void {
  const taken = [file, file.replace(/\.py$/, '/__init__.py')]
    .map((path) => joinPathFragments(marker.directory, path))
    .find((path) => tree.exists(path));
  const isDeclared = marker.functions.some((entry) => entry.key === name && entry.handler);
  if (taken === undefined && !isDeclared) return;
  throw new LambdaPythonError('HANDLER_EXISTS', {
    message:
      taken === undefined
        ? `the functions table of \`${marker.path}\` already has a handler \`${name}\``
        : `the handler \`${name}\` already exists: \`${taken}\``,
    hint: 'choose another name, or edit that handler',
  });
}

// New directories become packages if the directory that holds the handlers is one.
function writePackages(tree: Tree, { directory }: Marker, { file, base }: Placement): void {
  const isPackage = tree.exists(joinPathFragments(directory, base, '__init__.py'));
  const below = posix.relative(base, posix.dirname(file));
  if (isPackage && below !== '') {
    writePackageFiles(tree, joinPathFragments(directory, base), below);
  }
}

export interface NewHandler {
  /** Relative to the service. */
  file: string;
  name: string;
  /** Top-level name that the marker expects. */
  handlerName: string;
}

export function writeHandler(tree: Tree, root: string, handler: NewHandler): void {
  const directory = joinPathFragments(root, posix.dirname(handler.file));
  generateFiles(tree, join(__dirname, 'files'), directory, {
    fileName: posix.basename(handler.file),
    name: handler.name,
    handlerName: handler.handlerName,
  });
}

/** Makes a directory, and those above it up to the service, regular packages. */
export function writePackageFiles(tree: Tree, root: string, directory: string): void {
  const segments = directory.split('/').filter(Boolean);
  segments.forEach((_, index) => {
    const path = joinPathFragments(root, ...segments.slice(0, index + 1), '__init__.py');
    if (!tree.exists(path)) tree.write(path, '');
  });
}
