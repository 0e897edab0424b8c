/** What a lock's own list of files says before pip starts: which distributions pip will have to build from source. */

import { posix } from 'node:path';
import { normalizeName } from '../wheel/names';
import { fitOf, fittingRuntimes, type ListedFile } from './listing';
import { lockKind, type LockKind } from './lock';
import type { Target } from './lock-scope';
import type { ReadFile } from './parse';
import { evaluateMarker, parseRequirement, runtimeEnvironment } from './requirement';
import { parseToml, stringOf, tableOf, tablesOf, type TomlTable } from './toml';

interface LockedFiles {
  name: string;
  version: string;
  files: ListedFile[];
}

/**
 * A warning for each lock that lists wheels of a distribution, but none that the runtime can load.
 * @param lines what is required of the locks; distributions without a line do not count
 */
export function unfitLocks(
  paths: readonly string[],
  lines: readonly string[],
  target: Target,
  read: ReadFile,
): string[] {
  return paths.flatMap((path) => {
    const kind = lockKind(path);
    // A Pipfile.lock has hashes without the names of the files.
    if (kind === undefined || kind === 'pipenv') return [];
    const text = read(path);
    return (text && unfitWheels(path, kind, text, lines, target)) || [];
  });
}

function unfitWheels(
  path: string,
  kind: LockKind,
  text: string,
  lines: readonly string[],
  target: Target,
): string | undefined {
  const environment = runtimeEnvironment(target.runtime, target.architecture);
  const required = lines.flatMap((line) => {
    const { name, marker } = parseRequirement(line) ?? {};
    const isLeftOut = marker !== undefined && evaluateMarker(marker, environment) === false;
    return name === undefined || isLeftOut ? [] : [name];
  });
  const unfit = readFiles(parseToml(text, path), kind).filter(({ name, files }) => {
    const { hasWheel, hasSource } = fitOf(files, target);
    return required.includes(normalizeName(name)) && hasSource && !hasWheel && files.length > 1;
  });
  const [first] = unfit;
  if (!first) return undefined;
  const named = unfit.map(
    ({ name, version, files }) => `\`${name} ${version}\` (${fitOf(files, target).reason ?? ''})`,
  );
  const other = fittingRuntimes(first.files, target).at(-1);
  const instead = other ? `, or set runtime = "${other.name}" under [tool.nx-lambda-python]` : '';
  return `\`${path}\` has no wheel for ${target.runtime.name} ${target.architecture} of ${named.join(', ')}: pip builds from source, which takes long and needs compilers; lock another version${instead}`;
}

function readFiles(document: TomlTable, kind: LockKind): LockedFiles[] {
  return tablesOf(document[kind === 'pylock' ? 'packages' : 'package']).map((one) => {
    const listed =
      kind === 'poetry'
        ? tablesOf(one['files'])
        : [...tablesOf(one['wheels']), tableOf(one['sdist'])];
    return {
      name: stringOf(one['name']) ?? '',
      version: stringOf(one['version']) ?? '',
      files: listed.flatMap((file) => {
        const named = stringOf(file['file'] ?? file['name'] ?? file['filename']);
        const placed = stringOf(file['url'] ?? file['path']);
        const filename = named ?? (placed && decodeURIComponent(posix.basename(placed)));
        return filename ? [{ filename }] : [];
      }),
    };
  });
}
