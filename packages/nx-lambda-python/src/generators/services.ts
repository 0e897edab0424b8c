/** The services of a workspace, read from its files, so that generators need no project graph. */

import { globAsync, joinPathFragments, readJson, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import { MARKER_FILE } from '../service/marker';
import { declaredName, hasMarker } from '../service/pyproject';
import { codeList, didYouMean } from '../report/nearest';

export interface ServiceProject {
  /** As Nx names the project. */
  name: string;
  /** Relative to the workspace; `.` for its root. */
  root: string;
  /** Text of its pyproject.toml. */
  text: string;
}

/** Sorted by root. */
export async function findServices(tree: Tree): Promise<ServiceProject[]> {
  const files = await globAsync(tree, [MARKER_FILE, `**/${MARKER_FILE}`]);
  return [...new Set(files)].sort().flatMap((file) => {
    const text = tree.read(file, 'utf-8') ?? '';
    const root = posix.dirname(file);
    return hasMarker(text) ? [{ name: projectName(tree, root, text), root, text }] : [];
  });
}

/** @throws PROJECT_NOT_FOUND */
export function serviceNamed(services: readonly ServiceProject[], name: string): ServiceProject {
  const service = services.find((candidate) => candidate.name === name || candidate.root === name);
  if (service) return service;
  const names = services.map((candidate) => candidate.name);
  throw new LambdaPythonError('PROJECT_NOT_FOUND', {
    message: `no service is named \`${name}\`${didYouMean(name, names)}`,
    hint: namesHint(names),
  });
}

/** What to pass as `--project`, or how to get a first service. */
export function namesHint(names: readonly string[]): string {
  return names.length > 0
    ? `pass one of the workspace's services: ${names.map((name) => `--project=${name}`).join(', ')}`
    : 'create a service first: npx nx g nx-lambda-python:project services/orders';
}

/** The service whose directory holds the path: the deepest one, by whole names. */
export function serviceAt(
  services: readonly ServiceProject[],
  path: string,
): ServiceProject | undefined {
  return services
    .filter(({ root }) => root === '.' || path.startsWith(`${root}/`))
    .sort((a, b) => b.root.length - a.root.length)[0];
}

/** @throws PROJECT_NOT_FOUND */
export function serviceOfPath(services: readonly ServiceProject[], path: string): ServiceProject {
  const service = serviceAt(services, path);
  if (service) return service;
  throw new LambdaPythonError('PROJECT_NOT_FOUND', {
    message: `\`${path}\` lies in no service; services are in ${codeList(services.map(({ root }) => root)) || 'no directory yet'}`,
    hint: namesHint(services.map(({ name }) => name)),
  });
}

// Nx lets project.json name a project, then package.json, then what plugins infer.
export function projectName(tree: Tree, root: string, text: string): string {
  return (
    jsonName(tree, joinPathFragments(root, 'project.json')) ??
    jsonName(tree, joinPathFragments(root, 'package.json')) ??
    declaredName(text) ??
    posix.basename(root)
  );
}

function jsonName(tree: Tree, path: string): string | undefined {
  if (!tree.exists(path)) return undefined;
  const { name, nx } = readJson<{ name?: string; nx?: { name?: string } }>(tree, path);
  return nx?.name ?? name;
}
