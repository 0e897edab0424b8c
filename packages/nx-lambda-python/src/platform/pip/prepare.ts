/**
 * What has to happen before pip resolves: locks of uv and Poetry become requirement lines, and libraries of the
 * workspace become wheels. The request that comes out names only what any pip understands.
 *
 * Wheels are built one by one and then required by their URL and hash: so hashed requirements can stand beside
 * them, an editable library is copied as it would be released, and the host way sees what it would get.
 */

import { mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
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
import type { PathBase } from '../../packaging/requirements/parse';
import { normalizeName, parseWheelFilename } from '../../packaging/wheel/names';
import { requiredUrls } from '../../packaging/wheel/read';
import type { Exec } from '../process/exec';
import { hashFile, openFile } from '../files/files';
import { exportLock } from './export-lock';
import type { ContainerPlace } from './pip-container';
import { describeTarget, fileUrl, INPUT, type LocalInput, type ResolveRequest } from './request';
import { sideOf, type Side } from './side';

/** Below the directory of a resolution. */
const PREPARED = 'prepared';

/** @throws LOCK_EXPORT_FAILED, WHEEL_UNAVAILABLE, PIP_FAILED and what starting a container throws */
export async function prepareRequest(
  given: string,
  request: ResolveRequest,
  place: ContainerPlace | undefined,
  exec: Exec,
): Promise<ResolveRequest> {
  const { local } = request;
  if (!local) return request;
  const side = sideOf(place, exec);
  // Tools write paths with their links resolved, and are recognised by them.
  const directory = realpathSync(given);
  const complete = local.lock
    ? await exportLock(directory, request, local, local.lock, side)
    : request;
  return placeRequest(directory, complete, complete.local ?? local, side);
}

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

async function placeRequest(
  directory: string,
  request: ResolveRequest,
  local: LocalInput,
  side: Side,
): Promise<ResolveRequest> {
  const { files, pipArguments } = request;
  const base = local.exportedBase ?? local.base;
  const given = { files, base, isLocked: local.isLocked, onHost: side.onHost };
  // What was collected is there; what a lock names was copied or is no file.
  const exists = existsIn(local);
  const built = await buildAll(join(directory, PREPARED), request, given, side, exists, local.base);
  // The directory of the resolution and that of the builds have the same root in a container.
  const root = side.rootOf(directory);
  const urlOf = (path: string) => fileUrl(root, posix.join(INPUT, path));
  const byUrl = new Set(built.flatMap(({ urls }) => urls));
  const wheels = new Map(
    built.map(({ target, name, path, sha256 }) => {
      const url = target.local ? urlOf(target.local.path) : '';
      // pip builds a library itself where a wheel requires that very directory: two URLs of one name conflict.
      const isDirectory = !local.isLocked && byUrl.has(url);
      return [
        target.id,
        { name, url: isDirectory ? url : `${fileUrl(root, path)}#sha256=${sha256}` },
      ];
    }),
  );
  const digests = new Map(local.files.map(({ path, sha256 }) => [path, sha256]));
  const placed = placeRequirements(
    given,
    {
      urlOf,
      builtAs: (id) => wheels.get(id) ?? null,
      digestOf: (path) => digests.get(path),
    },
    exists,
  );
  return {
    ...request,
    files: placed,
    pipArguments: [
      ...placeArguments(pipArguments, local.base, urlOf, exists),
      ...(local.isLocked ? ['--no-deps'] : []),
    ],
  };
}

function existsIn({ files }: LocalInput): (path: string) => boolean {
  return (path) => files.some((file) => file.path === path || file.path.startsWith(`${path}/`));
}

async function buildAll(
  work: string,
  request: ResolveRequest,
  given: RequirementFiles,
  side: Side,
  exists: (path: string) => boolean,
  argumentBase: PathBase,
): Promise<Built[]> {
  const targets = buildTargets(given);
  if (targets.length === 0) return [];
  const root = side.rootOf(work);
  const urlOf = (path: string) => fileUrl(root, posix.join(INPUT, path));
  const options = indexOptions(given, urlOf, exists);
  mkdirSync(work);
  const commands = targets.map((target, index) => {
    const line = buildLine(target, urlOf, side.onHost);
    // They may hold credentials: nobody else on this machine reads them.
    writeFileSync(join(work, `${index}.txt`), [...options, line, ''].join('\n'), { mode: 0o600 });
    return [
      ...['-m', 'pip', 'wheel', '--no-deps'],
      // The wheel of a pure library is the same whatever Python builds it; the others are refused below.
      ...(side.onHost ? ['--ignore-requires-python'] : []),
      ...placeArguments(buildArguments(request.pipArguments), argumentBase, urlOf, exists),
      ...['--requirement', posix.join(root, `${index}.txt`)],
      ...['--wheel-dir', posix.join(root, String(index))],
    ];
  });
  await runAll(work, request, targets, commands, side);
  return targets.flatMap((target, index) => {
    const file = wheelIn(join(work, String(index)));
    if (file === undefined) return [];
    const path = join(work, String(index), file);
    const urls = urlsOf(path, file);
    if (side.onHost) checkPure(target, file, urls, request);
    return [
      {
        target,
        name: normalizeName(parseWheelFilename(file).distribution),
        path: posix.join(PREPARED, String(index), file),
        sha256: hashFile(path, 'hex'),
        urls,
      },
    ];
  });
}

async function runAll(
  work: string,
  request: ResolveRequest,
  targets: readonly BuildTarget[],
  commands: readonly (readonly string[])[],
  side: Side,
): Promise<void> {
  const subjects = targets.map(({ subject }) => subject).join(', ');
  request.onLine(`building ${subjects}`);
  try {
    await side.run(work, forBuilding(request), commands);
  } catch (error) {
    if (!side.onHost || !(error instanceof LambdaPythonError) || error.code !== 'PIP_FAILED') {
      throw error;
    }
    const failed = targets.find((_, index) => wheelIn(join(work, String(index))) === undefined);
    throw new LambdaPythonError('WHEEL_UNAVAILABLE', {
      message: `\`${failed?.subject ?? subjects}\` could not be built on this machine:\n${error.message.split('\n').slice(1).join('\n')}`,
      hint: 'start docker or podman and build with "engine": "auto": there it is built as the runtime needs it',
      cause: error,
    });
  }
}

/** What is built here has no published hash, and is wanted itself. */
function forBuilding(request: ResolveRequest): ResolveRequest {
  const deciding = Object.fromEntries(
    Object.entries(request.configuration.deciding).filter(
      ([name]) => name !== 'PIP_REQUIRE_HASHES' && name !== 'PIP_ONLY_DEPS',
    ),
  );
  return { ...request, configuration: { ...request.configuration, deciding } };
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

/** Undefined where pip made none, since the marker does not hold. */
function wheelIn(directory: string): string | undefined {
  try {
    return readdirSync(directory).find((name) => name.endsWith('.whl'));
  } catch {
    return undefined;
  }
}

function urlsOf(path: string, name: string): string[] {
  const file = openFile(path);
  try {
    return requiredUrls(file, name)
      .filter((url) => url.startsWith('file://'))
      .map((url) => `file://${posix.normalize(url.slice('file://'.length))}`);
  } finally {
    file.close();
  }
}

/** Without a container only a wheel for every system is the same as one that was built for the runtime. */
function checkPure(
  target: BuildTarget,
  file: string,
  urls: readonly string[],
  request: ResolveRequest,
): void {
  const isPure = parseWheelFilename(file).tags.every((tag) => /^py[23]\d*-none-any$/.test(tag));
  if (isPure && urls.length === 0) return;
  const reason = isPure
    ? 'its wheel requires another library by a path of this machine'
    : `its wheel \`${file}\` is for this machine`;
  throw new LambdaPythonError('WHEEL_UNAVAILABLE', {
    message: `\`${target.subject}\` needs a container to be built for ${describeTarget(request)}: ${reason}`,
    hint: 'start docker or podman and build with "engine": "auto"',
  });
}
