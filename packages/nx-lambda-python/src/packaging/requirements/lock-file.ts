/** The lock that `nx lock` writes: pinned distributions, each with the hashes of its files, as pip's report has them. */

import { LambdaPythonError } from '../../errors';
import { compareText, normalizeName } from '../wheel/names';
import { satisfies, versionKey } from '../wheel/versions';
import { renderOrigin, type LockOrigin } from './lock-origin';
import { isGenerated, parseRequirements, withoutCredentials } from './parse';
import { isHashed, parseRequirement, pinnedVersion, type Requirement } from './requirement';

/** One distribution of a lock. */
export interface Pin {
  name: string;
  version: string;
  /** If it does not come from an index. */
  url: string | undefined;
  /** `sha256:<hex>` */
  hashes: readonly string[];
}

export interface LockContent {
  /** `python3.13 x86_64` */
  target: string;
  /** The command that writes it: `nx lock orders`. */
  command: string;
  origin: LockOrigin;
  /** Lines such as `--index-url …`, without credentials. */
  options: readonly string[];
  pins: readonly Pin[];
}

const MARK = '# Locked by nx-lambda-python';

export function renderLock({ target, command, origin, options, pins }: LockContent): string {
  const sorted = [...pins].sort((a, b) => compareText(keyOf(a), keyOf(b)));
  return [
    `${MARK} for ${target}, by \`${command}\`.`,
    `# Change ${origin.sources.join(', ')} rather than this file.`,
    renderOrigin(origin),
    ...options,
    ...sorted.map(renderPin),
    '',
  ].join('\n');
}

/** Whether a file may be overwritten: a lock of this plugin, of pip-compile or of uv, or a file with only hashed lines. */
export function isLockFile(text: string): boolean {
  if (text.startsWith(MARK)) return true;
  if (isGenerated(text)) return true;
  const lines = requirementsOf(text);
  return lines.every((requirement) => requirement !== undefined && isHashed(requirement));
}

/** The distributions of a lock; undefined if a line is not a pin with hashes. */
export function readPins(text: string): Pin[] | undefined {
  const pins = requirementsOf(text).map((requirement) => requirement && pinOf(requirement));
  return pins.every((pin) => pin !== undefined) ? pins : undefined;
}

/** Versions of a lock, as constraints for the next one. */
export function keptVersions(
  lock: string,
  requirements: readonly string[],
  upgrade: readonly string[],
): Map<string, string> {
  const upgraded = new Set(upgrade.map(normalizeName));
  const wanted = requirements.flatMap((line) => parseRequirement(line) ?? []);
  const kept = new Map<string, string>();
  for (const requirement of requirementsOf(lock)) {
    const version = requirement && pinnedVersion(requirement);
    if (!requirement || version === undefined || upgraded.has(requirement.name)) continue;
    // A changed requirement may rule the old version out.
    const own = wanted.filter(({ name }) => name === requirement.name);
    const isFree = own.every(
      ({ clauses, url }) => url === undefined && satisfies(version, clauses) !== false,
    );
    if (isFree) kept.set(requirement.name, version);
  }
  return kept;
}

/** Those of the kept versions that pip names as the reason for a conflict. */
export function conflictingVersions(output: string, kept: ReadonlyMap<string, string>): string[] {
  const patterns = [
    /The user requested \(constraint\) ([\w.-]+?)={2,3}/g,
    /(?:No matching distribution found for|satisfies the requirement) ([\w.-]+?)(?:\[[^\]]*\])?={2,3}/g,
  ];
  const named = patterns.flatMap((pattern) =>
    [...output.matchAll(pattern)].map(([, name = '']) => normalizeName(name)),
  );
  return [...new Set(named)].filter((name) => kept.has(name)).sort();
}

/** Options of requirements files for a lock, and those left out since they contain credentials. */
export function lockOptions(texts: Iterable<string>): { options: string[]; secret: string[] } {
  const found = [...texts]
    .flatMap(parseRequirements)
    .flatMap((line) => (line.kind === 'option' ? [line.text] : []))
    .filter((text) => text !== '--require-hashes');
  const options = [...new Set(found)];
  const isSecret = (text: string) => text !== withoutCredentials(text) || text.includes('${');
  return {
    options: options.filter((text) => !isSecret(text)),
    secret: options.filter(isSecret).map(withoutCredentials),
  };
}

