/** The record of one release: what it found, what it did, and from which commit; one JSON object in the bucket. */

import { LambdaPythonError } from '../../errors';
import {
  identityOf,
  type DesiredFunction,
  type FunctionOutcome,
  type FunctionState,
  type OutcomeStatus,
  type PackageReference,
} from '../model/function-state';
import { isChanged, releaseFacts, type Plan, type ReleaseFacts } from '../model/plan';
import { packageKey, serviceKeys } from '../upload/package-object';

/** `started` stays if a deploy was killed before it could write its end. */
export type ReleaseStatus = 'started' | 'succeeded' | 'failed' | 'rolled-back';
export type ReleaseKind = 'deploy' | 'rollback';

export interface ReleaseAuthor {
  /** As CI or git calls them; never a credential. */
  user: string;
  host: string;
  /** The URL of the CI run. */
  run: string | null;
}

export interface RecordedFunction extends DesiredFunction {
  /** What rollback goes back to; null where the function did not exist. */
  before: FunctionState | null;
  /** Where the package of `before` is, if it is one of this service's; rollback looks. */
  beforePackage: PackageReference | null;
  /** Base64: the code that it was to run. */
  goal: string | null;
  /** Null until the release ends, and for functions that failed and were not seen at rest. */
  after: FunctionState | null;
  status: OutcomeStatus | 'pending';
  error?: string;
}

export interface ReleaseRecord extends ReleaseFacts {
  /** Raised whenever the meaning of a field changes. */
  format: 1;
  /** From 1, for each service, account, region and stage; numbers may be missing. */
  number: number;
  kind: ReleaseKind;
  /** The release that a rollback undid, or went back to. */
  of: number | null;
  status: ReleaseStatus;
  by: ReleaseAuthor;
  /** ISO 8601, by the clock of the machine: to read, never to decide by. */
  startedAt: string;
  endedAt: string | null;
  /** Every function of the plan, also those that ran the package already. */
  functions: RecordedFunction[];
}

/** Whose records they are: another account's, or another region's, may lie in the same bucket. */
export interface RecordOwner {
  account: string;
  region: string;
}

export function releasesPrefix(
  prefix: string,
  project: string,
  stage: string | null,
  owner: RecordOwner,
): string {
  return `${ownPrefix(stagesPrefix(prefix, project), owner)}${stageFolder(stage)}/`;
}

/** Where records were kept when a stage was all that told them apart; they are still read. */
export function earlierPrefix(prefix: string, project: string, stage: string | null): string {
  return `${stagesPrefix(prefix, project)}${stageFolder(stage)}/`;
}

/** Below it, a folder for each account, region and stage; of earlier versions, one for each stage. */
export function stagesPrefix(prefix: string, project: string): string {
  return `${serviceKeys(prefix, project)}/releases/`;
}

/** Below it, one folder for each stage of an account and region. */
export function ownPrefix(stages: string, { account, region }: RecordOwner): string {
  return `${stages}${account}/${region}/`;
}

/** Stages name folders: special characters must not reach into another stage's folder. */
function stageFolder(stage: string | null): string {
  return stage === null ? 'default' : encodeURIComponent(stage).replaceAll('.', '%2E');
}

/** Whether a record of an earlier place is this account's and region's. */
export function isOf(record: ReleaseRecord, { account, region }: RecordOwner): boolean {
  return record.region === region && (record.account === null || record.account === account);
}

export function recordKey(releases: string, number: number): string {
  return `${releases}${String(number).padStart(6, '0')}.json`;
}

/** Null for keys of something else. */
export function numberOfKey(releases: string, key: string): number | null {
  const digits = key.startsWith(releases)
    ? /^(\d{6,})\.json$/.exec(key.slice(releases.length))?.[1]
    : undefined;
  return digits === undefined ? null : Number(digits);
}

/** A function that is small in a file of three hundred: one a line. */
export function renderRecord(record: ReleaseRecord): string {
  const { functions, ...facts } = record;
  const head = JSON.stringify(facts, null, 2).slice(0, -2);
  const rows = functions.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  return `${head},\n  "functions": [${rows === '' ? '' : `\n${rows}\n  `}]\n}\n`;
}

