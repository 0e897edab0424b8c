/** All requirements of a service: the files given and everything that they include. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { isLocalPath, parseRequirements, withoutCredentials } from './parse';

export interface RequirementsRequest {
  /** Paths relative to the workspace, with forward slashes. */
  requirements: readonly string[];
  constraints: readonly string[];
}

export interface CollectedRequirements {
  /** Every file by its path relative to the workspace, text as it stands. Never logged or hashed whole. */
  files: ReadonlyMap<string, string>;
  meaning: RequirementsMeaning;
}

/** What the files say, whatever their names, order, comments and credentials. Each list is sorted. */
export interface RequirementsMeaning {
  requirements: string[];
  constraints: string[];
  options: string[];
}

/** Text of a workspace file, or undefined when there is none. */
export type ReadFile = (path: string) => string | undefined;

/** @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID */
export function collectRequirements(
  request: RequirementsRequest,
  read: ReadFile,
): CollectedRequirements {
  const files = new Map<string, string>();
  const seen = new Set<string>();
  const lists = {
    requirements: new Set<string>(),
    constraints: new Set<string>(),
    options: new Set<string>(),
  };

  const visit = (path: string, as: 'requirements' | 'constraints', from?: string): void => {
    if (seen.has(`${as} ${path}`)) return;
    seen.add(`${as} ${path}`);
    const text = files.get(path) ?? read(path);
    if (text === undefined) throw missing(path, from);
    files.set(path, text);
    for (const line of parseRequirements(text)) {
      if (line.kind === 'include') visit(includedPath(line.path, path), line.as, path);
      else if (line.kind === 'option') lists.options.add(withoutCredentials(line.text));
      else if (isLocalPath(line.text)) throw localPath(line.text, path);
      else lists[as].add(withoutCredentials(line.text));
    }
  };
  for (const path of request.requirements) visit(path, 'requirements');
  for (const path of request.constraints) visit(path, 'constraints');

  return {
    files,
    meaning: {
      requirements: [...lists.requirements].sort(),
      constraints: [...lists.constraints].sort(),
      options: [...lists.options].sort(),
    },
  };
}

function includedPath(included: string, from: string): string {
  const path = posix.normalize(posix.join(posix.dirname(from), included.replaceAll('\\', '/')));
  if (/^[a-z]+:\/\//i.test(included) || posix.isAbsolute(included) || path.startsWith('../')) {
    throw new LambdaPythonError('REQUIREMENTS_INVALID', {
      message: `\`${from}\` includes \`${withoutCredentials(included)}\`, which is not a file of this workspace`,
      hint: 'copy that file into the workspace and include it by a relative path',
    });
  }
  return path;
}

function missing(path: string, from: string | undefined): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: from
      ? `\`${path}\`, included by \`${from}\`, does not exist`
      : `the requirements file \`${path}\` does not exist`,
    hint: 'create it (an empty file is fine), or name the right one: "requirements": ["requirements.txt"] on the build target',
  });
}

function localPath(requirement: string, from: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${from}\` requires the local path \`${requirement}\`, which is not supported`,
    hint: 'publish it to an index, require it as `git+https://…`, or move its code under the service and list it in `include`',
  });
}
