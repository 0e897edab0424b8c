/** What every generator shares: how it fails, where it runs, the services of the workspace, and the one that it is about. */

import {
  getProjects,
  globAsync,
  joinPathFragments,
  normalizePath,
  readJson,
  workspaceRoot,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';
import { accessSync, constants, existsSync } from 'node:fs';
import { isAbsolute, join, posix, relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { LambdaPythonError } from '../errors';
import { renderError } from '../report/error-text';
import { codeList, didYouMean } from '../report/nearest';
import { isEnvironment, isPrunedDirectory } from '../service/files';
import { MARKER_FILE } from '../service/marker';
import { declaredName, hasMarker, inferredName } from '../service/pyproject';
import {
  ARCHITECTURES,
  findRuntime,
  RUNTIMES,
  type Architecture,
  type Runtime,
} from '../service/runtimes';

type Generator<Schema> = (tree: Tree, schema: Schema) => Promise<GeneratorCallback | void>;

/** Wraps a generator: Nx prints the message of an error, so the message takes the form that executors print. */
export function reporting<Schema>(generator: Generator<Schema>): Generator<Schema> {
  return async (tree, schema) => {
    try {
      return await generator(tree, schema);
    } catch (error) {
      const rendered = new Error(renderError(error), { cause: error });
      // Without a stack Nx does not offer to print one: the hint is the next step, and a defect has its own above.
      delete rendered.stack;
      throw rendered;
    }
  };
}

/**
 * A path that a user typed, relative to the workspace, with forward slashes; `.` for its root.
 *
 * Typed paths are relative to the current directory, as everywhere in Nx, unless they already begin with it.
 *
 * @param current the current directory, relative to the workspace; empty at its root
 * @throws OPTION_INVALID for a path outside the workspace
 */
export function workspacePath(typed: string, current: string): string {
  const path = posix.normalize(normalizePath(typed)).replace(/(?<=.)\/$/, '');
  const isInCurrent = current === '' || path === current || path.startsWith(`${current}/`);
  const joined = isInCurrent ? path : posix.join(current, path);
  if (!isAbsolute(typed) && joined !== '..' && !joined.startsWith('../')) return joined;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${typed}\` is not a path inside the workspace`,
    hint: 'pass a path relative to the workspace, such as `services/orders`; for code of another repository, run `npx nx import` first',
  });
}

/**
 * Before a file is written: Nx writes when a generator has ended, and says of what fails only which call it was.
 * @throws FILE_NOT_WRITABLE
 */
export function checkWritable(tree: Tree, path: string): void {
  const place = [path, posix.dirname(path)].find((one) => existsSync(join(tree.root, one)));
  if (place === undefined) return;
  try {
    accessSync(join(tree.root, place), constants.W_OK);
  } catch (cause) {
    throw new LambdaPythonError('FILE_NOT_WRITABLE', {
      message: `\`${path}\` cannot be written: this user may not write to \`${place}\``,
      hint: `allow it, \`chmod u+w ${place}\`, or run the same command as the owner of \`${place}\``,
      cause,
    });
  }
}

/** The directory in which Nx was started, relative to the workspace: empty at its root, and outside of it. */
export function currentDirectory(tree: Tree): string {
  // A tree of another workspace, as in tests, has no current directory.
  if (tree.root !== workspaceRoot) return '';
  const path = normalizePath(relative(workspaceRoot, process.env['INIT_CWD'] ?? process.cwd()));
  return path === '..' || path.startsWith('../') || isAbsolute(path) ? '' : path;
}

/** @throws RUNTIME_UNKNOWN */
export function runtimeNamed(name: string): Runtime {
  const runtime = findRuntime(name);
  if (runtime) return runtime;
  const names = RUNTIMES.map((candidate) => candidate.name);
  throw new LambdaPythonError('RUNTIME_UNKNOWN', {
    message: `unknown runtime \`${name}\`${didYouMean(name, names)}`,
    hint: `pass one of Lambda's Python runtimes: ${names.map((one) => `--runtime=${one}`).join(', ')}`,
  });
}

