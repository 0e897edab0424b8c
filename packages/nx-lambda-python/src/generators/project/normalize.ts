/** The project generator's options, checked and filled in. */

import { LambdaPythonError } from '../../errors';
import { importPackageFor, isImportPackage } from '../../python/names';
import { nearest } from '../../report/nearest';
import {
  ARCHITECTURES,
  DEFAULT_RUNTIME,
  findRuntime,
  RUNTIMES,
  type Architecture,
  type Runtime,
} from '../../service/runtimes';
import { hidesPythonModule } from '../../python/stdlib';
import { workspacePath } from '../directory';
import type { ProjectGeneratorSchema } from './schema';

export interface ServicePlan {
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

/** @throws OPTION_INVALID, RUNTIME_UNKNOWN */
export function normalizeOptions(options: ProjectGeneratorSchema, current: string): ServicePlan {
  const root = workspacePath(options.directory, current);
  return {
    root,
    name: options.name,
    importPackage: options.package && checkedPackage(options.package),
    runtime: runtime(options.runtime ?? DEFAULT_RUNTIME),
    architecture: architecture(options.architecture),
    tags: (options.tags ?? '')
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  };
}

/** @throws OPTION_INVALID */
export function checkName(name: string, given: string | undefined): void {
  if (/^(@[\w.-]+\/)?[a-zA-Z][\w.-]*$/.test(name)) return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${name}\` is no name for a project: it needs a letter first, then letters, digits, \`-\`, \`_\` and \`.\``,
    hint: given === undefined ? 'pass `--name=orders`' : 'pass another `--name`',
  });
}

/** Of a service without code. @throws OPTION_INVALID */
export function newPackage(given: string | undefined, project: string): string {
  const name = given ?? importPackageFor(project);
  if (name === undefined) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `the project's name \`${project}\` cannot be turned into the name of a Python package`,
      hint: 'name the package: `--package=orders`',
    });
  }
  return checkedPackage(name);
}

function checkedPackage(name: string): string {
  if (!isImportPackage(name)) {
    const proposal = importPackageFor(name);
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`${name}\` is no name of a Python package: letters, digits and \`_\`, no keyword, not a digit first`,
      hint: `pass \`--package=${proposal ?? 'orders'}\``,
    });
  }
  const [top = ''] = name.split('.');
  if (!hidesPythonModule(top)) return name;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `a package \`${top}\` would hide the module \`${top}\` that Python or Lambda's runtime has`,
    hint: `pass another one: \`--package=${top}_service\``,
  });
}

function runtime(name: string): Runtime {
  const found = findRuntime(name);
  if (found) return found;
  const known = RUNTIMES.map((candidate) => candidate.name);
  throw new LambdaPythonError('RUNTIME_UNKNOWN', {
    message: `the runtime \`${name}\` is not known; known: ${known.join(', ')}`,
    hint: `pass \`--runtime=${nearest(name, known)[0] ?? DEFAULT_RUNTIME}\``,
  });
}

function architecture(name: string | undefined): Architecture {
  const found = ARCHITECTURES.find((known) => known === (name ?? 'x86_64'));
  if (found) return found;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `the architecture \`${name}\` is not known; known: ${ARCHITECTURES.join(', ')}`,
    hint: 'pass `--architecture=x86_64` or `--architecture=arm64`',
  });
}
