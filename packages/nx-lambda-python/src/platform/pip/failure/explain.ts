/** A failure of pip as one error: what an index has of the distribution at fault tells why, and what to require. */

import { LambdaPythonError, type ErrorCode } from '../../../errors';
import {
  fitOf,
  fittingRuntimes,
  newestFitting,
  offered,
  versionsOf,
  type Fit,
  type ListedFile,
  type ListedVersion,
} from '../../../packaging/requirements/listing';
import { withoutCredentials } from '../../../packaging/requirements/parse';
import { parseRequirement, pinnedVersion } from '../../../packaging/requirements/requirement';
import { isPrerelease, satisfies } from '../../../packaging/wheel/versions';
import { nearest } from '../../../report/nearest';
import { ARCHITECTURES, type Runtime } from '../../../service/runtimes';
import { describeTarget, type Target } from '../pip';
import { unreachable } from './access';
import type { Lack } from './build';
import { meantBy, withWheels } from './names';
import type { Demand, Finding, Subject } from './output';

/** What pip's indexes have of one distribution. */
export interface Listing {
  files: readonly ListedFile[];
  /** Pages that could not be read. */
  failures: readonly { url: string; reason: string }[];
}

export interface Circumstances {
  target: Target;
  place: 'container' | 'host';
  /** By normalized name; without those that could not be asked for. */
  listings: ReadonlyMap<string, Listing>;
  /** Names that the user's files require. */
  required: readonly string[];
  /** As pip names them: `https://host/simple, https://other/simple`. */
  indexes: string;
  /** By pip's output, why an index was not reached. */
  unreached: { reason: string; hint: string } | undefined;
}

/** Of which distributions an index must be asked to explain this. */
export function namesToAsk(finding: Finding): string[] {
  const subject =
    finding.kind === 'conflict'
      ? finding.unmatched
      : 'subject' in finding
        ? finding.subject
        : undefined;
  // A path or a URL is on no index.
  return subject === undefined || /[/@]/.test(subject.requirement) ? [] : [subject.name];
}

export function explain(finding: Finding, given: Circumstances): LambdaPythonError {
  const target = describeTarget(given.target);
  switch (finding.kind) {
    case 'unmatched':
      return explainUnmatched(finding.subject, given);
    case 'build':
      return explainBuild(finding, given);
    case 'conflict':
      return explainConflict(finding, given);
    case 'hash':
      return failed(
        `\`${finding.file}\` is not the file that the requirements name: expected ${finding.expected}, got ${finding.got}`,
        'if the index may have another file than when it was locked, compare both and lock again: `nx lock <service>`; if not, find out who changed it first',
      );
    case 'unhashed':
      return failed(
        `\`${finding.requirement}\` has no hash or no pinned version, but other requirements have hashes, so pip requires one for each`,
        'let `nx lock <service>` write all versions and hashes, or remove `--hash` and `--require-hashes` from the requirements files',
      );
    case 'url': {
      const found = unreachable(finding.reason);
      return failed(
        `\`${finding.url}\` could not be fetched: ${found?.reason ?? finding.reason}`,
        `correct the URL in the requirements${found ? `, or ${found.hint}` : ''}; a server on this machine needs "network": "host" on the build target`,
      );
    }
    case 'other':
      return failed(
        `pip could not resolve the requirements for ${target}:\n${finding.words}`,
        'read pip\'s output above; if a build needs a system library, name an image that has it: "image": "<name>" on the build target',
      );
  }
}

function failed(message: string, hint: string, code: ErrorCode = 'PIP_FAILED'): LambdaPythonError {
  return new LambdaPythonError(code, { message, hint });
}

function nameSubject({ requirement, parent }: Subject): string {
  return `\`${requirement}\`${parent === undefined ? '' : `, which \`${parent}\` requires,`}`;
}

function explainUnmatched(subject: Subject, given: Circumstances): LambdaPythonError {
  const listing = given.listings.get(subject.name);
  const named = nameSubject(subject);
  const versions = versionsOf(subject.name, listing?.files ?? []);
  if (versions.length === 0) return explainAbsent(subject, listing, given);
  const { clauses = [] } = parseRequirement(subject.requirement) ?? {};
  const matching = versions.filter(({ version }) => satisfies(version, clauses) !== false);
  const usable = matching.filter(({ files }) => offered(files).length > 0);
  const steps = stepsFor(subject, versions, matching, given);
  if (matching.length === 0) {
    return failed(
      `${named} has no such version on the index; the newest is ${versions[0]?.version ?? ''}`,
      either(steps, 'correct the version in the requirements file'),
    );
  }
  if (usable.length === 0) {
    return failed(
      `${named} was yanked: its authors withdrew ${matching.map(({ version }) => version).join(', ')}`,
      either(steps, 'require another version'),
    );
  }
  const [best] = usable.filter(({ version }) => !isPrerelease(version));
  if (!best) {
    const [{ version = '' } = {}] = usable;
    return failed(
      `only a pre-release meets ${named}: ${version}`,
      `require \`${subject.name}==${version}\`, or set "pipArgs": ["--pre"] on the build target`,
    );
  }
  return explainMisfit(subject, best, steps, given);
}

