/** `nx g nx-lambda-python:library`: a package that several services require, and a service's requirement of it. */

import { formatFiles, joinPathFragments, logger, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { MARKER_FILE, parseMarker } from '../../service/marker';
import { declaredName } from '../../service/pyproject';
import { RUNTIMES, type Runtime } from '../../service/runtimes';
import {
  checkFree,
  currentDirectory,
  findServices,
  projectNames,
  reporting,
  serviceNamed,
  workspacePath,
  type ServiceProject,
} from '../generator';
import { checkName, newPackage, tagsOf, writeProjectFile } from '../project/project';
import { requireLibrary } from './require-library';
import type { LibraryGeneratorSchema } from './schema';

export default reporting(libraryGenerator);

export async function libraryGenerator(tree: Tree, options: LibraryGeneratorSchema): Promise<void> {
  const root = workspacePath(options.directory, currentDirectory(tree));
  const service =
    options.project === undefined
      ? undefined
      : serviceNamed(await findServices(tree), options.project);
  const existing = tree.read(joinPathFragments(root, MARKER_FILE), 'utf-8');
  if (existing !== null && !service) throw alreadyThere(root);
  const name = declaredName(existing ?? '') ?? (await freeName(tree, root, options.name));
  if (existing === null) {
    const importPackage = newPackage(options.package, name);
    const files = libraryFiles(name, importPackage, runtimeOf(service));
    for (const [path, text] of Object.entries(files)) {
      const file = joinPathFragments(root, path);
      if (!tree.exists(file)) tree.write(file, text);
    }
    writeProjectFile(tree, root, name, tagsOf(options.tags));
  }
  if (!options.skipFormat) await formatFiles(tree);
  // After formatting, which may know TOML: what the service has stays as it is.
  if (service) logger.info(requireLibrary(tree, service, { root, name }));
}

function alreadyThere(root: string): LambdaPythonError {
  return new LambdaPythonError('PROJECT_EXISTS', {
    message: `\`${root}\` already has a pyproject.toml`,
    hint: `pass another directory, or require it in a service: \`npx nx g nx-lambda-python:library ${root} --project=orders\``,
  });
}

/** @throws PROJECT_EXISTS, OPTION_INVALID */
async function freeName(tree: Tree, root: string, given: string | undefined): Promise<string> {
  const [own = root] = projectNames(tree, root);
  const name = given ?? own;
  checkName(name, given);
  await checkFree(tree, root, name, {
    service: 'pass another directory',
    name: `pass another name: \`--name=${name}-library\``,
  });
  return name;
}

/** The oldest one that may use it. */
function runtimeOf(service: ServiceProject | undefined): Runtime | undefined {
  if (service)
    return parseMarker(service.text, joinPathFragments(service.root, MARKER_FILE)).runtime;
  return RUNTIMES.reduce((a, b) => (a.python[1] <= b.python[1] ? a : b));
}

function libraryFiles(
  name: string,
  importPackage: string,
  runtime: Runtime | undefined,
): Record<string, string> {
  const path = importPackage.replaceAll('.', '/');
  const [top = path] = path.split('/');
  return {
    [MARKER_FILE]: `[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "${name.replace(/^@/, '').replaceAll('/', '-')}"
version = "0.0.0"
requires-python = ">=${(runtime?.python ?? [3, 9]).join('.')}"
dependencies = []

[tool.hatch.build.targets.wheel]
packages = ["src/${top}"]
`,
    [`src/${path}/__init__.py`]: '',
    [`tests/test_${posix.basename(path)}.py`]: `import ${importPackage}


def test_import():
    assert ${importPackage}.__name__ == "${importPackage}"
`,
  };
}
