/**
 * `nx g nx-lambda-python:project`: a service with its marker, its package and a first handler, or the marker for
 * existing code. No file is overwritten; an existing pyproject.toml gets the marker at its end.
 */

import {
  formatFiles,
  generateFiles,
  joinPathFragments,
  logger,
  writeJson,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { IDENTIFIER_RULE, importPackageFor, isImportPackage } from '../../python/names';
import { hidesPythonModule } from '../../python/stdlib';
import { MARKER_FILE } from '../../service/marker';
import { DEFAULT_RUNTIME, type Architecture, type Runtime } from '../../service/runtimes';
import {
  architectureNamed,
  checkFree,
  currentDirectory,
  projectNames,
  reporting,
  runtimeNamed,
  workspacePath,
} from '../generator';
import { describeAdoption } from '../adopt/adopt';
import { planAdoption, type Adoption } from '../adopt/adoption';
import { readExisting, type Existing } from '../adopt/existing';
import { appendMarker, renderMarker, renderProject } from '../adopt/marker-text';
import { findRequirements } from '../adopt/requirements';
import { some } from '../adopt/unsure';
import { writeHandler, writePackageFiles } from '../handler/handler';
import { addIgnoreEntries, initGenerator, missingEntries } from '../init/init';
import type { ProjectGeneratorSchema } from './schema';

const SAMPLE_HANDLER = 'hello';
const IGNORED = ['__pycache__/', '.venv/'];
const NO_REQUIREMENTS =
  '# Distributions that the handlers import, one per line: pydantic==2.12.5\n';

interface ServicePlan {
  /** Relative to the workspace. */
  root: string;
  /** As given. */
  name: string | undefined;
  /** As given. */
  importPackage: string | undefined;
  runtime: Runtime;
  architecture: Architecture;
  tags: string[];
}

export default reporting(projectGenerator);

export async function projectGenerator(
  tree: Tree,
  options: ProjectGeneratorSchema,
): Promise<GeneratorCallback> {
  const plan = normalizeOptions(options, currentDirectory(tree));
  const name = await freeName(tree, plan);
  const existing = await readExisting(tree, plan.root);
  const adoption = await planAdoption(tree, plan.root, existing, plan);
  const service = adoption ?? newService(tree, plan, name, existing);

  const install = await initGenerator(tree, {
    skipFormat: true,
    skipPackageJson: options.skipPackageJson,
    keepExistingVersions: true,
  });
  if ('importPackage' in service) writeNew(tree, plan.root, name, service.importPackage, existing);
  if (!isProject(existing)) writeProjectFile(tree, plan.root, name, plan.tags);
  if (!options.skipFormat) await formatFiles(tree);
  // After formatting, which may know TOML: what the file has stays as it is.
  tree.write(joinPathFragments(plan.root, MARKER_FILE), service.text);
  for (const line of describe(plan, name, existing, adoption)) logger.info(line);
  for (const line of adoption?.unsure ?? []) logger.warn(`check: ${line}`);
  return install;
}

/** @throws PROJECT_EXISTS, OPTION_INVALID */
async function freeName(tree: Tree, { root, name: given }: ServicePlan): Promise<string> {
  const [own = root] = projectNames(tree, root);
  const isNamed = ['project.json', 'package.json'].some((file) =>
    tree.exists(joinPathFragments(root, file)),
  );
  if (isNamed && given !== undefined && given !== own) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`${root}\` is already the project \`${own}\`, not \`${given}\``,
      hint: 'omit `--name`; to rename the project, change the name in its project.json or package.json',
    });
  }
  const name = given ?? own;
  checkName(name, given);
  await checkFree(tree, root, name, {
    service: `pass another directory, or add a handler to it: \`npx nx g nx-lambda-python:handler refund --project=${own}\``,
    name: `pass another name: \`--name=${name}-functions\``,
  });
  return name;
}

/** The package of code without a handler. */
function onlyPackage({ files }: Existing): string | undefined {
  const [only, other] = files.filter((file) => /^[^/]+\/__init__\.py$/.test(file));
  return other === undefined ? only?.split('/')[0] : undefined;
}

/** The pyproject.toml of a directory without handlers. */
function newService(
  tree: Tree,
  { root, runtime, architecture, importPackage: given }: ServicePlan,
  name: string,
  existing: Existing,
): { text: string; importPackage: string } {
  const importPackage = newPackage(given ?? onlyPackage(existing), name);
  const marker = renderMarker({ importPackage, runtime, architecture });
  const before = tree.read(joinPathFragments(root, MARKER_FILE), 'utf-8');
  const text =
    before === null ? `${renderProject(name, runtime)}\n${marker}` : appendMarker(before, marker);
  return { text, importPackage };
}

