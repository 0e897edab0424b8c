/** What is locked and where the lock goes; nothing written by hand is ever overwritten. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import { projectPath } from '../packaging/inputs/option-paths';
import { collectRequirements, type CollectedRequirements } from '../packaging/requirements/collect';
import type { ReadFile } from '../packaging/requirements/parse';
import { lockKind } from '../packaging/requirements/lock';
import { isLockFile } from '../packaging/requirements/lock-file';
import { lockOrigin, lockSources, type LockOrigin } from '../packaging/requirements/lock-origin';
import { RequirementSecrets } from '../packaging/requirements/secrets';
import { requirementSources } from '../packaging/requirements/sources';
import { readProjectDependencies } from '../service/pyproject';
import type { BuildOptions } from './normalize';
import type { LockExecutorSchema } from '../schemas/lock';

const PYPROJECT = 'pyproject.toml';

export interface LockInput extends CollectedRequirements {
  /** Relative to the workspace. */
  requirements: string[];
  /** As the lock's header has it. */
  origin: LockOrigin;
  /** Of the lock, relative to the workspace. */
  output: string;
  /** Credentials of the files, which `files` only name. */
  secrets: RequirementSecrets;
  /** Text of the lock there is. */
  previous: string | undefined;
}

type Place = Pick<
  BuildOptions,
  | 'workspaceRoot'
  | 'projectRoot'
  | 'constraints'
  | 'project'
  | 'requirements'
  | 'areRequirementsGiven'
>;

/** @throws OPTION_INVALID, REQUIREMENTS_MISSING and the codes of `collectRequirements` */
export function readLockInput(schema: LockExecutorSchema, place: Place): LockInput {
  const { projectRoot, constraints } = place;
  const read = (path: string): string | undefined => {
    const file = join(place.workspaceRoot, path);
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile();
    return isFile ? readFileSync(file, 'utf8') : undefined;
  };
  const inProject = (option: 'input' | 'output', path: string) => projectPath(option, path, place);
  const output = inProject('output', schema.output ?? 'requirements.txt');
  const sources = schema.input ?? defaultInput(schema, place, output, read);
  checkExtras(schema, sources);

  for (const source of sources) inProject('input', source);
  const exists = (path: string) => existsSync(join(place.workspaceRoot, path));
  const origin = lockOrigin({ sources, extras: schema.extras ?? [] }, output, place, read, exists);
  const found = lockSources(origin, place, read);
  const secrets = new RequirementSecrets(process.env);
  const { workspaceRoot } = place;
  const { requirements } = found;
  const collected = collectRequirements(
    { requirements, constraints, projectRoot, workspaceRoot },
    (path) => {
      const text = found.read(path);
      return text === undefined ? undefined : secrets.protect(text, path);
    },
    exists,
  );
  const [library] = [...collected.local.trees, ...collected.local.archives];
  if (library !== undefined) throw libraryRequired(library, place);
  if (collected.files.has(output)) throw ownInput(output);
  const previous = read(output);
  if (previous === undefined) checkReplaced(output, place, read);
  if (previous !== undefined && !isLockFile(previous)) throw handWritten(output);
  return { ...collected, requirements, origin, output, secrets, previous };
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

/** The first requirements.txt beside another lock would silently be taken in its place. */
function checkReplaced(output: string, place: Place, read: ReadFile): void {
  const [lock = ''] = requirementSources(place, read).taken;
  const kind = lockKind(lock);
  const isDefault = output === posix.join(place.projectRoot, 'requirements.txt');
  if (place.areRequirementsGiven || kind === undefined || !isDefault) return;
  const update = { uv: 'uv lock', poetry: 'poetry lock', pylock: 'the tool that wrote it' }[kind];
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${lock}\` pins what \`${place.project}\` requires; \`${output}\` would be taken in its place, with other versions`,
    hint: `update the lock there is by \`${update}\`; to change over to requirements.txt, delete \`${lock}\` or set "requirements": ["requirements.txt"] on the build target, then run \`nx lock <service>\``,
  });
}

function handWritten(output: string): LambdaPythonError {
  return new LambdaPythonError('OPTION_INVALID', {
    message: `\`${output}\` is no lock but was written by hand, and would be overwritten`,
    hint: `move its lines to the input and delete it, then run \`nx lock <service>\`, or set another "output" on the lock target and list it in "requirements" of the build target`,
  });
}
