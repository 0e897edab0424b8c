/** What a service requires, with the content that its requirements name: for pip, the requirements key and comparisons. */

import { posix } from 'node:path';
import { splitBuildConstraints } from '../packaging/inputs/build-constraints';
import {
  readRequired,
  type Protect,
  type RequiredInputs,
  type RequirementOptions,
} from '../packaging/inputs/requirements';
import { rulesOutside } from '../packaging/inputs/package-inputs';
import type { WorkspaceFiles } from '../packaging/inputs/workspace-files';
import { hexDigest } from '../packaging/requirements/canonical-json';
import type { LocalParts, RequirementsMeaning } from '../packaging/requirements/collect';
import { describeLocal } from '../packaging/requirements/parse';
import { writtenFile } from '../packaging/requirements/locked';
import { gitUse } from '../packaging/requirements/library-git';
import { lockKind } from '../packaging/requirements/lock';
import { checkLockScope } from '../packaging/requirements/lock-scope';
import { RequirementSecrets } from '../packaging/requirements/secrets';
import { chooseRequirements, type ChosenRequirements } from '../packaging/requirements/sources';
import { readLocalContent, type LibraryTrees } from '../platform/files/local-files';
import { readLibraryGit } from '../platform/git/library-git';
import { workspaceFiles } from '../platform/files/workspace-files';
import type { RequiredInput, Target } from '../platform/pip/pip';
import type { BuildOptions } from '../targets/build-target';

export interface ServiceRequirements {
  required: RequiredInput;
  sources: ChosenRequirements;
  meaning: RequirementsMeaning;
  /** The same with variables of the environment as they are written: no machine's values are in it. */
  written: RequirementsMeaning;
  /** Nothing is required at all. */
  isEmpty: boolean;
  trees: LibraryTrees;
}

type Options = Pick<BuildOptions, 'service' | 'required' | 'ref'>;

/** @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID, OPTION_INVALID, ENTRY_INVALID */
export function readRequirements(
  { service, ref, required: options }: Options,
  target: Target,
  protect: Protect,
): ServiceRequirements {
  const workspace = workspaceFiles(service.sourceRoot);
  const { projectRoot, workspaceRoot } = options;
  const chosen = chooseRequirements(options, workspace);
  const [first = ''] = chosen.taken;
  checkLocks(chosen.taken, workspace, target);
  if (chosen.areDefault && lockKind(first)) {
    console.log(`requirements.txt does not exist: reading \`${first}\``);
  }
  const given = { ...options, requirements: chosen.taken };
  const found = readRequired(given, target, workspace, protect);
  const content = readContent({ service, ref }, found.local, chosen.taken.join(', '), workspace);
  const { isLocked } = found;
  // A lock is complete: what it leaves out is not needed.
  const implied = isLocked ? [] : impliedFile(projectRoot, found.local);
  return {
    required: {
      step: 'required',
      files: new Map([...found.files, ...implied]),
      requirements: [...found.requirements, ...implied.map(([path]) => path)],
      constraints: found.constraints,
      pipArguments: splitBuildConstraints(options.pipArgs).others,
      buildConstraints: found.buildConstraints,
      localFiles: content.files,
      git: content.git,
      base: { projectRoot, workspaceRoot },
      isLocked,
    },
    sources: chosen,
    meaning: withContent(found.meaning, content.digests),
    written: withContent(readWritten(given, target, workspace).meaning, content.digests),
    isEmpty: found.isEmpty,
    trees: content.trees,
  };
}

/** What a package is compared by, even on machines without a token for an index. */
export function readMeaning(
  { service, ref, required }: Options,
  target: Target,
): RequirementsMeaning {
  const workspace = workspaceFiles(service.sourceRoot);
  const written = readWritten(required, target, workspace);
  const named = written.requirements.map(writtenFile).join(', ');
  const { digests } = readContent({ service, ref }, written.local, named, workspace);
  return withContent(written.meaning, digests);
}

/** Variables of the environment stand for themselves, except in paths, which need their values. */
function readWritten(
  options: RequirementOptions,
  target: Target,
  workspace: WorkspaceFiles,
): RequiredInputs {
  try {
    return readRequired(options, target, workspace);
  } catch {
    const secrets = new RequirementSecrets(process.env);
    return readRequired(options, target, workspace, (text, path) => secrets.protect(text, path));
  }
}

/** @throws REQUIREMENTS_INVALID for a lock that was made for another Python or system */
function checkLocks(paths: readonly string[], { read }: WorkspaceFiles, target: Target): void {
  for (const path of paths) {
    const kind = lockKind(path);
    const text = kind && read(path);
    if (kind && text !== undefined) checkLockScope({ path, kind }, text, target);
  }
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

/** What requirements name in the workspace, and what builds of libraries ask git. */
function readContent(
  { service, ref }: Pick<BuildOptions, 'service' | 'ref'>,
  local: LocalParts,
  namedBy: string,
  workspace: WorkspaceFiles,
) {
  const { read, exists } = workspace;
  const isRepository = (path: string) => exists(posix.join(path, '.git'));
  const uses = local.trees.map((path) => [path, gitUse(path, read, isRepository)] as const);
  const rules = uses.flatMap(([, use]) => use.rules).filter(exists);
  const parts = { ...local, archives: [...new Set([...local.archives, ...rules])] };
  const content = readLocalContent(service.sourceRoot, parts, namedBy);
  const asking = uses.map(([path, use]) => {
    const files = content.trees.get(path)?.map((file) => file.path) ?? [];
    return { path, use, files };
  });
  const git = readLibraryGit(service.workspaceRoot, asking, ref);
  const [outside] = uses.flatMap(([, use]) => rulesOutside(use, workspace) ?? []);
  const ignoreFile = outside && {
    ...{ path: '.gitignore', executable: false, source: outside.name },
    sha256: hexDigest(outside.text),
  };
  return {
    ...content,
    files: [...content.files, ...(ignoreFile ? [ignoreFile] : [])],
    digests: {
      ...content.digests,
      ...git.digests,
      ...(ignoreFile && { [ignoreFile.path]: ignoreFile.sha256 }),
    },
    git: git.copies,
  };
}

function withContent(
  meaning: RequirementsMeaning,
  content: Record<string, string>,
): RequirementsMeaning {
  const all = { ...content, ...meaning.content };
  return Object.keys(all).length === 0 ? meaning : { ...meaning, content: all };
}
