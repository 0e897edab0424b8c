/** Adds a library to what a service requires, in the form that the service has, or says how to. */

import { getProjects, joinPathFragments, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import { MARKER_FILE, parseMarker } from '../../service/marker';
import { PIPFILE } from '../../service/required-files';
import { findRequirements } from '../adopt/requirements';
import { filesBelow, type ServiceProject } from '../generator';
import { withDependency } from './pyproject-dependency';

interface RequiredLibrary {
  /** Relative to the workspace. */
  root: string;
  /** Of the distribution. */
  name: string;
}

/** @returns what was done, or what to type */
export function requireLibrary(
  tree: Tree,
  service: ServiceProject,
  { root, name }: RequiredLibrary,
): string {
  const path = `./${posix.relative(service.root, root)}`.replace(/^\.\/(?=\.\.\/)/, '');
  const file = requirementsOf(tree, service);
  const place = joinPathFragments(service.root, file);
  const command = COMMANDS[posix.basename(file)];
  if (command !== undefined) return byHand(service, `\`cd ${service.root} && ${command} ${path}\``);
  const text = tree.read(place, 'utf-8') ?? '';
  if (file.endsWith('.toml')) {
    const edited = withDependency(text, name, path);
    if (edited === undefined) return byHand(service, tomlHint(text, service, name, path));
    if (edited !== text) tree.write(place, edited);
    return `${place} requires ${name}`;
  }
  const line = `-e ${path}`;
  if (isLocked(text, file) || /\s/.test(path)) {
    return byHand(
      service,
      `a requirements file with the lines \`-r ${file}\` and \`${line}\`, listed in "requirements" of the build target`,
    );
  }
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(/\r?\n/).map((one) => one.trim());
  if (!lines.some((one) => one === line || one === path)) {
    const gap = text === '' || text.endsWith('\n') ? '' : end;
    tree.write(place, `${text}${gap}${line}${end}`);
  }
  return `${place} requires ${line}`;
}

/** By the file that the service has, what adds a library to it. */
const COMMANDS: Readonly<Record<string, string>> = {
  'uv.lock': 'uv add --editable',
  'poetry.lock': 'poetry add --editable',
  [PIPFILE]: 'pipenv install --editable',
  [`${PIPFILE}.lock`]: 'pipenv install --editable',
};

function byHand({ name }: ServiceProject, how: string): string {
  return `to require it in ${name}: ${how}`;
}

/** Relative to the service: what its build reads, or what it would read. */
function requirementsOf(tree: Tree, { name, root, text }: ServiceProject): string {
  const options = getProjects(tree).get(name)?.targets?.['build']?.options as
    { requirements?: unknown } | undefined;
  const { requirements = parseMarker(text, joinPathFragments(root, MARKER_FILE)).requirements } =
    options ?? {};
  const [given] = Array.isArray(requirements) ? requirements : [];
  if (typeof given === 'string') return given;
  const [found] = findRequirements(tree, root, filesBelow(tree, root), []).files;
  return found ?? 'requirements.txt';
}

/** What a tool wrote, or will write: the line would be lost, or is refused beside hashes. */
function isLocked(text: string, file: string): boolean {
  return file.endsWith('.in') || /--hash[= ]|^#.*(pip-compile|uv (pip|export)|nx lock)/m.test(text);
}

function tomlHint(text: string, { root }: ServiceProject, name: string, path: string): string {
  if (/^\[tool\.poetry[.\]]/m.test(text)) return `\`cd ${root} && poetry add --editable ${path}\``;
  return `add "${name}" to \`dependencies\`, and \`${name} = { path = "${path}" }\` under [tool.uv.sources]`;
}
