/** Which published versions of functions can go: pure, so that what is kept can be proven. */

import { LambdaPythonError } from '../../errors';
import { listed } from '../../report/text';
import { otherAccount } from '../plan/plan';
import type { AwsResult } from '../model/aws-failure';
import { storedBytes } from '../apply/code-storage';
import type { ReleaseRecord } from '../records/record';

export interface PublishedVersion {
  /** A number in digits; `$LATEST` is never among them. */
  version: string;
  /** Bytes of its zip. */
  size: number;
  /** Base64. */
  codeSha256: string | null;
  /** Executions may run on it for a year. */
  isDurable?: true;
}

export interface FunctionAlias {
  name: string;
  /** What it points to, also by weight; may be `$LATEST`. */
  versions: string[];
}

export interface VersionsPage {
  /** Of the function; absent where AWS left it out. */
  arn?: string;
  versions: PublishedVersion[];
  /** Where the next page begins. */
  marker?: string;
}

interface AliasesPage {
  aliases: FunctionAlias[];
  marker?: string;
}

/** A page for each call: every one of them takes from the same 15 a second as the writes of deploys. */
export interface VersionService {
  listVersions(name: string, marker?: string): Promise<AwsResult<VersionsPage>>;
  listAliases(name: string, marker?: string): Promise<AwsResult<AliasesPage>>;
  /** Whether a durable execution runs on that version. */
  hasRunningExecution(name: string, version: string): Promise<AwsResult<boolean>>;
  /** `conflict` where an alias points to it. */
  deleteVersion(name: string, version: string): Promise<AwsResult<unknown>>;
}

/** What was read of one function. */
export interface FunctionVersions {
  /** In AWS. */
  name: string;
  account: string | null;
  /** In any order. */
  versions: readonly PublishedVersion[];
  /** Empty if they were not read, because all of so few versions are kept. */
  aliases: readonly FunctionAlias[];
}

export interface PlannedVersion extends PublishedVersion {
  status: 'delete' | 'keep';
  /** Why it is kept: `newest 5`, `alias live`, `release 12 (prod)`. */
  reasons: string[];
}

export interface VersionedFunction {
  name: string;
  /** The newest last. */
  versions: PlannedVersion[];
}

interface VersionScope {
  service: string;
  region: string;
  /** How many of the newest versions, and of the newest releases of each stage. */
  keep: number;
}

export interface VersionPlan extends VersionScope {
  accounts: string[];
  functions: VersionedFunction[];
  /** Functions that do not exist. */
  missing: string[];
  /** Bytes of what is to be deleted. */
  bytes: number;
}

/** The newest records of one stage. */
export interface StageRecords {
  /** As its folder is named. */
  stage: string;
  records: readonly ReleaseRecord[];
}

export interface VersionFacts extends VersionScope {
  /** By name; null where does not exist. */
  functions: ReadonlyMap<string, FunctionVersions | null>;
  stages: readonly StageRecords[];
}

/** Kept: the newest ones, what aliases point to, and what a rollback to one of those records would point them to. */
export function planVersions({ functions, stages, ...scope }: VersionFacts): VersionPlan {
  const recorded = recordedVersions(stages);
  const found = [...functions.values()].filter((one) => one !== null);
  const planned = found.map((one) => planFunction(one, scope.keep, recorded.get(one.name)));
  const missing = [...functions].filter(([, one]) => one === null).map(([name]) => name);
  const accounts = [...new Set(found.flatMap(({ account }) => account ?? []))].sort();
  const bytes = storedBytes(planned.flatMap(versionsToDelete));
  return { ...scope, accounts, functions: planned, missing, bytes };
}

export function versionsToDelete({ versions }: VersionedFunction): PlannedVersion[] {
  return versions.filter(({ status }) => status === 'delete');
}

/** What forbids every deletion. */
export function versionPlanError(
  plan: VersionPlan,
  accountId: string | undefined,
): LambdaPythonError | null {
  const elsewhere = otherAccount(plan.accounts, accountId, 'deleted');
  if (elsewhere !== null) return elsewhere;
  if (plan.functions.length > 0 || plan.missing.length === 0) return null;
  return new LambdaPythonError('FUNCTION_MISSING', {
    message: `none of the ${plan.missing.length} functions exists in ${plan.region}: ${listed(plan.missing, 5)}; nothing was deleted`,
    hint: 'correct region, profile, stage or `functionName`: they come from the deploy target of the same configuration (`-c`)',
  });
}

function planFunction(
  { name, versions, aliases }: FunctionVersions,
  keep: number,
  recorded: ReadonlyMap<string, string[]> | undefined,
): VersionedFunction {
  // Numbers in digits of any length.
  const sorted = [...versions].sort(
    ({ version: a }, { version: b }) => a.length - b.length || (a < b ? -1 : 1),
  );
  const firstKept = sorted.length - keep;
  return {
    name,
    versions: sorted.map((one, index) => {
      const reasons = [
        ...(index >= firstKept ? [`newest ${keep}`] : []),
        ...aliases
          .filter((alias) => alias.versions.includes(one.version))
          .map((alias) => `alias ${alias.name}`),
        ...(recorded?.get(one.version) ?? []),
      ];
      return { ...one, status: reasons.length > 0 ? 'keep' : 'delete', reasons };
    }),
  };
}

/** By function and version: the releases that found it live, or made it so. */
function recordedVersions(stages: readonly StageRecords[]): Map<string, Map<string, string[]>> {
  const byFunction = new Map<string, Map<string, string[]>>();
  for (const { stage, records } of stages) {
    for (const { number, functions } of records) {
      for (const { name, before, after } of functions) {
        const versions = new Set([before, after].flatMap((state) => state?.alias?.version ?? []));
        const byVersion = byFunction.get(name) ?? new Map<string, string[]>();
        byFunction.set(name, byVersion);
        for (const version of versions) {
          const reasons = byVersion.get(version) ?? [];
          byVersion.set(version, [...reasons, `release ${number} (${stage})`]);
        }
      }
    }
  }
  return byFunction;
}
