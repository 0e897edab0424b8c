/** Full locks, of which every line names its files by hash, and their wheels: those in the store are not fetched again. */

import type { Architecture, Runtime } from '../service/runtimes';
import { digestOf, type Json } from './requirements/canonical-json';
import { keyContent, type KeyComponents, type KeyContent } from './requirements-key';
import { parseRequirements, withoutCredentials } from './requirements/parse';
import {
  evaluateMarker,
  isHashed,
  isPinned,
  parseRequirement,
  pinnedVersion,
  runtimeEnvironment,
  supportsPython,
  type MarkerEnvironment,
  type Requirement,
} from './requirements/requirement';
import type { ResolvedWheels, StoredWheel } from './wheel-set';
import type { WheelFacts } from './wheel/admit';
import { isCompatible, normalizeName, parseWheelFilename, supportedTags } from './wheel/names';
import { parseSpecifier, satisfies } from './wheel/versions';

/** A wheel by what its path in the store says. */
export type LocatedWheel = Pick<StoredWheel, 'file' | 'sha256' | 'size'>;

/** What the store knows about single wheels. */
export interface LineStore {
  /** Every file with this content; usually one. */
  findWheels(sha256: string): LocatedWheel[];
  /** The wheel that a line resolved to before, if the store still has it. */
  readLine(digest: string): LocatedWheel | undefined;
  writeLine(digest: string, wheel: LocatedWheel): void;
  /** @throws for a wheel that cannot be read */
  readWheelNeeds(wheel: LocatedWheel): WheelNeeds;
  /** Lets `readWheelNeeds` read a small file: the directory of a wheel may have thousands of entries. */
  keepWheelNeeds(wheel: LocatedWheel): void;
}

export interface Lock {
  lines: LockedLine[];
  constraints: readonly string[];
  environment: MarkerEnvironment;
  /** Tags that the runtime can load, and those of wheels built in the container. */
  tags: string[];
  content: KeyContent;
}

/** What the store has of a lock, and what pip must fetch or build. */
export interface LockPlan {
  kept: KeptWheel[];
  missing: LockedLine[];
}

export interface KeptWheel {
  wheel: StoredWheel;
  needs: WheelNeeds;
}

/** Undefined if the requirements are not a full lock: then pip resolves them as a whole. */
export function findLock(
  components: KeyComponents,
  target: { runtime: Runtime; architecture: Architecture },
): Lock | undefined {
  const { requirements } = components.meaning;
  // Those of pip's own configuration apply to locks, too.
  const configured = components.pipEnvironment['PIP_CONSTRAINT']?.split('\n') ?? [];
  const constraints = [...components.meaning.constraints, ...configured];
  const environment = runtimeEnvironment(target.runtime, target.architecture);
  const lines = requirements.length > 0 ? readLock(requirements, environment) : undefined;
  if (!lines || components.dependencies !== 'wheels') return undefined;
  const tags = supportedTags(target.runtime, target.architecture, {
    allowLocal: components.place === 'container',
  });
  return { lines, constraints, environment, tags, content: keyContent(components) };
}

export function planLock(lock: Lock, store: LineStore): LockPlan {
  const plan: LockPlan = { kept: [], missing: [] };
  for (const line of lock.lines) {
    const kept = findKept(line, lock, store);
    if (kept) plan.kept.push(kept);
    else plan.missing.push(line);
  }
  return plan;
}

export interface LockSteps {
  /** Lets pip resolve the whole lock. */
  all: () => Promise<ResolvedWheels>;
  /** Lets pip fetch these lines, if any, without what they require; `kept` are the wheels of all others. */
  some: (lines: readonly LockedLine[], kept: readonly StoredWheel[]) => Promise<ResolvedWheels>;
  readNeeds: (path: string) => WheelNeeds;
}

/**
 * The wheels that pip would take for the whole lock. Lines are fetched one by one only as long as what
 * all wheels require is in the lock; where it is not, or that is not certain, pip judges the whole.
 */
export async function resolveLock(
  lock: Lock,
  store: LineStore,
  steps: LockSteps,
): Promise<ResolvedWheels> {
  const { kept, missing } = planLock(lock, store);
  const onAdmitted = (wheels: readonly StoredWheel[]) => {
    remember(wheels, lock, store);
    for (const wheel of [...kept.map((one) => one.wheel), ...wheels]) store.keepWheelNeeds(wheel);
  };
  if (kept.length > 0) {
    const wheels = kept.map(({ wheel }) => wheel);
    const fetched = await steps.some(missing, wheels);
    const needs = [...kept.map((one) => one.needs), ...fetched.files.map(steps.readNeeds)];
    const needed = new Map(needs.map((need) => [normalizeName(need.name), need]));
    if (isComplete(needed, lock.lines, lock.constraints, lock.environment)) {
      return { ...fetched, kept: wheels, onAdmitted };
    }
  }
  return { ...(await steps.all()), onAdmitted };
}

function findKept(line: LockedLine, lock: Lock, store: LineStore): KeptWheel | undefined {
  if (!line.isCertain) return undefined;
  const found =
    onlyWheel(line, lock, store) ??
    store.readLine(lineDigest(line, lock, 'published')) ??
    store.readLine(lineDigest(line, lock, 'built'));
  if (!found) return undefined;
  try {
    const needs = store.readWheelNeeds(found);
    const { name, version, gaps } = needs;
    return { wheel: { name, version, ...found, ...(gaps && { gaps }) }, needs };
  } catch {
    // Damaged: pip fetches it again.
    return undefined;
  }
}

