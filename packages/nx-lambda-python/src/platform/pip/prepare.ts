/**
 * What has to happen before pip resolves: libraries of the workspace become wheels (required → placed). What comes out
 * names only what any pip understands.
 *
 * Wheels are built one by one and then required by their URL and hash: so hashed requirements can stand beside
 * them, an editable library is copied as it would be released, and the host way sees what it would get.
 */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import {
  buildArguments,
  buildTargets,
  indexOptions,
  placeArguments,
  placeRequirements,
  type BuildTarget,
  type RequirementFiles,
} from '../../packaging/requirements/builds';
import { normalizeName, parseWheelFilename } from '../../packaging/wheel/names';
import { readWheel, requiredUrls } from '../../packaging/wheel/read';
import { hashFile, openFile } from '../files/files';
import { attempt } from '../process/attempt';
import {
  describeTarget,
  fileUrl,
  inputUrl,
  type Pip,
  type PipSettings,
  type PlacedInput,
  type RequiredInput,
} from './pip';

/** Below the directory of a resolution. */
const PREPARED = 'prepared';

/** What is built here has no published hash, and is wanted itself, not only its dependencies. */
const UNSET_FOR_BUILDING = ['PIP_REQUIRE_HASHES', 'PIP_ONLY_DEPS'];

/** A wheel that was built here. */
interface Built {
  target: BuildTarget;
  name: string;
  /** Relative to the directory of the resolution. */
  path: string;
  sha256: string;
  /** `file:` URLs that it requires, without fragments. */
  urls: string[];
}

/** @throws WHEEL_UNAVAILABLE, PIP_FAILED and what starting a container throws */
export async function prepareInput(
  directory: string,
  required: RequiredInput,
  settings: PipSettings,
  pip: Pip,
): Promise<PlacedInput> {
  const { files, constraints, requirements, localFiles, base, isLocked } = required;
  const given = { files, base, isLocked, onHost: pip.onHost };
  // What was collected exists; what a lock names was copied or is not a file.
  const exists = existsIn(required);
  const built = await buildAll(join(directory, PREPARED), required, given, settings, pip);
  // The directory of the resolution and that of the builds have the same root in a container.
  const root = pip.rootOf(directory);
  const urlOf = (path: string) => inputUrl(root, path);
  const byUrl = new Set(built.flatMap(({ urls }) => urls));
  const wheels = new Map(
    built.map(({ target, name, path, sha256 }) => {
      const url = target.local ? urlOf(target.local.path) : '';
      // pip builds a library itself where a wheel requires that very directory: two URLs of one name conflict.
      const isDirectory = !isLocked && byUrl.has(url);
      return [
        target.id,
        { name, url: isDirectory ? url : `${fileUrl(root, path)}#sha256=${sha256}` },
      ];
    }),
  );
  const digests = new Map(localFiles.map(({ path, sha256 }) => [path, sha256]));
  const places = {
    urlOf,
    builtAs: (id: string) => wheels.get(id) ?? null,
    digestOf: (path: string) => digests.get(path),
  };
  return {
    step: 'placed',
    files: placeRequirements(given, places, exists),
    requirements,
    constraints,
    localFiles,
    ...(required.git && { git: required.git }),
    pipArguments: [
      ...placeArguments(required.pipArguments, base, urlOf, exists),
      ...(isLocked ? ['--no-deps'] : []),
    ],
  };
}

function existsIn({ localFiles }: RequiredInput): (path: string) => boolean {
  return (path) =>
    localFiles.some((file) => file.path === path || file.path.startsWith(`${path}/`));
}

