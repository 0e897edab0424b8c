/** `nx g nx-lambda-python:project`: a service with its marker, its package and a first handler. */

import {
  formatFiles,
  generateFiles,
  getProjects,
  joinPathFragments,
  writeJson,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { currentDirectory } from '../directory';
import { writeHandler, writePackageFiles } from '../handler/write';
import { addIgnoreEntries, missingEntries } from '../ignore-file';
import { initGenerator } from '../init/init';
import { reporting } from '../report';
import { findServices } from '../services';
import { normalizeOptions, type ServicePlan } from './normalize';
import type { ProjectGeneratorSchema } from './schema';

const SAMPLE_HANDLER = 'hello';
const IGNORED = ['__pycache__/', '.venv/'];

export default reporting(projectGenerator);

export async function projectGenerator(
  tree: Tree,
  options: ProjectGeneratorSchema,
): Promise<GeneratorCallback> {
  const plan = normalizeOptions(options, currentDirectory(tree));
  await checkFree(tree, plan);
  const install = await initGenerator(tree, {
    skipFormat: true,
    skipPackageJson: options.skipPackageJson,
    keepExistingVersions: true,
  });
  writeService(tree, plan);
  if (!options.skipFormat) await formatFiles(tree);
  return install;
}

async function checkFree(tree: Tree, { root, name }: ServicePlan): Promise<void> {
  for (const file of ['pyproject.toml', 'project.json']) {
    const path = joinPathFragments(root, file);
    if (!tree.exists(path)) continue;
    throw new LambdaPythonError('PROJECT_EXISTS', {
      message: `\`${root}\` holds a project already: \`${path}\` exists`,
      hint: 'pass another directory; to make a service of an existing project, add `[tool.nx-lambda-python]` to its pyproject.toml',
    });
  }
  const services = await findServices(tree);
  const owner =
    getProjects(tree).get(name)?.root ?? services.find((service) => service.name === name)?.root;
  if (owner === undefined) return;
  throw new LambdaPythonError('PROJECT_EXISTS', {
    message: `a project named \`${name}\` exists already, in \`${owner}\``,
    hint: `pass another name: \`--name=${name}-functions\``,
  });
}

function writeService(tree: Tree, plan: ServicePlan): void {
  const { root, name, importPackage, runtime, architecture, tags } = plan;
  const packageDirectory = importPackage.replaceAll('.', '/');
  const handlers = `${packageDirectory}/handlers`;
  generateFiles(tree, join(__dirname, 'files'), root, {
    name,
    // PEP 508: letters, digits, `.`, `-` and `_`.
    distribution: name.replace(/^@/, '').replaceAll('/', '-'),
    importPackage,
    handlers,
    sample: SAMPLE_HANDLER,
    runtime: runtime.name,
    python: runtime.python.join('.'),
    architecture,
  });
  writeJson(tree, joinPathFragments(root, 'project.json'), {
    $schema: posix.join(
      posix.relative(root, '.') || '.',
      'node_modules/nx/schemas/project-schema.json',
    ),
    name,
    ...(tags.length > 0 ? { tags } : {}),
  });
  addIgnoreEntries(tree, root, missingEntries(tree, '.', IGNORED));
  writePackageFiles(tree, root, handlers);
  writeHandler(tree, root, {
    file: `${handlers}/${SAMPLE_HANDLER}.py`,
    name: SAMPLE_HANDLER,
    handlerName: 'handler',
  });
}