/**
 * The wheel of a line with a single hash, the only file that pip accepts. Of several files pip takes the one with
 * the best tags that the index has, which only pip can tell; what it took is remembered line by line.
 */
function onlyWheel(
  { requirement }: LockedLine,
  lock: Lock,
  store: LineStore,
): LocatedWheel | undefined {
  const [hash, another] = requirement.hashes;
  if (!hash || another || requirement.options.length > 0 || refusesWheels(lock.content)) {
    return undefined;
  }
  return store.findWheels(hash.replace(/^sha256:/, '')).find(({ file }) => {
    const { distribution, version, tags } = parseWheelFilename(file);
    return (
      normalizeName(distribution) === requirement.name &&
      satisfies(version, requirement.clauses) === true &&
      isCompatible(tags, lock.tags)
    );
  });
}

/** `--no-binary` in any place: pip decides which distributions it means. */
function refusesWheels({ options, pipArguments, pipEnvironment }: KeyContent): boolean {
  return /no-binary|PIP_NO_BINARY/.test(JSON.stringify([options, pipArguments, pipEnvironment]));
}

function remember(wheels: readonly StoredWheel[], lock: Lock, store: LineStore): void {
  const byName = new Map(wheels.map((wheel) => [normalizeName(wheel.name), wheel]));
  for (const line of lock.lines) {
    const wheel = byName.get(line.requirement.name);
    if (!wheel || !line.isCertain) continue;
    const isPublished = line.requirement.hashes.includes(`sha256:${wheel.sha256}`);
    store.writeLine(lineDigest(line, lock, isPublished ? 'published' : 'built'), wheel);
  }
}

/**
 * Everything that decides the wheel of a line. A published file is the same for every build image; one that was
 * built there links that image's libraries.
 */
function lineDigest(
  { requirement }: LockedLine,
  { content }: Lock,
  origin: 'published' | 'built',
): string {
  const { name, url = null, hashes, options } = requirement;
  return digestOf({
    ...withoutLibraries(content, requirement),
    requirements: { name, version: pinnedVersion(requirement) ?? null, url, hashes, options },
    constraints: [],
    imageDigest: origin === 'built' ? (content['imageDigest'] ?? null) : null,
    origin,
  });
}

/** Libraries of the workspace decide only their own wheels; directories of `--find-links` decide all. */
function withoutLibraries(content: KeyContent, requirement: Requirement): KeyContent {
  const { content: files, ...rest } = content;
  const links = Object.entries(files ?? {}).filter(([path]) => path.endsWith('/*'));
  if (isLocal(requirement)) return content;
  return links.length > 0 ? { ...rest, content: Object.fromEntries(links) as Json } : rest;
}

/** As the requirements key has libraries: `common @ ./libs/common`. */
function isLocal({ url = '' }: Requirement): boolean {
  return url.startsWith('./');
}

export interface LockedLine {
  /** As in the requirements key. */
  text: string;
  requirement: Requirement;
  /** False if only pip can tell whether its marker holds. */
  isCertain: boolean;
}

/**
 * The lines that count in this environment.
 * @param lines without comments and credentials
 * @returns undefined if a line has neither a hash nor a library of the workspace, if none has a hash, or if only pip
 *   can tell
 */
export function readLock(
  lines: readonly string[],
  environment: MarkerEnvironment,
): LockedLine[] | undefined {
  const active: LockedLine[] = [];
  for (const text of lines) {
    const requirement = parseRequirement(text);
    if (!requirement || !(isHashed(requirement) || isLocal(requirement))) return undefined;
    const { marker } = requirement;
    const verdict = marker === undefined ? true : evaluateMarker(marker, environment);
    if (verdict !== false) active.push({ text, requirement, isCertain: verdict === true });
  }
  const names = new Set(active.map(({ requirement }) => requirement.name));
  const isHashless = active.every(({ requirement }) => requirement.hashes.length === 0);
  return names.size === active.length && !(isHashless && active.length > 0) ? active : undefined;
}

/**
 * Distributions whose version may change from one day to the next: lines without a pin, and requirements of others.
 * @param lines without comments and credentials
 * @param resolved names of all distributions, if they are known
 * @param constraints lines that may pin what others leave open
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
    // A path or URL without a name does not change.
    .flatMap(({ requirement }) => requirement?.name ?? []);
  const named = new Set(requirements.map(({ requirement }) => requirement?.name));
  const areAllNamed = !named.has(undefined);
  const floating = areAllNamed
    ? resolved.map(normalizeName).filter((name) => !named.has(name) && !pinned.has(name))
    : [];
  return [...new Set([...loose, ...floating])].sort();
}

/** The text of a requirements file with only those requirements that `keep` accepts; includes and options stay. */
export function withRequirements(text: string, keep: (requirement: string) => boolean): string {
  const lines = parseRequirements(text).flatMap((line) => {
    if (line.kind === 'include') {
      return [`${line.as === 'requirements' ? '-r' : '-c'} "${line.path}"`];
    }
    return line.kind === 'option' || keep(withoutCredentials(line.text)) ? [line.text] : [];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** What a wheel is, and what it requires. */
export interface WheelNeeds extends WheelFacts {
  requires: readonly string[];
  requiresPython: string | undefined;
}

/**
 * Whether pip would install just these wheels for the lock: one of them meets each requirement of each wheel, and
 * each constraint. False if that is not certain: then pip decides.
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
      const seen = extras.get(needed.name) ?? [];
      const more = needed.extras.filter((extra) => !seen.includes(extra));
      if (more.length === 0) continue;
      extras.set(needed.name, [...seen, ...more]);
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
