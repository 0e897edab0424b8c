/** Files of other tools that say what a project requires without pinning it, as requirements files that pip resolves. */

import { posix } from 'node:path';
import { PIPFILE } from '../../service/required-files';
import { linesFile } from './locked';
import type { ReadFile } from './parse';
import { pipfileLines, type PipfileRequest } from './pipfile';
import { projectFiles, PYPROJECT } from './project';
import { parseToml } from './toml';

/** By its name: the tools allow only these. */
export function isDeclaration(path: string): boolean {
  return [PYPROJECT, PIPFILE].includes(posix.basename(path));
}

/**
 * @returns requirements files by path, the first of which includes the others
 * @throws what `projectFiles` and `pipfileLines` throw
 */
export function declarationFiles(request: PipfileRequest, read: ReadFile): Map<string, string> {
  const { path } = request;
  if (posix.basename(path) === PYPROJECT) return projectFiles(request, read);
  const lines = pipfileLines(parseToml(read(path) ?? '', path), request);
  return new Map([[linesFile(path), lines.map((line) => `${line}\n`).join('')]]);
}
