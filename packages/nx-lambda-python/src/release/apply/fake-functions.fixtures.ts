/** Lambda for the specs of release: functions that fail, and finish, as they are told to. */

import type { AwsFailure, AwsResult } from '../model/aws-failure';
import type { Clock } from '../model/clock';
import type {
  AliasUpdate,
  CodeUpdate,
  CreateRequest,
  FunctionService,
  Invocation,
  LayersUpdate,
} from '../calls/function-service';
import type { RemoteFunction } from '../model/remote-function';

import type { FunctionOutcome } from '../model/function-state';
import type { DeployPlan } from '../model/plan';
import {
  tokenBucket,
  failure,
  NEW_SHA,
  OLD_SHA,
  planned,
  planOf,
  remoteFunction,
  VirtualClock,
} from '../release.fixtures';
import { applyPlan, type ApplyPorts } from './apply';

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

  async aliasWeights(name: string, alias: string) {
    this.log.push(`weights ${name}:${alias}`);
    return { ok: true, value: this.aliases.get(name)?.weights ?? {} } as const;
  }

  createAlias(alias: AliasUpdate): Promise<AwsResult<unknown>> {
    this.log.push(`create alias ${alias.name}`);
    return this.answer(alias.name, () => {
      if (this.aliases.has(alias.name)) return failure('conflict', 'CreateAlias');
      this.aliases.set(alias.name, alias);
      return undefined;
    });
  }

  updateAlias(alias: AliasUpdate): Promise<AwsResult<unknown>> {
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

/** Functions of seven versions each, and a release of them at the rate of a real one. */
export function bench(names: readonly string[]) {
  const clock = new VirtualClock();
  const functions = new FakeFunctions(
    clock,
    names.map((name) => remoteFunction(name)),
  );
  for (const name of names) functions.versions.set(name, Array<string>(7).fill(OLD_SHA));
  const phases: string[] = [];
  const apply = async (
    plan = names.map((name) => planned(name)),
    more: Partial<DeployPlan> = {},
    ports: Partial<ApplyPorts> = {},
  ): Promise<Record<string, FunctionOutcome>> => {
    const outcomes = await clock.run(
      applyPlan(planOf(plan, more), {
        functions,
        clock,
        random: () => 0.5,
        reads: tokenBucket({ perSecond: 80, burst: 20 }, clock),
        writes: tokenBucket({ perSecond: 12, burst: 2 }, clock),
        waitTimeoutSeconds: 60,
        onPhase: (phase, total) => phases.push(`${phase} ${total}`),
        ...ports,
      }),
    );
    return Object.fromEntries(outcomes.map((one) => [one.name, one]));
  };
  return { clock, functions, phases, apply };
}

function isFailure(value: unknown): value is AwsFailure {
  return typeof value === 'object' && value !== null && 'kind' in value && 'operation' in value;
}
