/** `-e .` and `.` in a requirements file: the service itself, of which only the dependencies are wanted. */

import { posix } from 'node:path';
import { declaredDependencies } from '../../service/pyproject';
import type { Target } from './lock-scope';
import {
  isGenerated,
  parseRequirements,
  readLocal,
  rewriteRequirements,
  type PathBase,
  type ReadFile,
  type RequirementsLine,
} from './parse';
import { projectFiles, PYPROJECT } from './project';
import { evaluateMarker, isHashed, parseRequirement, runtimeEnvironment } from './requirement';

/** What may be a path; most files have none. */
const MAY_BE_LOCAL =
  /^\s*(?:(?:-e|--editable)[\s=]*)?["']?(?:\.|file:|[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*file:)/m;

/**
 * Reads requirements files with such lines replaced by what pyproject.toml declares; in a lock, whose other lines have
 * that already, they are left out.
 */
export function withOwnDependencies(base: PathBase & { target: Target }, read: ReadFile): ReadFile {
  const declared = new Map<string, string>();
  return (path) => {
    const text = declared.get(path) ?? read(path);
    if (text === undefined || !MAY_BE_LOCAL.test(text) || /\.(toml|py)$/.test(path)) return text;
    const ownIn = (line: RequirementsLine) => {
      const local = line.kind === 'requirement' ? readLocal(line.text, base, path) : undefined;
      return local?.path === posix.normalize(base.projectRoot) ? local : undefined;
    };
    const others = rewriteRequirements(text, (line) => (ownIn(line) ? null : undefined));
    if (others === text || isGenerated(text) || isHashedOnly(others)) return others;
    return rewriteRequirements(text, (line) => {
      const local = ownIn(line);
      if (local === undefined) return undefined;
      const files = ownFiles(local, base, read);
      for (const [file, lines] of files) declared.set(file, lines);
      const [first] = files.keys();
      return first === undefined ? null : `-r ${posix.relative(posix.dirname(path), first)}`;
    });
  };
}

function isHashedOnly(text: string): boolean {
  const lines = parseRequirements(text).filter(({ kind }) => kind === 'requirement');
  const requirements = lines.map((line) =>
    'text' in line ? parseRequirement(line.text) : undefined,
  );
  return lines.length > 0 && requirements.every((one) => one !== undefined && isHashed(one));
}

function ownFiles(
  { extras, marker }: { extras: string; marker: string },
  { projectRoot, target }: PathBase & { target: Target },
  read: ReadFile,
): Map<string, string> {
  const path = posix.join(projectRoot, PYPROJECT);
  const environment = runtimeEnvironment(target.runtime, target.architecture);
  const names = extras.replace(/[[\]]/g, '').split(',').filter(Boolean);
  const isSilent =
    names.length === 0 &&
    declaredDependencies(read(path) ?? '') === undefined &&
    ['setup.py', 'setup.cfg'].every((name) => read(posix.join(projectRoot, name)) === undefined);
  if (isSilent || (marker !== '' && evaluateMarker(marker, environment) === false))
    return new Map();
  return projectFiles({ path, target, extras: names, groups: [] }, read);
}
