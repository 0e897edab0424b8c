/** What a release is about to do, function by function. */

import type { Architecture } from '../../service/runtimes';
import type {
  DesiredFunction,
  FunctionState,
  PackageReference,
  StorageMode,
} from './function-state';

/**
 * - unchanged: runs this package already, or another one in which its code is the same
 * - update: runs another package
 * - missing: does not exist
 * - mismatch: cannot run this package as it is configured
 * - busy: an update is under way; deploy waits for it and looks again
 * - failed: its last update failed; deploy updates it again
 */
export type PlanStatus = 'unchanged' | 'update' | 'missing' | 'mismatch' | 'busy' | 'failed';

/** The detail of a function that keeps another package than the one to deploy: that of its goal. */
export const SAME_CODE = 'same code';

/** In the order of tables: what needs attention comes last, where the eye is. */
export const PLAN_STATUSES: readonly PlanStatus[] = [
  'unchanged',
  'update',
  'busy',
  'failed',
  'missing',
  'mismatch',
];

/** What every function is to run. */
export interface PlanTarget {
  runtime: string;
  architecture: Architecture;
  package: PackageReference;
  storageMode: StorageMode;
  /** Versions are published and this alias is moved to them; null changes $LATEST alone. */
  alias: string | null;
  /** Share of the alias' calls that the new version gets, where not all. */
  aliasWeight: number | null;
  /** The dependencies, where they are in a layer. */
  layer: PlannedLayer | null;
}

export interface PlannedLayer {
  name: string;
  /** Of the version that has this content; null until it is published. */
  arn: string | null;
  package: PackageReference;
}

export interface PlannedFunction extends DesiredFunction, FunctionGoal {
  status: PlanStatus;
  /** Why, where the status alone does not say it. */
  detail: string | null;
  /** Null where it does not exist. */
  before: FunctionState | null;
  /** Where its name comes from: `functionName`, `functions table`, or file and key. */
  namedBy?: string;
  /** Of the state that the plan was made from. */
  revisionId: string | null;
  /** As it was there; new code keeps it. */
  sourceKmsKeyArn?: string | null;
  /** The version that its alias is to point to; null: the one that this release publishes. */
  aliasTo: string | null;
  /** Base64: the code of that version. */
  aliasCode: string | null;
  /** It is missing, and will be created. */
  creates: boolean;
}

/** What the package was built from, as far as git knows. */
export interface PlanSource {
  /** Full SHA. */
  commit: string;
  /** Whether the working copy differed from it. */
  dirty: boolean;
}

/** What a plan, its report and its record say alike. */
export interface ReleaseFacts {
  service: string;
  stage: string | null;
  region: string;
  account: string | null;
  /** The commit that was deployed; null outside of git. */
  source: PlanSource | null;
  runtime: string;
  architecture: string;
  /** Null where functions get packages of their own, as in a rollback. */
  package: PackageReference | null;
  /** The alias that callers use; null where $LATEST itself was changed. */
  alias: string | null;
}

export function releaseFacts(plan: Plan): ReleaseFacts {
  const { service, stage, region, accounts, source, runtime, architecture, alias } = plan;
  const account = accounts[0] ?? null;
  const built = { source, runtime, architecture, package: plan.package };
  return { service, stage, region, account, ...built, alias };
}

interface PlanFacts extends Pick<ReleaseFacts, 'service' | 'stage' | 'region'> {
  /** The accounts that the functions' ARNs name; that of the credentials where no function exists yet. */
  accounts: string[];
  /** Sorted by name. */
  functions: PlannedFunction[];
}

/** All functions get one package, but those that run another one with the same code for them and keep it. */
export interface DeployPlan extends PlanFacts, PlanTarget {
  kind: 'deploy';
  /** Null outside of git. */
  source: PlanSource | null;
}

/** Each function goes back to what a record says that it ran. */
export interface BackPlan extends PlanFacts, Omit<PlanTarget, 'package'> {
  kind: 'back';
  /** The release that is undone, or gone back to. */
  of: number;
  /** `undo release 12`, `back to release 9` */
  description: string;
  /** By function name. */
  goals: ReadonlyMap<string, FunctionState>;
  source: null;
  package: null;
  aliasWeight: null;
  layer: null;
}

export type Plan = DeployPlan | BackPlan;

/** What a function is to run. */
export interface FunctionGoal {
  /** Null where the code stays: an alias alone is moved. */
  package: PackageReference | null;
  layers: LayersGoal;
  storageMode: StorageMode;
}

/** Unchanged; with one version in place of any other of the same layer; without one layer; or exactly these. */
export type LayersGoal =
  | { kind: 'keep' }
  /** The ARN is null until the layer is published. */
  | { kind: 'attach'; arn: string | null }
  /** The ARN of the layer, without a version. */
  | { kind: 'detach'; layer: string }
  | { kind: 'exactly'; arns: readonly string[] };

/** Whether a function is written to. */
export function isChanged({
  status,
  creates,
}: Pick<PlannedFunction, 'status' | 'creates'>): boolean {
  return creates || status === 'update' || status === 'busy' || status === 'failed';
}

/** Its code and layers stay as they are. */
export function movesAliasOnly({
  package: source,
  layers,
}: Pick<PlannedFunction, 'package' | 'layers'>): boolean {
  return source === null && layers.kind === 'keep';
}

/** `111122223333/eu-west-1`, or only the region while no function shows the account. */
export function placeOf({ accounts, region }: Plan): string {
  return accounts.length === 0 ? region : `${accounts.join('+')}/${region}`;
}