/** @throws OPTION_INVALID */
export function architectureNamed(name: string): Architecture {
  const architecture = ARCHITECTURES.find((candidate) => candidate === name);
  if (architecture) return architecture;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `unknown architecture \`${name}\``,
    hint: 'pass `--architecture=x86_64` or `--architecture=arm64`',
  });
}

/** Relative to `root`. @param isLeftOut for directories, besides those that no package can hold */
export function filesBelow(
  tree: Tree,
  root: string,
  isLeftOut: (directory: string) => boolean = () => false,
  below = '',
): string[] {
  const names = tree.children(joinPathFragments(root, below));
  if (below !== '' && isEnvironment(names)) return [];
  return names.flatMap((name) => {
    const path = below === '' ? name : `${below}/${name}`;
    const place = joinPathFragments(root, path);
    if (tree.isFile(place)) return [path];
    const isSkipped = isPrunedDirectory(path) || isLeftOut(place);
    return isSkipped ? [] : filesBelow(tree, root, isLeftOut, path);
  });
}

/** A service, read from the files of the workspace, so that generators need no project graph. */
export interface ServiceProject {
  /** As Nx names the project. */
  name: string;
  /** Other names for it: of package.json, of pyproject.toml, of its directory. */
  aliases: string[];
  /** Relative to the workspace; `.` for its root. */
  root: string;
  /** Text of its pyproject.toml. */
  text: string;
}

/** Sorted by root. */
export async function findServices(tree: Tree): Promise<ServiceProject[]> {
  const files = await globAsync(tree, [MARKER_FILE, `**/${MARKER_FILE}`]);
  return [...new Set(files)].sort().flatMap((file): ServiceProject[] => {
    const text = tree.read(file, 'utf-8') ?? '';
    const root = posix.dirname(file);
    if (!hasMarker(text)) return [];
    const [name = root, ...aliases] = projectNames(tree, root, text);
    return [{ name, aliases, root, text }];
  });
}

