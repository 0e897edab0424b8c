/** The files of a distribution as an index or a lock lists them, and why a runtime can use none of its wheels. */

import { RUNTIMES, type Runtime } from '../../service/runtimes';
import { WheelError } from '../wheel/defect';
import {
  glibcPlatform,
  isCompatible,
  machineOf,
  normalizeName,
  parseWheelFilename,
  supportedTags,
} from '../wheel/names';
import { compareVersions, isPrerelease, parseSpecifier } from '../wheel/versions';
import type { Target } from './lock-scope';
import { runtimeEnvironment, supportsPython } from './requirement';

export interface ListedFile {
  filename: string;
  /** `>=3.9` */
  requiresPython?: string | undefined;
  isYanked?: boolean;
}

/** The files of one version. */
export interface ListedVersion {
  version: string;
  files: readonly ListedFile[];
}

export interface Fit {
  /** One of its wheels can be loaded. */
  hasWheel: boolean;
  hasSource: boolean;
  /** Why no wheel fits: `its wheels need glibc 2.28, the runtime has 2.26`; undefined if one fits. */
  reason: string | undefined;
  /** `>=3.12`, if that excludes the runtime's Python. */
  requiresPython: string | undefined;
}

const SOURCE = /\.(tar\.gz|zip|tar\.bz2|tgz|tar\.xz|tar)$/i;

/** Newest first; files that are neither wheels nor source distributions are left out. */
export function versionsOf(name: string, files: readonly ListedFile[]): ListedVersion[] {
  const versions = new Map<string, ListedFile[]>();
  for (const file of files) {
    const version = versionIn(file.filename, normalizeName(name));
    if (version !== undefined) versions.set(version, [...(versions.get(version) ?? []), file]);
  }
  return [...versions]
    .map(([version, own]) => ({ version, files: own }))
    .sort((a, b) => compareVersions(b.version, a.version) ?? 0);
}

export function fitOf(files: readonly ListedFile[], target: Target): Fit {
  const accepted = files.filter((file) => !excludedBy(file, target));
  const wheels = accepted.flatMap(({ filename }) => tagsOf(filename) ?? []);
  const tags = supportedTags(target.runtime, target.architecture);
  const hasWheel = wheels.some((own) => isCompatible(own, tags));
  const hasSource = accepted.some(({ filename }) => SOURCE.test(filename));
  const isExcluded = files.length > 0 && accepted.length === 0;
  const requiresPython = isExcluded
    ? files.find((file) => file.requiresPython)?.requiresPython
    : undefined;
  const reason = hasWheel ? undefined : whyNone(wheels, target);
  return { hasWheel, hasSource, reason, requiresPython };
}

/** The newest version with a wheel for the runtime; a pre-release only if nothing else has one. */
export function newestFitting(
  versions: readonly ListedVersion[],
  target: Target,
): string | undefined {
  const fitting = versions.filter(({ files }) => fitOf(offered(files), target).hasWheel);
  return (fitting.find(({ version }) => !isPrerelease(version)) ?? fitting[0])?.version;
}

/** The runtimes that can load one of these wheels, on the same architecture; the oldest first. */
export function fittingRuntimes(files: readonly ListedFile[], { architecture }: Target): Runtime[] {
  return RUNTIMES.filter((runtime) => fitOf(files, { runtime, architecture }).hasWheel);
}

/** Without the files that their authors withdrew. */
export function offered(files: readonly ListedFile[]): ListedFile[] {
  return files.filter(({ isYanked }) => !isYanked);
}

function excludedBy({ requiresPython }: ListedFile, { runtime, architecture }: Target): boolean {
  const clauses = parseSpecifier(requiresPython ?? '');
  const environment = runtimeEnvironment(runtime, architecture);
  return clauses !== undefined && supportsPython(clauses, environment) === false;
}

/** Undefined for a source distribution, and for what only looks like a wheel. */
function tagsOf(filename: string): [string[]] | undefined {
  try {
    return filename.endsWith('.whl') ? [parseWheelFilename(filename).tags] : undefined;
  } catch (error) {
    if (error instanceof WheelError) return undefined;
    throw error;
  }
}

