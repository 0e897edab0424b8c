/** Fakes for the specs of release: time that runs at will, functions and objects that fail on demand. */

import type { AwsFailure, AwsFailureKind, AwsOperation, AwsResult } from './aws-failure';
import type { Clock } from './clock';
import type {
  AliasUpdate,
  CodeUpdate,
  CreateRequest,
  FunctionService,
  Invocation,
  LayersUpdate,
  RemoteFunction,
} from './function-service';
import type { ObjectStorage, PutRequest, StoredObject } from './object-storage';
import { stateOf, type Plan, type PlannedFunction, type PlanStatus, type PlanTarget } from './plan';

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

export function planOf(functions: PlannedFunction[], more: Partial<Plan> = {}): Plan {
  return {
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

/** What one write does: a failure, before or after the code has arrived, or an update that ends so. */
export type WriteScript =
  { fails: AwsFailure; landed?: boolean } | { ends: 'Successful' | 'Failed'; afterReads?: number };

/** Lambda in memory: each function's writes follow its script, then succeed at once. */
export class FakeFunctions implements FunctionService {
  readonly states = new Map<string, RemoteFunction>();
  readonly updates: CodeUpdate[] = [];
  readonly updateTimes: number[] = [];
  readonly creations: CreateRequest[] = [];
  /** Every write and invocation, in order. */
  readonly log: string[] = [];
  readonly aliases = new Map<string, AliasUpdate>();
  readonly answers = new Map<string, Invocation>();
  /** By key, where it is not the new one's. */
  readonly packages = new Map<string, string>();
  /** Digests of the code of each version. */
  readonly versions = new Map<string, string[]>();
  private readonly scripts = new Map<string, WriteScript[]>();
  private readonly reads = new Map<string, AwsFailure[]>();
  private readonly pending = new Map<string, { left: number; ends: 'Successful' | 'Failed' }>();
  private readonly writing = new Set<string>();

  constructor(
    private readonly clock: Clock,
    states: readonly RemoteFunction[],
  ) {
    for (const state of states) this.states.set(state.name, state);
  }

  script(name: string, ...scripts: WriteScript[]): this {
    this.scripts.set(name, scripts);
    return this;
  }

  failReads(name: string, ...failures: AwsFailure[]): this {
    this.reads.set(name, failures);
    return this;
  }

  /** An update of somebody else that ends after so many reads. */
  occupy(name: string, reads: number): this {
    this.pending.set(name, { left: reads, ends: 'Successful' });
    this.change(name, { lastUpdateStatus: 'InProgress' });
    return this;
  }

  async get(name: string): Promise<AwsResult<RemoteFunction>> {
    await this.clock.sleep(10);
    const failed = this.reads.get(name)?.shift();
    if (failed) return { ok: false, failure: failed };
    const pending = this.pending.get(name);
    if (pending && (pending.left -= 1) <= 0) {
      this.pending.delete(name);
      this.change(name, { lastUpdateStatus: pending.ends, lastUpdateStatusReason: 'as scripted' });
    }
    const state = this.states.get(name);
    if (!state) return { ok: false, failure: failure('not-found', 'GetFunction') };
    return { ok: true, value: state };
  }

  async updateCode(update: CodeUpdate): Promise<AwsResult<RemoteFunction>> {
    const { name } = update;
    this.updates.push(update);
    this.updateTimes.push(this.clock.now());
    const sha256 = this.packages.get(update.key) ?? NEW_SHA;
    return this.write(`code ${name}`, name, () => ({
      codeSha256: sha256,
      storageMode: update.storageMode,
    }));
  }

  async updateLayers({ name, layers }: LayersUpdate): Promise<AwsResult<RemoteFunction>> {
    return this.write(`layers ${name}`, name, () => ({ layers }));
  }

  async create(request: CreateRequest): Promise<AwsResult<RemoteFunction>> {
    const { name, handler, layers } = request;
    this.creations.push(request);
    const made = remoteFunction(name, { handler, layers, codeSha256: NEW_SHA });
    return this.write(`create ${name}`, name, () => made);
  }

  async publish(name: string, codeSha256: string): Promise<AwsResult<RemoteFunction>> {
    this.log.push(`publish ${name}`);
    return this.answer(name, () => {
      const state = this.states.get(name);
      if (state?.codeSha256 !== codeSha256) return failure('precondition', 'PublishVersion');
      const versions = this.versions.get(name) ?? [];
      if (versions.at(-1) !== codeSha256) versions.push(codeSha256);
      this.versions.set(name, versions);
      return { ...state, version: String(versions.length) };
    });
  }

  createAlias(alias: AliasUpdate): Promise<AwsResult<undefined>> {
    this.log.push(`create alias ${alias.name}`);
    return this.answer(alias.name, () => {
      if (this.aliases.has(alias.name)) return failure('conflict', 'CreateAlias');
      this.aliases.set(alias.name, alias);
      return undefined;
    });
  }

  updateAlias(alias: AliasUpdate): Promise<AwsResult<undefined>> {
    this.log.push(`update alias ${alias.name}`);
    return this.answer(alias.name, () => {
      this.aliases.set(alias.name, alias);
      return undefined;
    });
  }

  async invoke(name: string, payload: string, qualifier?: string): Promise<AwsResult<Invocation>> {
    this.log.push(`invoke ${name}${qualifier === undefined ? '' : `:${qualifier}`} ${payload}`);
    return { ok: true, value: this.answers.get(name) ?? { payload: 'null' } };
  }

  async codeStorage(): Promise<AwsResult<{ limit: number; used: number }>> {
    return { ok: true, value: { limit: 300e9, used: 0 } };
  }

  /** A call that has a script of its own, or is carried out. */
  private async answer<T>(name: string, work: () => T | AwsFailure): Promise<AwsResult<T>> {
    await this.clock.sleep(50);
    const script = this.scripts.get(name)?.shift();
    if (script && 'fails' in script && !script.landed) return { ok: false, failure: script.fails };
    const done = work();
    if (isFailure(done)) return { ok: false, failure: done };
    if (script && 'fails' in script) return { ok: false, failure: script.fails };
    return { ok: true, value: done };
  }

  private async write(
    entry: string,
    name: string,
    changes: () => Partial<RemoteFunction>,
  ): Promise<AwsResult<RemoteFunction>> {
    if (this.writing.has(name)) throw new Error(`two writes in flight on ${name}`);
    this.log.push(entry);
    this.writing.add(name);
    await this.clock.sleep(50);
    this.writing.delete(name);
    if (this.states.get(name)?.lastUpdateStatus === 'InProgress') {
      return { ok: false, failure: failure('conflict') };
    }
    const script = this.scripts.get(name)?.shift() ?? { ends: 'Successful' as const };
    if ('fails' in script && !script.landed) return { ok: false, failure: script.fails };
    const reads = 'ends' in script ? (script.afterReads ?? 0) : 0;
    const ends = 'ends' in script ? script.ends : 'Successful';
    if (reads > 0) this.pending.set(name, { left: reads, ends });
    const before = this.states.get(name) ?? remoteFunction(name);
    this.states.set(name, {
      ...before,
      ...changes(),
      lastUpdateStatus: reads > 0 ? 'InProgress' : ends,
      ...(ends === 'Failed' && reads === 0 ? { lastUpdateStatusReason: 'as scripted' } : {}),
    });
    if ('fails' in script) return { ok: false, failure: script.fails };
    const state = this.states.get(name);
    return state ? { ok: true, value: state } : { ok: false, failure: failure('not-found') };
  }

  private change(name: string, more: Partial<RemoteFunction>): void {
    const state = this.states.get(name);
    if (state) this.states.set(name, { ...state, ...more });
  }
}

function isFailure(value: unknown): value is AwsFailure {
  return typeof value === 'object' && value !== null && 'kind' in value && 'operation' in value;
}

/** S3 in memory; each operation first uses up the failures that are queued for it. */
export class FakeStorage implements ObjectStorage {
  readonly objects = new Map<string, StoredObject>();
  readonly calls: string[] = [];
  readonly puts: PutRequest[] = [];
  private readonly failures: Record<string, AwsFailure[]> = {};
  /** Runs when a PUT has been refused or lost: what others, or the lost write itself, did meanwhile. */
  afterFailedPut: (request: PutRequest) => void = () => undefined;

  fail(operation: 'HeadBucket' | 'HeadObject' | 'PutObject', ...failures: AwsFailure[]): this {
    this.failures[operation] = failures;
    return this;
  }

  async checkBucket(): Promise<AwsResult<undefined>> {
    return this.answer('HeadBucket', () => undefined);
  }

  async head({ key }: { key: string }): Promise<AwsResult<StoredObject>> {
    const object = this.objects.get(key);
    if (!object && !this.failures['HeadObject']?.length) {
      this.calls.push('HeadObject');
      return { ok: false, failure: failure('not-found', 'HeadObject') };
    }
    return this.answer('HeadObject', () => object ?? {});
  }

  async put(request: PutRequest): Promise<AwsResult<StoredObject>> {
    this.puts.push(request);
    const { key } = request.location;
    if (!this.failures['PutObject']?.length && this.objects.has(key)) {
      this.calls.push('PutObject');
      return { ok: false, failure: failure('precondition', 'PutObject') };
    }
    const answer = this.answer('PutObject', () => {
      const object = { sha256: request.sha256, size: request.size, versionId: 'v1' };
      this.objects.set(key, object);
      return object;
    });
    if (!answer.ok) this.afterFailedPut(request);
    return answer;
  }

  private answer<T>(operation: string, succeed: () => T): AwsResult<T> {
    this.calls.push(operation);
    const failed = this.failures[operation]?.shift();
    return failed ? { ok: false, failure: failed } : { ok: true, value: succeed() };
  }
}
