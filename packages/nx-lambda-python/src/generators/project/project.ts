/**
 * `nx g nx-lambda-python:project`: a service with its marker, its package and a first handler, or the marker for
 * existing code. No file is overwritten; an existing pyproject.toml gets the marker at its end.
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
import { IDENTIFIER_RULE, importPackageFor, isImportPackage } from '../../python/names';
import { hidesPythonModule } from '../../python/stdlib';
import { MARKER_FILE } from '../../service/marker';
import { hasMarker } from '../../service/pyproject';
import {
  ARCHITECTURES,
  DEFAULT_RUNTIME,
  type Architecture,
  type Runtime,
} from '../../service/runtimes';
import {
  currentDirectory,
  findServices,
  projectNames,
  reporting,
  runtimeNamed,
  workspacePath,
} from '../generator';
import { writeHandler, writePackageFiles } from '../handler/handler';
import { addIgnoreEntries, initGenerator, missingEntries } from '../init/init';
import { appendMarker, findLayout, renderMarker, renderProject, type AdoptedLayout } from './adopt';
import {
  checkMarker,
  describeAdoption,
  readExisting,
  requirementsOf,
  type Existing,
} from './existing';
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
  // After formatting, which may know TOML: what the file has stays as it is.
  tree.write(joinPathFragments(root, MARKER_FILE), text);
  for (const line of describeAdoption({ ...plan, name, existing, layout, handlers })) {
    logger.info(line);
  }
  return install;
}

/**
 * Name of the project: its own if it is one already.
 * @throws PROJECT_EXISTS for a service, and for a name that another project has; OPTION_INVALID
 */
async function freeName(tree: Tree, { root, name: given }: ServicePlan): Promise<string> {
  const path = joinPathFragments(root, MARKER_FILE);
  const text = tree.read(path, 'utf-8') ?? '';
  const [own = root] = projectNames(tree, root, text);
  if (hasMarker(text)) {
    throw new LambdaPythonError('PROJECT_EXISTS', {
      message: `\`${root}\` is already a service: \`${path}\` has [tool.nx-lambda-python]`,
      hint: `pass another directory, or add a handler to it: \`npx nx g nx-lambda-python:handler refund --project=${own}\``,
    });
  }
  const isProject = ['project.json', 'package.json'].some((file) =>
    tree.exists(joinPathFragments(root, file)),
  );
  if (isProject && given !== undefined && given !== own) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`${root}\` is already the project \`${own}\`, not \`${given}\``,
      hint: 'omit `--name`; to rename the project, change the name in its project.json or package.json',
    });
  }
  const name = given ?? own;
  checkName(name, given);
  const services = await findServices(tree);
  const owner =
    getProjects(tree).get(name)?.root ?? services.find((service) => service.name === name)?.root;
  if (owner === undefined || owner === root) return name;
  throw new LambdaPythonError('PROJECT_EXISTS', {
    message: `a project named \`${name}\` already exists in \`${owner}\``,
    hint: `pass another name: \`--name=${name}-functions\``,
  });
}

/** The package of code without a handler. */
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
  const exists = (file: string) => existing.files.includes(file);
  const requirements = requirementsOf(existing);
  if (requirements.kind === 'none') {
    tree.write(joinPathFragments(root, 'requirements.txt'), NO_REQUIREMENTS);
  }
  if (!exists('.gitignore')) addIgnoreEntries(tree, root, missingEntries(tree, '.', IGNORED));
  if (exists('project.json') || exists('package.json')) return;
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

/** @throws OPTION_INVALID, RUNTIME_UNKNOWN */
function normalizeOptions(options: ProjectGeneratorSchema, current: string): ServicePlan {
  const root = workspacePath(options.directory, current);
  return {
    root,
    name: options.name,
    importPackage: options.package && checkedPackage(options.package),
    runtime: runtimeNamed(options.runtime ?? DEFAULT_RUNTIME),
    architecture: architectureNamed(options.architecture ?? 'x86_64'),
    tags: (options.tags ?? '')
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  };
}

/** @throws OPTION_INVALID */
function checkName(name: string, given: string | undefined): void {
  if (/^(@[\w.-]+\/)?[a-zA-Z][\w.-]*$/.test(name)) return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${name}\` is not a valid project name: use letters, digits, \`-\`, \`_\` and \`.\`, and start with a letter`,
    hint: given === undefined ? 'pass `--name=orders`' : 'pass another `--name`',
  });
}

/** Of a service without code. @throws OPTION_INVALID */
function newPackage(given: string | undefined, project: string): string {
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

function architectureNamed(name: string): Architecture {
  const architecture = ARCHITECTURES.find((candidate) => candidate === name);
  if (architecture) return architecture;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `unknown architecture \`${name}\``,
    hint: 'pass `--architecture=x86_64` or `--architecture=arm64`',
  });
}
