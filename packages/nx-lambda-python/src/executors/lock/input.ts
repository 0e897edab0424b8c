/** What is locked and where the lock goes; nothing written by hand is ever overwritten. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import {
  collectRequirements,
  type CollectedRequirements,
} from '../../packaging/requirements/collect';
import { isLockFile } from '../../packaging/requirements/lock-file';
import { RequirementSecrets } from '../../packaging/requirements/secrets';
import { readProjectDependencies } from '../../service/project-dependencies';
import type { BuildOptions } from '../build/normalize';
import type { LockExecutorSchema } from './schema';

const PYPROJECT = 'pyproject.toml';

export interface LockInput extends CollectedRequirements {
  /** Relative to the workspace. */
  requirements: string[];
  /** As the lock's header names them: relative to the project's root. */
  sources: string[];
  /** Of the lock, relative to the workspace. */
  output: string;
  /** Credentials of the files, which `files` only name. */
  secrets: RequirementSecrets;
  /** Text of the lock there is. */
  previous: string | undefined;
}

type Place = Pick<BuildOptions, 'workspaceRoot' | 'projectRoot' | 'constraints' | 'project'>;

/** @throws OPTION_INVALID, REQUIREMENTS_MISSING and the codes of `collectRequirements` */
export function readLockInput(schema: LockExecutorSchema, place: Place): LockInput {
  const { projectRoot, constraints } = place;
  const read = (path: string): string | undefined => {
    const file = join(place.workspaceRoot, path);
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile();
    return isFile ? readFileSync(file, 'utf8') : undefined;
  };
  const inProject = (path: string) => posix.join(projectRoot, path.replaceAll('\\', '/'));
  const output = inProject(schema.output ?? 'requirements.txt');
  const sources = schema.input ?? defaultInput(schema, place, output, read);
  checkExtras(schema, sources);

  // The dependencies of pyproject.toml are read as a requirements file beside it.
  const declared = new Map<string, string>();
  const requirements = sources.map((source) => {
    const path = inProject(source);
    if (posix.basename(path) !== PYPROJECT) return path;
    const lines = readProjectDependencies(read(path) ?? '', path, schema.extras ?? []);
    const stand = posix.join(posix.dirname(path), 'pyproject.dependencies.txt');
    if (!lines) throw nothingDeclared(path);
    declared.set(stand, lines.map((line) => `${line}\n`).join(''));
    return stand;
  });
  const secrets = new RequirementSecrets(process.env);
  const { workspaceRoot } = place;
  const collected = collectRequirements(
    { requirements, constraints, projectRoot, workspaceRoot },
    (path) => {
      const text = declared.get(path) ?? read(path);
      return text === undefined ? undefined : secrets.protect(text, path);
    },
    (path) => existsSync(join(workspaceRoot, path)),
  );
  const [library] = [...collected.local.trees, ...collected.local.archives];
  if (library !== undefined) throw libraryRequired(library, place);
  if (collected.files.has(output)) throw ownInput(output);
  const previous = read(output);
  if (previous !== undefined && !isLockFile(previous)) throw handWritten(output);
  return { ...collected, requirements, sources, output, secrets, previous };
}

function defaultInput(
  schema: LockExecutorSchema,
  { projectRoot }: Place,
  output: string,
  read: (path: string) => string | undefined,
): string[] {
  if (read(posix.join(projectRoot, 'requirements.in')) !== undefined) return ['requirements.in'];
  const pyproject = posix.join(projectRoot, PYPROJECT);
  const text = read(pyproject);
  const extras = schema.extras ?? [];
  if (text !== undefined && readProjectDependencies(text, pyproject, extras) !== undefined) {
    return [PYPROJECT];
  }
  const written = read(output);
  throw new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `there is nothing to lock: \`${projectRoot}\` has no requirements.in, and its pyproject.toml no [project] dependencies`,
    hint:
      written !== undefined && !isLockFile(written)
        ? `make the file written by hand the input: \`git mv ${output} ${posix.join(projectRoot, 'requirements.in')}\`, then \`nx lock <service>\``
        : 'list what the handlers import in requirements.in, or name another file: "input" on the lock target',
  });
}

function checkExtras({ extras = [] }: LockExecutorSchema, sources: readonly string[]): void {
  if (extras.length === 0 || sources.some((source) => posix.basename(source) === PYPROJECT)) return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`extras\` are those of pyproject.toml, and ${sources.join(', ')} is locked`,
    hint: 'set "input": ["pyproject.toml"] on the lock target, or remove `extras`',
  });
}

function nothingDeclared(path: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `\`${path}\` declares no dependencies under [project]`,
    hint: 'add `dependencies = []` with what the handlers import, or name a requirements file: "input" on the lock target',
  });
}

/** It has no published file, so no hash: what it is stands in the workspace. */
function libraryRequired(path: string, { projectRoot }: Place): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` is a library of this workspace, which cannot be locked: it has no published file`,
    hint: `take it out of what is locked, and require it beside the lock: a file with \`-r requirements.txt\` and \`${posix.relative(projectRoot, path)}\`, listed in "requirements" of the build target`,
  });
}

function ownInput(output: string): LambdaPythonError {
  return new LambdaPythonError('OPTION_INVALID', {
    message: `\`${output}\` is what shall be locked and would be overwritten by its own lock`,
    hint: `rename it to requirements.in and run \`nx lock <service>\`, or set another "output" on the lock target and list it in "requirements" of the build target`,
  });
}

function handWritten(output: string): LambdaPythonError {
  return new LambdaPythonError('OPTION_INVALID', {
    message: `\`${output}\` is no lock but was written by hand, and would be overwritten`,
    hint: `move its lines to the input and delete it, then run \`nx lock <service>\`, or set another "output" on the lock target and list it in "requirements" of the build target`,
  });
}
