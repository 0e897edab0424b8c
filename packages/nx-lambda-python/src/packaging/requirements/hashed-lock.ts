/** A full lock: requirements of which every line names its files by hash, as pip-compile, uv and `lock` write it. */

import { evaluateMarker, supportsPython, type MarkerEnvironment } from './environment';
import { parseRequirements, withoutCredentials } from './parse';
import { parseRequirement, pinnedVersion, type Requirement } from './requirement';
import { normalizeName } from '../wheel/names';
import { parseSpecifier, satisfies } from './version';

export interface LockedLine {
  /** As in the requirements key. */
  text: string;
  requirement: Requirement;
  /** False where only pip can say whether its marker holds. */
  isCertain: boolean;
}

/**
 * The lines that count in this environment.
 * @param lines without comments and credentials
 * @returns undefined where this is no full lock, or one that needs pip's own judgement
 */
export function readLock(
  lines: readonly string[],
  environment: MarkerEnvironment,
): LockedLine[] | undefined {
  const active: LockedLine[] = [];
  for (const text of lines) {
    const requirement = parseRequirement(text);
    if (!requirement || !isHashed(requirement)) return undefined;
    const { marker } = requirement;
    const verdict = marker === undefined ? true : evaluateMarker(marker, environment);
    if (verdict !== false) active.push({ text, requirement, isCertain: verdict === true });
  }
  const names = new Set(active.map(({ requirement }) => requirement.name));
  return names.size === active.length ? active : undefined;
}

/** Pinned by hash to one version or URL: what pip accepts with `--require-hashes`. */
export function isHashed(requirement: Requirement): boolean {
  return requirement.hashes.length > 0 && isPinned(requirement);
}

/** One version, or one URL; version control moves unless its revision is a commit. */
export function isPinned(requirement: Requirement): boolean {
  const { url } = requirement;
  if (url === undefined) return pinnedVersion(requirement) !== undefined;
  return !/^[a-z]+\+/i.test(url) || /@[0-9a-f]{40}(#|$)/i.test(url);
}

/**
 * Distributions whose version another day may change: lines that pin none, and what is required by others only.
 * @param lines without comments and credentials
 * @param resolved names of all distributions, where they are known
 * @param constraints as lines, of which each may pin what others leave open
 */
export function unpinned(
  lines: readonly string[],
  resolved: readonly string[] = [],
  constraints: readonly string[] = [],
): string[] {
  const requirements = lines.map((text) => ({ text, requirement: parseRequirement(text) }));
  const limits = constraints.flatMap((text) => parseRequirement(text) ?? []);
  const pinned = new Set(limits.filter(isPinned).map(({ name }) => name));
  const loose = requirements
    .filter(
      ({ requirement }) =>
        !requirement ||
        !(isPinned(requirement) || (requirement.url === undefined && pinned.has(requirement.name))),
    )
    // A path or URL without a name is what it is.
    .flatMap(({ requirement }) => requirement?.name ?? []);
  const named = new Set(requirements.map(({ requirement }) => requirement?.name));
  const areAllNamed = !named.has(undefined);
  const floating = areAllNamed
    ? resolved.map(normalizeName).filter((name) => !named.has(name) && !pinned.has(name))
    : [];
  return [...new Set([...loose, ...floating])].sort();
}

/** The text of a requirements file with only those requirements that `keep` takes; includes and options stay. */
export function withRequirements(text: string, keep: (requirement: string) => boolean): string {
  const lines = parseRequirements(text).flatMap((line) => {
    if (line.kind === 'include') {
      return [`${line.as === 'requirements' ? '-r' : '-c'} "${line.path}"`];
    }
    return line.kind === 'option' || keep(withoutCredentials(line.text)) ? [line.text] : [];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** What a wheel is and asks for. */
export interface WheelNeeds {
  name: string;
  version: string;
  requires: readonly string[];
  requiresPython: string | undefined;
}

/**
 * Whether these wheels are all that pip would take for the lock: each requirement of each wheel, and each
 * constraint, is met by one of them. False wherever that is not certain: then pip is asked.
 *
 * @param wheels by normalized name
 */
export function isComplete(
  wheels: ReadonlyMap<string, WheelNeeds>,
  lines: readonly LockedLine[],
  constraints: readonly string[],
  environment: MarkerEnvironment,
): boolean {
  const extras = new Map(lines.map(({ requirement }) => [requirement.name, requirement.extras]));
  const pythonFits = [...wheels.values()].every(({ requiresPython }) => {
    const clauses = parseSpecifier(requiresPython ?? '');
    return clauses !== undefined && supportsPython(clauses, environment) === true;
  });
  if (!pythonFits || !constraints.every((text) => holds(text, wheels, environment))) return false;
  const pending = [...wheels.keys()];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const asked = extras.get(name) ?? [];
    for (const text of wheels.get(name)?.requires ?? []) {
      const needed = activeRequirement(text, asked, environment);
      if (needed === 'inactive') continue;
      if (needed === undefined || !isMet(needed, wheels)) return false;
      const known = extras.get(needed.name) ?? [];
      const more = needed.extras.filter((extra) => !known.includes(extra));
      if (more.length === 0) continue;
      extras.set(needed.name, [...known, ...more]);
      pending.push(needed.name);
    }
  }
  return true;
}

function activeRequirement(
  text: string,
  extras: readonly string[],
  environment: MarkerEnvironment,
): Requirement | 'inactive' | undefined {
  const requirement = parseRequirement(text);
  const { marker } = requirement ?? {};
  if (!requirement || marker === undefined) return requirement;
  const verdicts = ['', ...extras].map((extra) => evaluateMarker(marker, environment, extra));
  if (verdicts.includes(true)) return requirement;
  return verdicts.includes(undefined) ? undefined : 'inactive';
}

function isMet(needed: Requirement, wheels: ReadonlyMap<string, WheelNeeds>): boolean {
  const wheel = wheels.get(needed.name);
  return (
    wheel !== undefined &&
    needed.url === undefined &&
    satisfies(wheel.version, needed.clauses) === true
  );
}

function holds(
  constraint: string,
  wheels: ReadonlyMap<string, WheelNeeds>,
  environment: MarkerEnvironment,
): boolean {
  const requirement = activeRequirement(constraint, [], environment);
  if (requirement === 'inactive') return true;
  if (requirement === undefined || requirement.hashes.length > 0) return false;
  return !wheels.has(requirement.name) || isMet(requirement, wheels);
}
