/** The wheels of a full lock: those that the store has are not asked for again. */

import type { Architecture, Runtime } from '../service/runtimes';
import { digestOf } from './canonical-json';
import { runtimeEnvironment, type MarkerEnvironment } from './requirements/environment';
import { isComplete, readLock, type LockedLine, type WheelNeeds } from './requirements/hashed-lock';
import { pinnedVersion } from './requirements/requirement';
import { satisfies } from './requirements/version';
import { keyContent, type KeyComponents, type KeyContent } from './requirements-key';
import type { ResolvedWheels, StoredWheel } from './wheel-set';
import { parseWheelFilename } from './wheel/filename';
import { normalizeName } from './wheel/names';
import { isCompatible, supportedTags } from './wheel/tags';

/** A wheel by what its path in the store says of it. */
export type LocatedWheel = Pick<StoredWheel, 'file' | 'sha256' | 'size'>;

/** What the store knows of single wheels. */
export interface LineStore {
  /** Every file with this content; mostly one. */
  findWheels(sha256: string): LocatedWheel[];
  /** The wheel that a line came to before, if the store still has it. */
  readLine(digest: string): LocatedWheel | undefined;
  writeLine(digest: string, wheel: LocatedWheel): void;
  /** @throws for a wheel that cannot be read */
  readWheelNeeds(wheel: LocatedWheel): WheelNeeds;
  /** Makes `readWheelNeeds` a matter of a small file: a wheel's directory may have thousands of entries. */
  keepWheelNeeds(wheel: LocatedWheel): void;
}

export interface Lock {
  lines: LockedLine[];
  constraints: readonly string[];
  environment: MarkerEnvironment;
  /** Tags that the runtime loads, and those of wheels built in the container. */
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

/** Undefined where the requirements are no full lock: then pip resolves them as a whole. */
export function findLock(
  components: KeyComponents,
  target: { runtime: Runtime; architecture: Architecture },
): Lock | undefined {
  const { requirements } = components.meaning;
  // Those of pip's own configuration hold for a lock as for anything else.
  const configured = components.pipEnvironment['PIP_CONSTRAINT']?.split('\n') ?? [];
  const constraints = [...components.meaning.constraints, ...configured];
  const environment = runtimeEnvironment(target.runtime, target.architecture);
  // The lock of a tool has no lines of its own here.
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
  /** Lets pip fetch these lines and nothing that they require; `kept` are the wheels of all others. */
  some: (lines: readonly LockedLine[], kept: readonly StoredWheel[]) => Promise<ResolvedWheels>;
  /** What stands for pip where nothing is to be fetched. */
  none: () => ResolvedWheels;
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
    const fetched = missing.length === 0 ? steps.none() : await steps.some(missing, wheels);
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
    const { name, version } = needs;
    return { wheel: { name, version, ...found }, needs };
  } catch {
    // Damaged: pip fetches it again.
    return undefined;
  }
}

/**
 * The wheel of a line with a single hash: pip could take no other file. Of several hashes pip takes the wheel
 * with the best tags that the index has, which only pip can tell; what it took is remembered line by line.
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

/** `--no-binary`, wherever it stands: which distributions it means is left to pip. */
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
 * Everything that decides which wheel one line comes to. A published file is the same whatever the build image;
 * one that was built there links that image's libraries.
 */
function lineDigest(
  { requirement }: LockedLine,
  { content }: Lock,
  origin: 'published' | 'built',
): string {
  const { name, url = null, hashes, options } = requirement;
  return digestOf({
    ...content,
    requirements: { name, version: pinnedVersion(requirement) ?? null, url, hashes, options },
    constraints: [],
    imageDigest: origin === 'built' ? (content['imageDigest'] ?? null) : null,
    origin,
  });
}