/** `+ six 1.17.0`, `idna 3.7 → 3.10`, `- zipp 3.0` */
export function pinChanges(before: readonly Pin[], after: readonly Pin[]): string[] {
  const [old, next] = [before, after].map((pins) => new Map(pins.map((pin) => [keyOf(pin), pin])));
  const names = [...new Set([...before, ...after].map(keyOf))].sort(compareText);
  return names.flatMap((name) => {
    const [from, to] = [old?.get(name), next?.get(name)];
    if (!from) return to ? [`+ ${to.name} ${to.version}`] : [];
    if (!to) return [`- ${from.name} ${from.version}`];
    // For a URL the lock does not say the version.
    const haveVersions = from.version !== '' && to.version !== '';
    if (haveVersions && versionKey(from.version) !== versionKey(to.version)) {
      return [`${to.name} ${from.version} → ${to.version}`];
    }
    const isSame = String([...from.hashes].sort()) === String([...to.hashes].sort());
    return isSame ? [] : [`${to.name} ${to.version} (other files)`];
  });
}

/** Names in the spelling that every tool writes, so that another tool changes no line. */
function renderPin({ name: spelled, version, url, hashes }: Pin): string {
  const name = normalizeName(spelled);
  const subject = url === undefined ? `${name}==${version}` : `${name} @ ${url}`;
  return [subject, ...[...hashes].sort().map((hash) => `--hash=${hash}`)].join(' \\\n    ');
}

function requirementsOf(text: string): (Requirement | undefined)[] {
  return parseRequirements(text).flatMap((line) =>
    line.kind === 'requirement' ? [parseRequirement(line.text)] : [],
  );
}

function pinOf(requirement: Requirement): Pin | undefined {
  if (!isHashed(requirement)) return undefined;
  const { name, url, hashes } = requirement;
  return { name, version: pinnedVersion(requirement) ?? '', url, hashes };
}

function keyOf({ name }: Pin): string {
  return normalizeName(name);
}

/** @see https://pip.pypa.io/en/stable/reference/installation-report/ */
interface Report {
  install: {
    is_direct: boolean;
    download_info: {
      url: string;
      vcs_info?: object;
      dir_info?: object;
      archive_info?: { hash?: string; hashes?: Record<string, string> };
    };
    metadata: { name: string; version: string };
  }[];
}

/** @throws REQUIREMENTS_INVALID for what no hash can pin, LOCK_FAILED if an index has no SHA-256 */
export function readReport(text: string): Pin[] {
  const { install } = JSON.parse(text) as Report;
  return install.map(({ is_direct: isDirect, download_info: info, metadata }) => {
    const { name, version } = metadata;
    const url = withoutCredentials(info.url);
    if (!info.archive_info) throw unhashable(name, url, info.dir_info !== undefined);
    // pip 22 has one `hash`, later ones a table.
    const sha256 =
      info.archive_info.hashes?.['sha256'] ??
      /^sha256=(.+)$/.exec(info.archive_info.hash ?? '')?.[1];
    if (sha256 === undefined) throw unnamed(name, version, url);
    return { name, version, url: isDirect ? url : undefined, hashes: [`sha256:${sha256}`] };
  });
}

function unhashable(name: string, url: string, isDirectory: boolean): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${name}\` comes from \`${url}\`, and ${isDirectory ? 'a directory' : 'a repository'} cannot be pinned by a hash`,
    hint: isDirectory
      ? 'leave it out of the input of `lock`, or build from unlocked requirements: "requirements" on the build target'
      : `require an archive, which has a hash: \`${name} @ https://…/archive/<commit>.tar.gz\``,
  });
}

function unnamed(name: string, version: string, url: string): LambdaPythonError {
  return new LambdaPythonError('LOCK_FAILED', {
    message: `pip reports no SHA-256 for \`${name} ${version}\` from \`${url}\``,
    hint: 'use an index that publishes SHA-256 hashes, or an image with a newer pip: "image": "<name>" on the build target',
  });
}