function explainMisfit(
  subject: Subject,
  { version, files }: ListedVersion,
  steps: readonly string[],
  { target, place }: Circumstances,
): LambdaPythonError {
  const fit = fitOf(files, target);
  const named = nameSubject(subject);
  if (fit.requiresPython !== undefined) {
    return failed(
      `${named} requires Python \`${fit.requiresPython}\` in version ${version}, and the runtime is ${target.runtime.name}`,
      either(steps, 'require another version'),
    );
  }
  const because =
    place === 'host' && fit.hasSource
      ? ', and without a container nothing can be built from source'
      : '';
  const container = 'start docker or podman and build with "engine": "auto"';
  return failed(
    `no published wheel of ${named} fits ${describeTarget(target)}: ${reasonOf(fit)}${because}`,
    either(
      place === 'host' && fit.hasSource ? [...steps, container] : steps,
      'require another version',
    ),
    place === 'host' ? 'WHEEL_UNAVAILABLE' : 'PIP_FAILED',
  );
}

function reasonOf({ reason = 'pip refuses those that exist', hasSource }: Fit): string {
  return reason === 'it has no wheels' && hasSource ? 'it is published only as source' : reason;
}

/** What a user can change so that a wheel fits: the version, the distribution, the runtime, the architecture. */
function stepsFor(
  { name, parent, requirement }: Subject,
  versions: readonly ListedVersion[],
  matching: readonly ListedVersion[],
  { target }: Circumstances,
): string[] {
  const own = target.runtime;
  // Another distribution's requirement cannot be changed here.
  const version = newestFitting(parent === undefined ? versions : matching, target);
  const instead = withWheels(name);
  const newest = offered(matching[0]?.files ?? []);
  const runtimes = fittingRuntimes(newest, target);
  const other = runtimes.find((runtime) => isNewer(runtime, own)) ?? runtimes.at(-1);
  const architecture = ARCHITECTURES.find(
    (one) => fitOf(newest, { runtime: own, architecture: one }).hasWheel,
  );
  const isLinuxOnly = /are for (Windows|macOS)/.test(fitOf(newest, target).reason ?? '');
  return [
    ...(version === undefined
      ? []
      : [`require \`${name}==${version}\`, the newest version with a wheel that fits`]),
    ...(instead === undefined ? [] : [`require \`${instead}\` instead, which has wheels`]),
    ...(other === undefined || other === own
      ? []
      : [`set runtime = "${other.name}" under [tool.nx-lambda-python]`]),
    ...(architecture === undefined || architecture === target.architecture
      ? []
      : [`set architecture = "${architecture}" under [tool.nx-lambda-python]`]),
    ...(isLinuxOnly ? [`leave it out on Linux: \`${requirement} ; sys_platform != "linux"\``] : []),
  ];
}

function isNewer(one: Runtime, other: Runtime): boolean {
  return one.python[1] > other.python[1];
}

/** A list of alternatives, of which at least one is known. */
function either(steps: readonly string[], otherwise: string): string {
  return steps.length > 0 ? steps.join(', or ') : otherwise;
}

