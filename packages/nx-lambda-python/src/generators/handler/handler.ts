/** `nx g nx-lambda-python:handler`: one more handler of a service. */

import { formatFiles, joinPathFragments, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { MARKER_FILE, parseMarker, type Marker } from '../../service/marker';
import { currentDirectory, workspacePath } from '../directory';
import { reporting } from '../report';
import {
  findServices,
  namesHint,
  serviceAt,
  serviceNamed,
  serviceOfPath,
  type ServiceProject,
} from '../services';
import { notCovered, placeByName, placeFile, type Placement } from './place';
import type { HandlerGeneratorSchema } from './schema';
import { writeHandler, writePackageFiles } from './write';

export default reporting(handlerGenerator);

export async function handlerGenerator(tree: Tree, options: HandlerGeneratorSchema): Promise<void> {
  const { service, marker, placement } = await locate(tree, options);
  checkFree(tree, service, marker, placement);
  writePackages(tree, service, placement);
  writeHandler(tree, service.root, { ...placement, handlerName: marker.handlerName });
  if (!options.skipFormat) await formatFiles(tree);
}

interface Located {
  service: ServiceProject;
  marker: Marker;
  placement: Placement;
}

// A path into a service that its marker covers is a file; anything else is a name in `project`.
async function locate(tree: Tree, { name, project }: HandlerGeneratorSchema): Promise<Located> {
  const services = await findServices(tree);
  const isPath = name.includes('/') || name.endsWith('.py');
  const path = isPath ? workspacePath(name, currentDirectory(tree)) : undefined;
  if (path !== undefined) {
    const service =
      project === undefined ? serviceOfPath(services, path) : serviceAt(services, path);
    const located = service && locateFile(service, path);
    if (located) return located;
    if (service && (project === undefined || name.endsWith('.py'))) {
      throw notCovered(markerOf(service), path);
    }
  }
  if (project === undefined) throw projectUnknown(name, services);
  const service = serviceNamed(services, project);
  const marker = markerOf(service);
  return { service, marker, placement: placeByName(marker, name) };
}

function locateFile(service: ServiceProject, path: string): Located | undefined {
  const marker = markerOf(service);
  const placement = placeFile(marker, posix.relative(service.root, path));
  return placement && { service, marker, placement };
}

function markerOf({ root, text }: ServiceProject): Marker {
  return parseMarker(text, joinPathFragments(root, MARKER_FILE));
}

function projectUnknown(name: string, services: readonly ServiceProject[]): LambdaPythonError {
  return new LambdaPythonError('PROJECT_NOT_FOUND', {
    message: `the handler \`${name}\` needs the service that it belongs to`,
    hint: namesHint(services.map((service) => service.name)),
  });
}

function checkFree(
  tree: Tree,
  { root }: ServiceProject,
  marker: Marker,
  { file, name }: Placement,
): void {
  const taken = [file, file.replace(/\.py$/, '/__init__.py')]
    .map((path) => joinPathFragments(root, path))
    .find((path) => tree.exists(path));
  const isDeclared = marker.functions.some((entry) => entry.key === name && entry.handler);
  if (taken === undefined && !isDeclared) return;
  throw new LambdaPythonError('HANDLER_EXISTS', {
    message:
      taken === undefined
        ? `the functions table of \`${marker.path}\` has a handler \`${name}\` already`
        : `the handler \`${name}\` exists already: \`${taken}\``,
    hint: 'choose another name, or edit that one',
  });
}

// New directories become packages where the directory that holds the handlers is one.
function writePackages(tree: Tree, { root }: ServiceProject, { file, base }: Placement): void {
  const isPackage = tree.exists(joinPathFragments(root, base, '__init__.py'));
  const below = posix.relative(base, posix.dirname(file));
  if (isPackage && below !== '') {
    writePackageFiles(tree, joinPathFragments(root, base), below);
  }
}
