/** What a plan looks like in the record of its release. */

import type { AwsOperation, AwsResult } from '../model/aws-failure';
import type { FunctionService } from '../calls/function-service';
import type { FunctionState } from '../model/function-state';
import type { LockKeeper } from './lock-keeper';
import type { FunctionOutcome } from '../model/outcome';
import { packageKey } from '../upload/package-object';
import { isChanged, type Plan } from '../plan/plan';
import type { RecordedFunction, ReleaseAuthor } from './record';
import { endedFunction, liveCode, packageOfCode, type ReleaseDraft } from './release-session';

export interface DraftFacts {
  by: ReleaseAuthor;
  prefix: string;
  bucket: string;
  /** Of a rollback: the release that it is about, and what each function shall run. */
  rollback?: { of: number; goals: ReadonlyMap<string, FunctionState> };
}

/** Whether applying the plan may write anything. */
export function hasChanges(plan: Plan): boolean {
  return plan.functions.some(isChanged);
}

export function releaseDraft(
  plan: Plan,
  { by, prefix, bucket, rollback }: DraftFacts,
): ReleaseDraft {
  const keyOf = (sha256: string) => packageKey(prefix, plan.service, sha256);
  return {
    kind: rollback === undefined ? 'deploy' : 'rollback',
    of: rollback?.of ?? null,
    service: plan.service,
    stage: plan.stage,
    region: plan.region,
    account: plan.accounts[0] ?? null,
    alias: plan.alias,
    by,
    source: plan.source,
    runtime: plan.runtime,
    architecture: plan.architecture,
    package: rollback === undefined ? plan.package : null,
    functions: plan.functions.map((one) => {
      const goal = rollback?.goals.get(one.name);
      return {
        name: one.name,
        handlerName: one.handlerName,
        handler: one.handler,
        before: one.before,
        beforePackage: packageOfCode(one.before?.codeSha256 ?? null, { bucket, keyOf }),
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
    const after = outcome?.after ?? null;
    return endedFunction(row, outcome, after);
  });
}

/** Every write asks first whether the lock is still ours; with a lost one it would race another deploy. */
export function guardedFunctions(
  functions: FunctionService,
  lock: Pick<LockKeeper, 'check'>,
): FunctionService {
  const guarded = async <T>(
    operation: AwsOperation,
    write: () => Promise<AwsResult<T>>,
  ): Promise<AwsResult<T>> => {
    const failure = await lock.check();
    return failure === null ? write() : { ok: false, failure: { ...failure, operation } };
  };
  return {
    get: (name, qualifier) => functions.get(name, qualifier),
    invoke: (name, payload, qualifier) => functions.invoke(name, payload, qualifier),
    codeStorage: () => functions.codeStorage(),
    aliasWeights: (name, alias) => functions.aliasWeights(name, alias),
    updateCode: (update) => guarded('UpdateFunctionCode', () => functions.updateCode(update)),
    updateLayers: (update) =>
      guarded('UpdateFunctionConfiguration', () => functions.updateLayers(update)),
    publish: (name, sha256) => guarded('PublishVersion', () => functions.publish(name, sha256)),
    createAlias: (alias) => guarded('CreateAlias', () => functions.createAlias(alias)),
    updateAlias: (alias) => guarded('UpdateAlias', () => functions.updateAlias(alias)),
    create: (request) => guarded('CreateFunction', () => functions.create(request)),
  };
}
