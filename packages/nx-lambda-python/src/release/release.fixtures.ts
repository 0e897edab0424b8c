/** For the specs of release: time that runs at will, failures, functions as AWS describes them and as plans do. */

import type { AwsFailure, AwsFailureKind } from './model/aws-failure';
import { memoryRateStore, rateLimiter, type Rate, type RateLimiter } from './calls/rate';
import type { Clock } from './model/clock';
import type { AwsOperation } from './model/permissions';
import type { DeployPlan, PlannedFunction, PlanStatus, PlanTarget } from './model/plan';
import { stateOf, type RemoteFunction } from './model/remote-function';

/** Time passes only while everything waits. */
export class VirtualClock implements Clock {
  private time = 0;
  private sleepers: { at: number; wake: () => void }[] = [];

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => this.sleepers.push({ at: this.time + milliseconds, wake }));
  }

  /** Lets time pass until the work ends. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const end = (): void => void (isDone = true);
    work.then(end, end);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isDone) return work;
      this.sleepers.sort((a, b) => a.at - b.at);
      const next = this.sleepers.shift();
      if (next === undefined) throw new Error('the work waits for something other than the clock');
      this.time = next.at;
      next.wake();
    }
  }
}

/** For this process alone. */
export function tokenBucket(rate: Rate, clock: Clock): RateLimiter {
  return rateLimiter(rate, clock, memoryRateStore());
}

export function failure(
  kind: AwsFailureKind,
  operation: AwsOperation = 'UpdateFunctionCode',
  more: Partial<AwsFailure> = {},
): AwsFailure {
  return { kind, operation, name: `Fake-${kind}`, message: `made ${kind}`, ...more };
}

export const OLD_SHA = Buffer.alloc(32, 1).toString('base64');
export const NEW_SHA = Buffer.alloc(32, 2).toString('base64');

export const TARGET: PlanTarget = {
  runtime: 'python3.13',
  architecture: 'arm64',
  storageMode: 'COPY',
  alias: null,
  aliasWeight: null,
  layer: null,
  package: { sha256: NEW_SHA, bucket: 'packages', key: 'p/svc/2.zip', versionId: 'v1' },
};

export function remoteFunction(name: string, more: Partial<RemoteFunction> = {}): RemoteFunction {
  return {
    name,
    arn: `arn:aws:lambda:eu-west-1:111122223333:function:${name}`,
    runtime: TARGET.runtime,
    handler: `svc.handlers.${name}.handler`,
    architecture: TARGET.architecture,
    packageType: 'Zip',
    layers: [],
    codeSha256: OLD_SHA,
    storageMode: 'COPY',
    revisionId: 'r0',
    state: 'Active',
    lastUpdateStatus: 'Successful',
    ...more,
  };
}

export function planned(name: string, status: PlanStatus = 'update'): PlannedFunction {
  const isThere = status !== 'missing';
  return {
    name,
    handlerName: name,
    handler: `svc.handlers.${name}.handler`,
    status,
    detail: null,
    package: TARGET.package,
    layers: { kind: 'keep' },
    storageMode: TARGET.storageMode,
    before: isThere ? stateOf(remoteFunction(name)) : null,
    revisionId: isThere ? 'r0' : null,
    aliasTo: null,
    aliasCode: null,
    creates: false,
  };
}

export function planOf(functions: PlannedFunction[], more: Partial<DeployPlan> = {}): DeployPlan {
  return {
    kind: 'deploy',
    service: 'svc',
    stage: null,
    region: 'eu-west-1',
    accounts: ['111122223333'],
    source: null,
    ...TARGET,
    functions,
    ...more,
  };
}