async function buildAll(
  work: string,
  required: RequiredInput,
  given: RequirementFiles,
  settings: PipSettings,
  pip: Pip,
): Promise<Built[]> {
  const targets = buildTargets(given);
  if (targets.length === 0) return [];
  const { onHost } = pip;
  const exists = existsIn(required);
  const root = pip.rootOf(work);
  const urlOf = (path: string) => inputUrl(root, path);
  const options = indexOptions(given, urlOf, exists);
  mkdirSync(work);
  const commands = targets.map((target, index) => {
    const line = buildLine(target, urlOf, onHost);
    // They may hold credentials: nobody else on this machine reads them.
    writeFileSync(join(work, `${index}.txt`), [...options, line, ''].join('\n'), { mode: 0o600 });
    return [
      ...['-m', 'pip', 'wheel', '--no-deps'],
      // The wheel of a pure library is the same whatever Python builds it; the others are refused below.
      ...(onHost ? ['--ignore-requires-python'] : []),
      ...placeArguments(buildArguments(required.pipArguments), required.base, urlOf, exists),
      ...['--requirement', posix.join(root, `${index}.txt`)],
      ...['--wheel-dir', posix.join(root, String(index))],
    ];
  });
  settings.onLine(`building ${subjectsOf(targets)}`);
  try {
    await pip.run(work, required, commands, UNSET_FOR_BUILDING);
  } catch (error) {
    throw onHost ? unbuildable(work, targets, error) : error;
  }
  return targets.flatMap((target, index) => {
    const file = wheelIn(join(work, String(index)));
    if (file === undefined) return [];
    const path = join(work, String(index), file);
    const urls = urlsOf(path, file);
    if (onHost) checkPure(target, file, urls, settings);
    return [
      {
        target,
        name: normalizeName(parseWheelFilename(file).distribution),
        path: posix.join(PREPARED, String(index), file),
        sha256: hashFile(path),
        urls,
      },
    ];
  });
}

function subjectsOf(targets: readonly BuildTarget[]): string {
  return targets.map(({ subject }) => subject).join(', ');
}

function unbuildable(work: string, targets: readonly BuildTarget[], error: unknown): unknown {
  if (!(error instanceof LambdaPythonError) || error.code !== 'PIP_FAILED') return error;
  const failed = targets.find((_, index) => wheelIn(join(work, String(index))) === undefined);
  const [first = '', ...words] = error.message.split('\n');
  return new LambdaPythonError('WHEEL_UNAVAILABLE', {
    message: `\`${failed?.subject ?? subjectsOf(targets)}\` could not be built on this machine: ${words.length > 0 ? `\n${words.join('\n')}` : first}`,
    hint: 'start docker or podman and build with "engine": "auto", which builds it for the runtime',
    cause: error,
  });
}

/** On the host pip would judge a marker by this machine; the line that requires the wheel keeps it. */
function buildLine(
  { local, text }: BuildTarget,
  urlOf: (path: string) => string,
  onHost: boolean,
): string {
  if (!local) return onHost ? text.replace(/\s;[^]*$/, '') : text;
  const { path, marker, options } = local;
  return [urlOf(path), ...(marker && !onHost ? [`; ${marker}`] : []), options].join(' ').trim();
}

/** Undefined if pip made none, since the marker does not hold. */
function wheelIn(directory: string): string | undefined {
  return attempt(() => readdirSync(directory))?.find((name) => name.endsWith('.whl'));
}

function urlsOf(path: string, name: string): string[] {
  using file = openFile(path);
  return requiredUrls(readWheel(file, name))
    .filter((url) => url.startsWith('file://'))
    .map((url) => `file://${posix.normalize(url.slice('file://'.length))}`);
}

/** Without a container only a wheel for every system is the same as one that was built for the runtime. */
function checkPure(
  target: BuildTarget,
  file: string,
  urls: readonly string[],
  settings: PipSettings,
): void {
  const isPure = parseWheelFilename(file).tags.every((tag) => /^py[23]\d*-none-any$/.test(tag));
  if (isPure && urls.length === 0) return;
  const reason = isPure
    ? 'its wheel requires another library by a path of this machine'
    : `its wheel \`${file}\` is for this machine`;
  throw new LambdaPythonError('WHEEL_UNAVAILABLE', {
    message: `\`${target.subject}\` needs a container to be built for ${describeTarget(settings.target)}: ${reason}`,
    hint: 'start docker or podman and build with "engine": "auto"',
  });
}
