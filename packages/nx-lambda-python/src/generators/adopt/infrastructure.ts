/** What infrastructure in a directory, or above it, says of the functions whose code is in it. */

import { joinPathFragments, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import { readCdk } from './cdk';
import { readCloudFormation } from './cloudformation';
import type { DeclaredFunction, ReadDeclared } from './declared';
import type { Existing } from './existing';
import { readServerless } from './serverless';
import { readTerraform } from './terraform';

export interface LocatedFunction extends DeclaredFunction {
  handler: string;
  /** Module of the handler, relative to the directory. */
  file: string;
  /** The handler in its module. */
  attribute: string;
}

export interface Infrastructure {
  functions: LocatedFunction[];
  /** One line each. */
  unsure: string[];
}

type Modules = Existing['modules'];

/** Where infrastructure stands apart from the code. */
const OTHER_PLACES = ['', 'infra', 'infrastructure', 'terraform', 'iac', 'deploy', 'cdk'];

export function readInfrastructure(
  tree: Tree,
  root: string,
  { files, modules }: Pick<Existing, 'files' | 'modules'>,
): Infrastructure {
  const own = files.map((file) => joinPathFragments(root, file));
  const unsure: string[] = [];
  const functions = [...own, ...filesAbove(tree, root)].flatMap((path) => {
    const read = readerOf(tree, root, path);
    try {
      return read?.(tree.read(path, 'utf-8') ?? '', path) ?? [];
    } catch (error) {
      const [reason] = String(error instanceof Error ? error.message : error).split('\n');
      unsure.push(`\`${path}\` cannot be read (${reason}): its functions are not known`);
      return [];
    }
  });
  const located = functions
    .filter(({ runtime }) => runtime === undefined || runtime.startsWith('python'))
    .flatMap((one): LocatedFunction[] => {
      const found = locate(one, root, modules);
      if (typeof found !== 'string') return found ? [found] : [];
      unsure.push(found);
      return [];
    });
  return { functions: located, unsure };
}

function readerOf(tree: Tree, root: string, path: string): ReadDeclared | undefined {
  const name = posix.basename(path);
  if (/^template\.(ya?ml|json)$/.test(name)) return readCloudFormation;
  if (/^serverless\.ya?ml$/.test(name)) return readServerless;
  if (name.endsWith('.tf')) return readTerraform;
  if (!/(?<!\.d)\.(py|ts)$/.test(name)) return undefined;
  return (text, file) => readCdk(text, file, directoryOfCdk(tree, posix.dirname(file)) ?? root);
}

function directoryOfCdk(tree: Tree, directory: string): string | undefined {
  if (tree.exists(joinPathFragments(directory, 'cdk.json'))) return directory;
  return directory === '.' ? undefined : directoryOfCdk(tree, posix.dirname(directory));
}

function filesAbove(tree: Tree, root: string): string[] {
  if (root === '.') return [];
  const above = posix.dirname(root);
  const directories = OTHER_PLACES.map((name) => joinPathFragments(above, name) || '.');
  const files = directories
    .filter((directory) => directory !== root)
    .flatMap((directory) =>
      tree.children(directory).map((name) => joinPathFragments(directory, name)),
    );
  return [...files.filter((path) => tree.isFile(path)), ...filesAbove(tree, above)];
}

/** Undefined for a function whose code is elsewhere; a line for one that should be here and is not found. */
function locate(
  declared: DeclaredFunction,
  root: string,
  modules: Modules,
): LocatedFunction | string | undefined {
  const { key, handler, code, source, line } = declared;
  const isOwn = isWithin(code ?? source, root);
  const written = `\`${key}\` of \`${source}${line === undefined ? '' : `:${line}`}\``;
  if (handler === undefined || !handler.includes('.')) {
    return isOwn
      ? `${written} does not name its handler in plain text: if its code is here, add it under [tool.nx-lambda-python.functions]`
      : undefined;
  }
  const dot = handler.lastIndexOf('.');
  const [path, attribute] = [handler.slice(0, dot).replaceAll('.', '/'), handler.slice(dot + 1)];
  const names = [`${path}/__init__.py`, `${path}.py`];
  const inCode = names.map((name) => posix.relative(root, posix.join(code ?? root, name)));
  const anywhere = [...modules.keys()].filter((file) =>
    names.some((name) => file.endsWith(`/${name}`)),
  );
  // What is packaged may be a copy that a script makes.
  const found = inCode.find((name) => modules.has(name)) ?? (isOwn ? only(anywhere) : undefined);
  if (found === undefined) {
    return isOwn
      ? `${written} has the handler \`${handler}\`, but no module here fits it: correct one of the two, or add it under [tool.nx-lambda-python.functions]`
      : undefined;
  }
  const module = modules.get(found)?.module;
  if (module?.names.has(attribute) || module?.open) {
    return { ...declared, handler, file: found, attribute };
  }
  return `${written} has the handler \`${handler}\`, but \`${found}\` does not define \`${attribute}\`: correct one of the two`;
}

function only<T>(values: readonly T[]): T | undefined {
  return values.length === 1 ? values[0] : undefined;
}

export function isWithin(path: string, directory: string): boolean {
  return directory === '.' || path === directory || path.startsWith(`${directory}/`);
}
