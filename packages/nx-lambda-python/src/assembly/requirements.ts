/** The requirements of a service as pip and the requirements key need them: with the content that they name. */

import { posix } from 'node:path';
import {
  readRequired,
  type Protect,
  type RequiredInputs,
  type RequirementOptions,
} from '../packaging/inputs/requirements';
import type { WorkspaceFiles } from '../packaging/inputs/workspace-files';
import type { LocalParts, RequirementsMeaning } from '../packaging/requirements/collect';
import { describeLocal } from '../packaging/requirements/parse';
import { RequirementSecrets } from '../packaging/requirements/secrets';
import { readLocalContent } from '../platform/files/local-files';
import { workspaceFiles } from '../platform/files/workspace-files';
import type { ResolveRequest } from '../platform/pip/request';
import type { BuildOptions } from './normalize';

export interface ServiceRequirements extends Pick<
  ResolveRequest,
  'files' | 'requirements' | 'constraints' | 'pipArguments' | 'local'
> {
  meaning: RequirementsMeaning;
  /** The same with variables of the environment as they are written: no machine's values are in it. */
  written: RequirementsMeaning;
  /** Nothing is required at all. */
  isEmpty: boolean;
}

type Options = Pick<
  BuildOptions,
  | 'workspaceRoot'
  | 'sourceRoot'
  | 'projectRoot'
  | 'requirements'
  | 'areRequirementsGiven'
  | 'constraints'
  | 'pipArgs'
>;

/** @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID, OPTION_INVALID, ENTRY_INVALID */
export function readRequirements(options: Options, protect: Protect): ServiceRequirements {
  const workspace = workspaceFiles(options.sourceRoot);
  const required = requiredInputs(options, workspace, protect);
  const { projectRoot, workspaceRoot } = options;
  if (required.standIn !== undefined) {
    console.log(`there is no requirements.txt: taking \`${required.standIn}\``);
  }
  const content = readLocalContent(options.sourceRoot, required.local, namesOf(required));
  const { isLocked, lock } = required;
  // A lock is complete: what it leaves out is not needed.
  const implied = isLocked ? [] : impliedFile(projectRoot, required.local);
  return {
    files: new Map([...required.files, ...implied]),
    requirements: [...required.requirements, ...implied.map(([path]) => path)],
    constraints: required.constraints,
    pipArguments: options.pipArgs,
    meaning: withContent(required.meaning, content.digests),
    written: withContent(writtenInputs(options, workspace).meaning, content.digests),
    local: {
      base: { projectRoot, workspaceRoot },
      files: content.files,
      isLocked,
      ...(lock && { lock }),
    },
    isEmpty: required.isEmpty,
  };
}

/** What a package is compared by, on machines that have no token of an index, too. */
export function readMeaning(options: Options): RequirementsMeaning {
  const required = writtenInputs(options, workspaceFiles(options.sourceRoot));
  return withContent(
    required.meaning,
    readLocalContent(options.sourceRoot, required.local, namesOf(required)).digests,
  );
}

/** Of the files that name others, for messages. */
function namesOf({ lock, requirements }: RequiredInputs): string {
  return lock?.path ?? requirements.join(', ');
}

/** Variables of the environment stand for themselves, but where a path needs their values. */
function writtenInputs(options: Options, workspace: WorkspaceFiles): RequiredInputs {
  try {
    return requiredInputs(options, workspace);
  } catch {
    const secrets = new RequirementSecrets(process.env);
    return requiredInputs(options, workspace, (text, path) => secrets.protect(text, path));
  }
}

function requiredInputs(
  options: Options,
  workspace: WorkspaceFiles,
  protect?: Protect,
): RequiredInputs {
  return readRequired(requirementOptions(options), workspace, protect);
}

export function requirementOptions(options: Omit<Options, 'sourceRoot'>): RequirementOptions {
  const { projectRoot, workspaceRoot, constraints, pipArgs } = options;
  const requirements = options.areRequirementsGiven ? options.requirements : undefined;
  return { projectRoot, workspaceRoot, requirements, constraints, pipArgs };
}

/** Libraries that no requirements file names, in a file of their own. */
function impliedFile(projectRoot: string, { implied }: LocalParts): [string, string][] {
  if (implied.length === 0) return [];
  const lines = implied.map((one) => {
    const path = posix.relative(projectRoot, one.path);
    return describeLocal({ ...one, name: undefined, path });
  });
  return [[posix.join(projectRoot, '.implied-requirements.txt'), `${lines.join('\n')}\n`]];
}

function withContent(
  meaning: RequirementsMeaning,
  content: Record<string, string>,
): RequirementsMeaning {
  const all = { ...content, ...meaning.content };
  return Object.keys(all).length === 0 ? meaning : { ...meaning, content: all };
}
