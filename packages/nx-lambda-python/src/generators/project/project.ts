/**
 * `nx g nx-lambda-python:project`: a service with its marker, its package and a first handler, or the marker around
 * code that is there. No file of the directory is overwritten; a pyproject.toml gets the marker at its end.
 */

import {
  formatFiles,
  generateFiles,
  getProjects,
  joinPathFragments,
  logger,
  writeJson,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { MARKER_FILE } from '../../service/marker';
import { hasMarker } from '../../service/pyproject';
import { currentDirectory } from '../directory';
import { writeHandler, writePackageFiles } from '../handler/write';
import { addIgnoreEntries, missingEntries } from '../ignore-file';
import { initGenerator } from '../init/init';
import { reporting } from '../report';
import { findServices, projectName } from '../services';
import { appendMarker, findLayout, renderMarker, renderProject, type AdoptedLayout } from './adopt';
import { describeAdoption } from './describe';
import { checkMarker, readExisting, requirementsOf, type Existing } from './existing';
import { checkName, newPackage, normalizeOptions, type ServicePlan } from './normalize';
import type { ProjectGeneratorSchema } from './schema';

const SAMPLE_HANDLER = 'hello';
const IGNORED = ['__pycache__/', '.venv/'];
const NO_REQUIREMENTS =
  '# Distributions that the handlers import, one per line: pydantic==2.12.5\n';

export default reporting(projectGenerator);

export async function projectGenerator(
  tree: Tree,
  options: ProjectGeneratorSchema,
): Promise<GeneratorCallback> {
  const plan = normalizeOptions(options, currentDirectory(tree));
  const { root } = plan;
  const name = await freeName(tree, plan);
  const existing = await readExisting(tree, root);
  const layout = findLayout(existing.modules, plan.importPackage);
  const importPackage = layout
    ? layout.importPackage
    : newPackage(plan.importPackage ?? onlyPackage(existing), name);
  const text = markerFile(tree, plan, name, { importPackage, ...layout });
  const handlers = layout ? await checkMarker(tree, root, text, existing) : [];

  const install = await initGenerator(tree, {
    skipFormat: true,
    skipPackageJson: options.skipPackageJson,
    keepExistingVersions: true,
  });
  writeService(tree, plan, name, existing);
  if (!layout && importPackage !== undefined)
    writeSample(tree, root, name, importPackage, existing);
  if (!options.skipFormat) await formatFiles(tree);
  // After formatting, which may know TOML: what stands in the file already stays as it is.
  tree.write(joinPathFragments(root, MARKER_FILE), text);
  for (const line of describeAdoption({ plan, name, existing, layout, handlers })) {
    logger.info(line);
  }
  return install;
}

/**
 * The name of the project, its own where it is one.
 * @throws PROJECT_EXISTS for a service, and for a name that another project has; OPTION_INVALID
 */
async function freeName(tree: Tree, { root, name: given }: ServicePlan): Promise<string> {
  const path = joinPathFragments(root, MARKER_FILE);
  const text = tree.read(path, 'utf-8') ?? '';
  const own = projectName(tree, root, text);
  if (hasMarker(text)) {
    throw new LambdaPythonError('PROJECT_EXISTS', {
      message: `\`${root}\` is a service already: \`${path}\` has [tool.nx-lambda-python]`,
      hint: `pass another directory, or add a handler to it: \`npx nx g nx-lambda-python:handler refund --project=${own}\``,
    });
  }
  const isProject = ['project.json', 'package.json'].some((file) =>
    tree.exists(joinPathFragments(root, file)),
  );
  if (isProject && given !== undefined && given !== own) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`${root}\` is the project \`${own}\` already, not \`${given}\``,
      hint: 'leave `--name` out; to rename the project, change the name in its project.json or package.json',
    });
  }
  const name = given ?? own;
  checkName(name, given);
  const services = await findServices(tree);
  const owner =
    getProjects(tree).get(name)?.root ?? services.find((service) => service.name === name)?.root;
  if (owner === undefined || owner === root) return name;
  throw new LambdaPythonError('PROJECT_EXISTS', {
    message: `a project named \`${name}\` exists already, in \`${owner}\``,
    hint: `pass another name: \`--name=${name}-functions\``,
  });
}

/** The package that code without a handler is in. */
function onlyPackage({ files }: Existing): string | undefined {
  const [only, other] = files.filter((file) => /^[^/]+\/__init__\.py$/.test(file));
  return other === undefined ? only?.split('/')[0] : undefined;
}

function markerFile(
  tree: Tree,
  { root, runtime, architecture }: ServicePlan,
  name: string,
  layout: Partial<AdoptedLayout>,
): string {
  const marker = renderMarker({ ...layout, runtime, architecture });
  const before = tree.read(joinPathFragments(root, MARKER_FILE), 'utf-8');
  return before === null
    ? `${renderProject(name, runtime)}\n${marker}`
    : appendMarker(before, marker);
}

function writeService(
  tree: Tree,
  { root, tags }: ServicePlan,
  name: string,
  existing: Existing,
): void {
  const isThere = (file: string) => existing.files.includes(file);
  const requirements = requirementsOf(existing);
  if (requirements.kind === 'none') {
    tree.write(joinPathFragments(root, 'requirements.txt'), NO_REQUIREMENTS);
  }
  if (!isThere('.gitignore')) addIgnoreEntries(tree, root, missingEntries(tree, '.', IGNORED));
  if (isThere('project.json') || isThere('package.json')) return;
  const options = { requirements: requirements.kind === 'elsewhere' ? requirements.files : [] };
  writeJson(tree, joinPathFragments(root, 'project.json'), {
    $schema: posix.join(
      posix.relative(root, '.') || '.',
      'node_modules/nx/schemas/project-schema.json',
    ),
    name,
    ...(tags.length > 0 ? { tags } : {}),
    ...(options.requirements.length === 1 ? { targets: { build: { options } } } : {}),
  });
}

/** For a directory without a handler. */
function writeSample(
  tree: Tree,
  root: string,
  name: string,
  importPackage: string,
  existing: Existing,
): void {
  const handlers = `${importPackage.replaceAll('.', '/')}/handlers`;
  if (!existing.files.some((file) => /^readme(\.|$)/i.test(file))) {
    generateFiles(tree, join(__dirname, 'files'), root, { name, handlers });
  }
  writePackageFiles(tree, root, handlers);
  const file = `${handlers}/${SAMPLE_HANDLER}.py`;
  if (existing.files.includes(file)) return;
  writeHandler(tree, root, { file, name: SAMPLE_HANDLER, handlerName: 'handler' });
}
