/** `nx g nx-lambda-python:adopt`: the marker for code that exists. No other file is written, and none is moved. */

import { joinPathFragments, logger, readJson, readNxJson, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { codeList, nearest } from '../../report/nearest';
import { MARKER_FILE } from '../../service/marker';
import {
  architectureNamed,
  checkFree,
  checkWritable,
  currentDirectory,
  isPackage,
  projectNames,
  reporting,
  runtimeNamed,
  workspacePath,
} from '../generator';
import { isRegistered, PLUGIN } from '../init/init';
import { planAdoption, type Adoption } from './adoption';
import { readExisting } from './existing';
import type { AdoptGeneratorSchema } from './schema';
import { some } from './unsure';

export default reporting(adoptGenerator);

/** @throws OPTION_INVALID, RUNTIME_UNKNOWN, PROJECT_EXISTS, NO_HANDLERS, FILE_NOT_WRITABLE */
export async function adoptGenerator(tree: Tree, options: AdoptGeneratorSchema): Promise<void> {
  const root = workspacePath(options.directory, currentDirectory(tree));
  const path = joinPathFragments(root, MARKER_FILE);
  checkDirectory(tree, root);
  const [name = root] = projectNames(tree, root);
  await checkFree(tree, root, name, {
    service: `build it: \`npx nx build ${name}\``,
    name: `give this one a name of its own in ${joinPathFragments(root, 'project.json')}, { "name": "${name}-functions" }, and run the command again`,
  });
  const existing = await readExisting(tree, root);
  const adoption = await planAdoption(tree, root, existing, {
    runtime: options.runtime && runtimeNamed(options.runtime),
    architecture: options.architecture && architectureNamed(options.architecture),
    importPackage: options.package,
  });
  if (adoption === undefined) throw noHandlers(root);
  checkWritable(tree, path);
  tree.write(path, adoption.text);
  for (const line of describeAdoption(adoption, name)) logger.info(line);
  for (const line of [...adoption.unsure, ...outside(tree, root, name)])
    logger.warn(`check: ${line}`);
}

/** @throws OPTION_INVALID */
function checkDirectory(tree: Tree, root: string): void {
  if (tree.children(root).length > 0) return;
  const parent = posix.dirname(root);
  const isFile = tree.isFile(root);
  const beside = tree
    .children(parent)
    .filter((one) => !tree.isFile(joinPathFragments(parent, one)));
  const [near] = nearest(posix.basename(root), beside);
  const meant = isFile ? parent : near && joinPathFragments(parent, near);
  throw new LambdaPythonError('OPTION_INVALID', {
    message: isFile
      ? `\`${root}\` is a file, expected the directory of the code`
      : `the directory \`${root}\` does not exist, or is empty`,
    hint: meant
      ? `pass the directory of the code: \`npx nx g nx-lambda-python:adopt ${meant}\``
      : `pass the directory of the code; for a service without code, run \`npx nx g nx-lambda-python:project ${root}\``,
  });
}

function noHandlers(root: string): LambdaPythonError {
  return new LambdaPythonError('NO_HANDLERS', {
    message: `no handler was found in \`${root}\`: no top-level \`handler\`, \`lambda_handler\` or function of \`event\` and \`context\`, and no function of a template, and nothing was written`,
    hint: `name them in ${joinPathFragments(root, MARKER_FILE)} yourself, under [tool.nx-lambda-python.functions]; for a first handler, run \`npx nx g nx-lambda-python:project ${root}\``,
  });
}

/** What was found. */
export function describeAdoption(
  { handlers, requirements: { kind, files } }: Pick<Adoption, 'handlers' | 'requirements'>,
  name: string,
): string[] {
  const found = handlers.map((one) => `${one.name} (${one.handler})`);
  const count = `${handlers.length} ${handlers.length === 1 ? 'handler' : 'handlers'}`;
  const more = { default: '', elsewhere: ', named in the marker', none: '' };
  return [
    `${count}: ${some(found)}`,
    ...(kind === 'input'
      ? [`dependencies: ${codeList(files)}; lock them next with \`npx nx lock ${name}\``]
      : files.length > 0
        ? [`dependencies: ${codeList(files)}${more[kind]}`]
        : []),
  ];
}

/** What the workspace has that keeps this from working. */
function outside(tree: Tree, root: string, name: string): string[] {
  const json = (file: string) => {
    const path = joinPathFragments(root, file);
    return tree.exists(path) ? readJson<{ targets?: object; scripts?: object }>(tree, path) : {};
  };
  const own = {
    ...(isPackage(tree, root) ? json('package.json').scripts : {}),
    ...json('project.json').targets,
  };
  const taken = ['build', 'upload', 'deploy'].filter((target) => target in own);
  const [first] = taken;
  return [
    ...(first === undefined
      ? []
      : [
          `the project has ${codeList(taken)} of its own, which Nx runs instead: name the plugin's in nx.json, { "plugin": "${PLUGIN}", "options": { "${first}": "${first}-lambda" } }`,
        ]),
    ...(isRegistered(readNxJson(tree) ?? {})
      ? []
      : [
          `nx.json does not list the plugin, so Nx does not see ${name}: run \`npx nx g nx-lambda-python:init\``,
        ]),
  ];
}