/** The index has no file of that name, or could not be asked. */
function explainAbsent(
  subject: Subject,
  listing: Listing | undefined,
  { target, required, indexes, unreached }: Circumstances,
): LambdaPythonError {
  const named = nameSubject(subject);
  const page = listing?.failures.find(({ reason }) => !/\b404\b/.test(reason));
  const isAnswered = listing !== undefined && listing.failures.length > 0;
  const unasked = page
    ? (unreachable(page.reason) ?? { reason: page.reason, hint: 'try again later' })
    : !isAnswered && unreached;
  if (unasked) {
    // The page of a distribution is below its index.
    const index = page ? page.url.replace(/\/[^/]*\/?$/, '') : indexes;
    return failed(
      `the index ${withoutCredentials(index)} could not be asked for ${named}: ${withoutCredentials(unasked.reason)}`,
      `${unasked.hint}, or correct PIP_INDEX_URL; a proxy or index on this machine needs "network": "host" on the build target`,
    );
  }
  const near = nearest(
    subject.name,
    required.filter((name) => name !== subject.name),
  );
  const meant = meantBy(subject.name) ?? near[0];
  return failed(
    listing
      ? `${named} is unknown: ${withoutCredentials(indexes)} has no distribution of that name`
      : `pip found no distribution ${named} for ${describeTarget(target)}`,
    meant === undefined
      ? 'correct its name or version in the requirements file, or name the index that has it: PIP_INDEX_URL or `--index-url`'
      : `require \`${meant}\` instead, if that was meant`,
  );
}

function explainBuild(
  { subject, version, lack }: Extract<Finding, { kind: 'build' }>,
  given: Circumstances,
): LambdaPythonError {
  const { target, listings } = given;
  const versions = versionsOf(subject.name, listings.get(subject.name)?.files ?? []);
  const tried = versions
    .filter((one) => version === undefined || one.version === version)
    .slice(0, 1);
  const [own] = tried;
  const fit = own && fitOf(own.files, target);
  const named = nameSubject(subject);
  const because = fit && !fit.hasWheel ? ` (${reasonOf(fit)})` : '';
  const meant = meantBy(subject.name);
  const cause = lack ? `: ${lack.words}` : '';
  const message =
    fit && !fit.hasWheel
      ? `no published wheel of ${named} fits ${describeTarget(target)}${because}, and building it from source failed${cause}`
      : `${named} could not be built for ${describeTarget(target)}${cause}`;
  const steps = [
    ...(meant === undefined ? [] : [`require \`${meant}\` instead, if that was meant`]),
    ...stepsFor(subject, versions, tried, given),
    ...imageStep(lack, target),
  ];
  return failed(message, either(steps, 'require a newer version, or one that has a wheel'));
}

function imageStep(lack: Lack | undefined, { runtime, architecture }: Target): string[] {
  if (lack?.packages === undefined) return [];
  const command = `nx g nx-lambda-python:dockerfile tools/build-image --runtime=${runtime.name} --architecture=${architecture}`;
  return [`add ${lack.packages} to the Dockerfile of a build image, which \`${command}\` creates`];
}

function explainConflict(
  { demands, unmatched }: Extract<Finding, { kind: 'conflict' }>,
  given: Circumstances,
): LambdaPythonError {
  const listing = unmatched && given.listings.get(unmatched.name);
  const versions = unmatched && listing ? versionsOf(unmatched.name, listing.files) : [];
  // Newer pip says so of what is only in conflict, too.
  if (unmatched && listing && newestFitting(versions, given.target) === undefined) {
    return explainUnmatched(unmatched, given);
  }
  const chains = contradiction(demands);
  const words = chains.map(({ by, requires }) =>
    by === undefined
      ? `the requirements ask for \`${requires}\``
      : `\`${by}\` requires \`${requires}\``,
  );
  const parents = [...new Set(chains.flatMap(({ by }) => by?.split(' ')[0] ?? []))];
  const names = parents.length > 0 ? parents : [...new Set(chains.map(({ requires }) => requires))];
  return failed(
    `two requirements contradict each other: ${words.join(', but ')}`,
    `change the version of ${names.map((name) => `\`${name}\``).join(' or ')} in the requirements files`,
  );
}

/** Two that no version meets both; the first two for the same distribution if that is not certain. */
function contradiction(demands: readonly Demand[]): readonly Demand[] {
  const pairs = demands.flatMap((first, at) =>
    demands.slice(at + 1).map((second) => [first, second] as const),
  );
  const parsed = ({ requires }: Demand) =>
    parseRequirement(requires.replace('(constraint) ', '').replaceAll(' and ', ','));
  const excludes = (one: Demand, other: Demand) => {
    const requirement = parsed(one);
    const pinned = requirement && pinnedVersion(requirement);
    return pinned !== undefined && satisfies(pinned, parsed(other)?.clauses ?? []) === false;
  };
  const alike = pairs.filter(
    ([one, other]) => parsed(one)?.name === parsed(other)?.name && one.requires !== other.requires,
  );
  const certain = alike.find(([one, other]) => excludes(one, other) || excludes(other, one));
  return certain ?? alike[0] ?? demands.slice(0, 2);
}