/** @throws RELEASE_NOT_FOUND for text that this version of the plugin cannot read */
export function parseRecord(text: string, url: string): ReleaseRecord {
  const value = parseJson(text);
  const defect = value === undefined ? 'is not JSON' : defectOf(value);
  if (defect === null) return value as ReleaseRecord;
  throw new LambdaPythonError('RELEASE_NOT_FOUND', {
    message: `${url} is not a release record that this version can read: it ${defect}`,
    hint: 'update nx-lambda-python if a newer version wrote it; otherwise name another release with `--to`, as `nx releases <service>` lists them',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => Number.isSafeInteger(value);
const oneOf =
  (...values: string[]): Check =>
  (value) =>
    typeof value === 'string' && values.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const withFields =
  (fields: Record<string, Check>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const isPackage = withFields({
  sha256: isText,
  bucket: isText,
  key: isText,
  versionId: orNull(isText),
});
const isState = withFields({
  codeSha256: orNull(isText),
  storageMode: oneOf('COPY', 'REFERENCE'),
  layers: listOf(isText),
  alias: orNull(withFields({ name: isText, version: isText, codeSha256: orNull(isText) })),
});

const FIELDS: Record<Exclude<keyof ReleaseRecord, 'format'>, Check> = {
  number: isNumber,
  kind: oneOf('deploy', 'rollback'),
  of: orNull(isNumber),
  status: oneOf('started', 'succeeded', 'failed', 'rolled-back'),
  service: isText,
  stage: orNull(isText),
  region: isText,
  account: orNull(isText),
  alias: orNull(isText),
  by: withFields({ user: isText, host: isText, run: orNull(isText) }),
  startedAt: isText,
  endedAt: orNull(isText),
  source: orNull(withFields({ commit: isText, dirty: (value) => typeof value === 'boolean' })),
  runtime: isText,
  architecture: oneOf('x86_64', 'arm64'),
  package: orNull(isPackage),
  functions: listOf(
    withFields({
      name: isText,
      handlerName: isText,
      handler: isText,
      before: orNull(isState),
      beforePackage: orNull(isPackage),
      goal: orNull(isText),
      after: orNull(isState),
      status: isText,
    }),
  ),
};

function defectOf(value: unknown): string | null {
  if (!isObject(value)) return 'is not an object';
  if (value['format'] !== 1) return `has format ${JSON.stringify(value['format'])}, expected 1`;
  const wrong = Object.entries(FIELDS).find(([name, check]) => !check(value[name]));
  return wrong === undefined ? null : `has an invalid \`${wrong[0]}\``;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A record as it begins: number and times are the session's. */
export type ReleaseDraft = Omit<
  ReleaseRecord,
  'format' | 'number' | 'status' | 'startedAt' | 'endedAt'
>;

/** The code that callers get. */
export function liveCode({ alias, codeSha256 }: FunctionState): string | null {
  return alias === null ? codeSha256 : alias.codeSha256;
}

/** Whether applying the plan may write anything. */
export function hasChanges(plan: Plan): boolean {
  return plan.functions.some(isChanged);
}

export function releaseDraft(
  plan: Plan,
  { by, prefix, bucket }: { by: ReleaseAuthor; prefix: string; bucket: string },
): ReleaseDraft {
  /** Where some code is, if it is a package of this service: the digest is the key. */
  const packageOf = (sha256: string | null | undefined): PackageReference | null =>
    sha256
      ? { sha256, bucket, key: packageKey(prefix, plan.service, sha256), versionId: null }
      : null;
  return {
    kind: plan.kind === 'back' ? 'rollback' : 'deploy',
    of: plan.kind === 'back' ? plan.of : null,
    ...releaseFacts(plan),
    by,
    functions: plan.functions.map((one) => {
      const goal = plan.kind === 'back' ? plan.goals.get(one.name) : undefined;
      return {
        ...identityOf(one),
        before: one.before,
        beforePackage: packageOf(one.before?.codeSha256),
        goal: goal === undefined ? (one.package?.sha256 ?? null) : liveCode(goal),
        after: null,
        status: 'pending',
      };
    }),
  };
}

/** The rows of a record at its end. */
export function endedFunctions(
  rows: readonly RecordedFunction[],
  outcomes: readonly FunctionOutcome[],
): RecordedFunction[] {
  const ended = new Map(outcomes.map((one) => [one.name, one]));
  return rows.map((row) => {
    const outcome = ended.get(row.name);
    if (outcome === undefined) return { ...row, status: 'skipped' };
    const { status, error, pinned, after = null } = outcome;
    const { before } = row;
    const alias = before?.alias && pinned !== undefined && { ...before.alias, version: pinned };
    return {
      ...row,
      ...(before && alias && { before: { ...before, alias } }),
      status,
      after,
      ...(error === undefined ? {} : { error }),
    };
  });
}