function versionIn(filename: string, name: string): string | undefined {
  const stem = filename.replace(/\.whl$/, '').replace(SOURCE, '');
  if (stem === filename) return undefined;
  // A name may have dashes, and digits after them.
  for (let at = stem.indexOf('-'); at >= 0; at = stem.indexOf('-', at + 1)) {
    if (normalizeName(stem.slice(0, at)) !== name) continue;
    const rest = stem.slice(at + 1);
    if (!/^v?\d/.test(rest)) continue;
    return filename.endsWith('.whl') ? rest.split('-', 1)[0] : rest;
  }
  return undefined;
}

type Aspect = 'python' | 'glibc' | 'architecture' | 'system';

/** What of a tag the runtime does not have. */
type Mismatch = Partial<Record<Aspect, string>>;

/** Of the wheels that miss the runtime by the least: only the glibc rather than Python and the system. */
function whyNone(wheels: readonly (readonly string[])[], target: Target): string {
  if (wheels.length === 0) return 'it has no wheels';
  const loadable = new Set(
    supportedTags(target.runtime, target.architecture).map((tag) => tag.replace(/-[^-]*$/, '')),
  );
  const mismatches = wheels.flat().map((tag) => mismatchOf(tag, loadable, target));
  const weight = (one: Mismatch) => Object.keys(one).length * 2 - (one.glibc === undefined ? 0 : 1);
  const least = Math.min(...mismatches.map(weight));
  const nearest = mismatches.filter((one) => weight(one) === least);
  const found = (aspect: Aspect) => [...new Set(nearest.flatMap((one) => one[aspect] ?? []))];
  const { runtime } = target;
  const words = (['python', 'architecture', 'system', 'glibc'] as const).flatMap((aspect) => {
    const values = found(aspect).sort((a, b) => compareVersions(a, b) ?? (a < b ? -1 : 1));
    if (values.length === 0) return [];
    if (aspect === 'glibc')
      return `need glibc ${values[0]}, the runtime has ${runtime.glibc.join('.')}`;
    const isVersion = aspect === 'python' && /^\d/.test(values[0] ?? '');
    return `are for ${isVersion ? 'Python ' : ''}${values.join(', ')}`;
  });
  return `its wheels ${words.join(' and ')}`;
}

const SYSTEMS: readonly [RegExp, string][] = [
  [/^macosx/, 'macOS'],
  [/^win/, 'Windows'],
  [/^musllinux/, 'musl'],
];

function mismatchOf(tag: string, loadable: ReadonlySet<string>, target: Target): Mismatch {
  const [python = '', abi = '', platform = ''] = tag.split('-');
  const found: Mismatch = {};
  if (!loadable.has(`${python}-${abi}`)) found.python = pythonOf(python, abi);
  const linux = glibcPlatform(platform);
  if (linux) {
    const [major, minor] = target.runtime.glibc;
    const isNewer = linux.glibc[0] > major || linux.glibc[1] > minor;
    if (isNewer) found.glibc = linux.glibc.join('.');
    if (linux.machine !== machineOf(target.architecture)) {
      found.architecture = linux.machine === 'aarch64' ? 'arm64' : linux.machine;
    }
  } else if (platform !== 'any') {
    found.system = SYSTEMS.find(([name]) => name.test(platform))?.[1] ?? platform;
  }
  return found;
}

/** `3.8`, `3.12 and newer` for the stable ABI, `PyPy 3.10`. */
function pythonOf(python: string, abi: string): string {
  const [, kind = '', major = '', minor = ''] = /^([a-z]+)(\d)(\d*)$/.exec(python) ?? [];
  const version = minor === '' ? major : `${major}.${minor}`;
  if (kind === 'pp') return `PyPy ${version}`;
  if (abi === 'abi3') return `${version} and newer`;
  return version === '' ? python : `${version}${abi.endsWith('t') ? 't' : ''}`;
}