/** What a new service needs beside its pyproject.toml: a first handler, and requirements. */
function writeNew(
  tree: Tree,
  root: string,
  name: string,
  importPackage: string,
  { files }: Existing,
): void {
  const handlers = `${importPackage.replaceAll('.', '/')}/handlers`;
  if (findRequirements(tree, root, files, []).kind === 'none') {
    tree.write(joinPathFragments(root, 'requirements.txt'), NO_REQUIREMENTS);
  }
  if (!files.includes('.gitignore')) {
    addIgnoreEntries(tree, root, missingEntries(tree, '.', IGNORED));
  }
  if (!files.some((file) => /^readme(\.|$)/i.test(file))) {
    generateFiles(tree, join(__dirname, 'files'), root, { name, handlers });
  }
  writePackageFiles(tree, root, handlers);
  const file = `${handlers}/${SAMPLE_HANDLER}.py`;
  if (files.includes(file)) return;
  writeHandler(tree, root, { file, name: SAMPLE_HANDLER, handlerName: 'handler' });
}

/** Writes the project.json of a new project. */
export function writeProjectFile(
  tree: Tree,
  root: string,
  name: string,
  tags: readonly string[],
): void {
  const file = joinPathFragments(root, 'project.json');
  if (tree.exists(file)) return;
  writeJson(tree, file, {
    $schema: posix.join(
      posix.relative(root, '.') || '.',
      'node_modules/nx/schemas/project-schema.json',
    ),
    name,
    ...(tags.length > 0 ? { tags } : {}),
  });
}

function isProject({ files }: Existing): boolean {
  return files.includes('project.json') || files.includes('package.json');
}

/** What was kept and found; nothing for a new directory. */
function describe(
  { root, tags }: ServicePlan,
  name: string,
  existing: Existing,
  adoption: Adoption | undefined,
): string[] {
  if (existing.files.length === 0) return [];
  const tops = existing.files.map((file) => file.replace(/\/.*/, '/'));
  const kept = [...new Set(tops)].filter((top) => top !== MARKER_FILE).sort();
  return [
    ...(kept.length > 0 ? [`unchanged in ${root}: ${some(kept)}`] : []),
    ...(existing.files.includes(MARKER_FILE)
      ? ['pyproject.toml: added the marker at the end, the rest is unchanged']
      : []),
    ...(adoption ? describeAdoption(adoption, name) : ['no handler was found: added a first one']),
    ...(isProject(existing) && tags.length > 0
      ? [`the tags ${tags.join(', ')} were not written: add them to the project's own file`]
      : []),
  ];
}

/** @throws OPTION_INVALID, RUNTIME_UNKNOWN */
function normalizeOptions(options: ProjectGeneratorSchema, current: string): ServicePlan {
  const root = workspacePath(options.directory, current);
  return {
    root,
    name: options.name,
    importPackage: options.package && checkedPackage(options.package),
    runtime: runtimeNamed(options.runtime ?? DEFAULT_RUNTIME),
    architecture: architectureNamed(options.architecture ?? 'x86_64'),
    tags: tagsOf(options.tags),
  };
}

export function tagsOf(option: string | undefined): string[] {
  return (option ?? '')
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
}

/** @throws OPTION_INVALID */
export function checkName(name: string, given: string | undefined): void {
  if (/^(@[\w.-]+\/)?[a-zA-Z][\w.-]*$/.test(name)) return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${name}\` is not a valid project name: use letters, digits, \`-\`, \`_\` and \`.\`, and start with a letter`,
    hint: given === undefined ? 'pass `--name=orders`' : 'pass another `--name`',
  });
}

/** Of a project without code. @throws OPTION_INVALID */
export function newPackage(given: string | undefined, project: string): string {
  const name = given ?? importPackageFor(project);
  if (name === undefined) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `the project's name \`${project}\` cannot be made into the name of a Python package`,
      hint: 'name the package: `--package=orders`',
    });
  }
  return checkedPackage(name);
}

function checkedPackage(name: string): string {
  if (!isImportPackage(name)) {
    const proposal = importPackageFor(name);
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`${name}\` is not a valid name for a Python package: ${IDENTIFIER_RULE}`,
      hint: `pass \`--package=${proposal ?? 'orders'}\``,
    });
  }
  const [top = ''] = name.split('.');
  if (!hidesPythonModule(top)) return name;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `a package \`${top}\` would hide the module \`${top}\` of Python or of Lambda's runtime`,
    hint: `pass another one: \`--package=${top}_service\``,
  });
}