/** The project's name first. Nx takes the one of project.json, then of package.json, then what plugins infer. */
export function projectNames(
  tree: Tree,
  root: string,
  text = tree.read(joinPathFragments(root, MARKER_FILE), 'utf-8') ?? '',
): string[] {
  const ofPackage = jsonNames(tree, joinPathFragments(root, 'package.json'));
  const names = [
    ...jsonNames(tree, joinPathFragments(root, 'project.json')),
    ...(isPackage(tree, root) ? ofPackage : []),
    declaredName(text),
    inferredName(text, root),
    ...ofPackage,
    posix.basename(root),
    // As inferred where two directories have one name.
    root.replaceAll('/', '-'),
  ];
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** Whether Nx reads the package.json of a directory. */
export function isPackage(tree: Tree, root: string): boolean {
  const isProject = tree.exists(joinPathFragments(root, 'project.json')) || root === '.';
  if (isProject || tree.exists('pnpm-workspace.yaml')) return true;
  return tree.exists('package.json') && 'workspaces' in readJson<object>(tree, 'package.json');
}

/**
 * Whether a directory can become a service with this name.
 *
 * @param hints if it is one already, and if another project has the name
 * @throws PROJECT_EXISTS
 */
export async function checkFree(
  tree: Tree,
  root: string,
  name: string,
  hints: { service: string; name: string },
): Promise<void> {
  const path = joinPathFragments(root, MARKER_FILE);
  if (hasMarker(tree.read(path, 'utf-8') ?? '')) {
    throw new LambdaPythonError('PROJECT_EXISTS', {
      message: `\`${root}\` is already a service: \`${path}\` has [tool.nx-lambda-python]`,
      hint: hints.service,
    });
  }
  const services = await findServices(tree);
  const owner =
    getProjects(tree).get(name)?.root ?? services.find((service) => service.name === name)?.root;
  if (owner === undefined || owner === root) return;
  throw new LambdaPythonError('PROJECT_EXISTS', {
    message: `a project named \`${name}\` already exists in \`${owner}\``,
    hint: hints.name,
  });
}

function jsonNames(tree: Tree, path: string): (string | undefined)[] {
  if (!tree.exists(path)) return [];
  const { name, nx } = readJson<{ name?: string; nx?: { name?: string } }>(tree, path);
  return [nx?.name, name];
}

/** The service with this name, alias or root. @throws PROJECT_NOT_FOUND if there is none, or more than one */
export function serviceNamed(services: readonly ServiceProject[], name: string): ServiceProject {
  const isNamed = [
    (service: ServiceProject) => service.name === name,
    (service: ServiceProject) => service.root === name,
    (service: ServiceProject) => service.aliases.includes(name),
  ];
  const matches = isNamed.map((test) => services.filter(test)).find((some) => some.length > 0);
  const [match, ...others] = matches ?? [];
  if (match && others.length === 0) return match;
  const names = services.flatMap((service) => [service.name, ...service.aliases]);
  throw new LambdaPythonError('PROJECT_NOT_FOUND', {
    message: match
      ? `more than one service is named \`${name}\`: in ${codeList([match, ...others].map(({ root }) => root))}`
      : `no service is named \`${name}\`${didYouMean(name, names)}`,
    hint: namesHint(services),
  });
}

/**
 * The service that a command is about: the named one, else the one of the current directory, else the only one of
 * the workspace, else the user's answer if there is a terminal.
 *
 * @param command that misses the service, for messages: `nx g nx-lambda-python:handler refund`
 * @throws PROJECT_NOT_FOUND
 */
export async function chooseService(
  tree: Tree,
  services: readonly ServiceProject[],
  name: string | undefined,
  command: string,
): Promise<ServiceProject> {
  if (name !== undefined) return serviceNamed(services, name);
  const [only, ...others] = services;
  const current = serviceAt(services, currentDirectory(tree));
  if (current) return current;
  if (only && others.length === 0) return only;
  if (only && isInteractive()) return askForService(services);
  throw new LambdaPythonError('PROJECT_NOT_FOUND', {
    message: only
      ? `the workspace has ${services.length} services, and the command names none of them: ${codeList(services.map((service) => service.name))}`
      : 'the workspace has no service',
    hint: only ? `name one: \`${command} --project=${only.name}\`` : namesHint([]),
  });
}

/** What to pass as `--project`, or how to create a first service. */
export function namesHint(services: readonly ServiceProject[]): string {
  return services.length > 0
    ? `pass one of the workspace's services: ${services.map(({ name }) => `--project=${name}`).join(', ')}`
    : 'create a service first: npx nx g nx-lambda-python:project services/orders';
}

/** The service whose directory holds the path: the deepest one, by whole names. */
export function serviceAt(
  services: readonly ServiceProject[],
  path: string,
): ServiceProject | undefined {
  return services
    .filter(({ root }) => root === '.' || path === root || path.startsWith(`${root}/`))
    .sort((a, b) => b.root.length - a.root.length)[0];
}

/** As Nx decides whether its own prompts are shown. */
function isInteractive(): boolean {
  const { argv, env, stdin, stdout } = process;
  const isRefused = /(^| )--(no-interactive|interactive[ =]false)( |$)/.test(argv.join(' '));
  return stdin.isTTY && stdout.isTTY && !isRefused && (env['CI'] ?? 'false') === 'false';
}

/** @param input and output of the terminal */
export async function askForService(
  services: readonly ServiceProject[],
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stdout,
): Promise<ServiceProject> {
  const terminal = createInterface({ input, output });
  const list = services.map(({ name, root }, index) => `  ${index + 1}) ${name} (${root})\n`);
  output.write(`Which service?\n${list.join('')}`);
  // A terminal that is closed gives no answer.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([terminal.question('Number or name: '), closed]);
  terminal.close();
  return services[Number(answer.trim()) - 1] ?? serviceNamed(services, answer.trim());
}
