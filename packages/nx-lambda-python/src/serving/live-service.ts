/** One service that is served: its package, the processes that run it, and what edits of its files do to both. */

import { existsSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SourceChangedError, type ServiceFile } from '../packaging/package';
import { hexDigest } from '../packaging/requirements/canonical-json';
import type { SourceCache } from '../packaging/source-cache';
import { putFile } from '../platform/files/trees';
import { attempt } from '../platform/process/attempt';
import type { CallResult, FunctionCall } from '../runtime/function-call';
import type { Runner } from '../runtime/runner';
import { renderError } from '../report/error-text';
import { counted, listed, withoutControls } from '../report/text';
import type { BuildOptions } from '../targets/build-target';
import { BuildInputs, buildDecision } from './build-inputs';
import {
  compareSources,
  readSources,
  sourceDirectories,
  syntaxFaults,
  type LiveSources,
} from './live-sources';

/** A built package that runs. */
export interface RunningPackage {
  /** Absolute; of this process alone: files of the service are replaced in it. */
  task: string;
  /** Names files in the function's output as the workspace has them. */
  show: (text: string) => string;
  runner: Runner;
  /** Ends the processes and removes the tree. */
  close(): Promise<void>;
}

export interface LiveServiceOptions {
  build: BuildOptions;
  /** What the last build learned of the sources. */
  readCache(): { cache: SourceCache } & Disposable;
  /** Builds the package if it is not that of the present sources, and runs it. */
  open(): Promise<RunningPackage>;
  print: Record<'log' | 'error', (text: string) => void>;
}

export class LiveService {
  private inputs: BuildInputs;
  /** Of the package that runs. */
  private decision: string;
  /** Calls of packages that were replaced end in them. */
  private readonly calls = new Map<RunningPackage, number>();
  private refreshing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: LiveServiceOptions,
    private readonly cache: SourceCache,
    private sources: LiveSources,
    private running: RunningPackage,
  ) {
    this.inputs = new BuildInputs(options.build, sources.marker);
    this.decision = buildDecision(options.build, sources.marker);
  }

  /** @throws the codes of `open` and `readSources` */
  static async open(options: LiveServiceOptions): Promise<LiveService> {
    const { build, readCache } = options;
    const running = await options.open();
    try {
      using opened = readCache();
      const { cache } = opened;
      const sources = await readSources(build, cache);
      const service = new LiveService(options, cache, sources, running);
      // What was edited since the build.
      service.write(
        [...sources.files.values()].filter((file) => !holds(running.task, file)),
        [],
      );
      return service;
    } catch (error) {
      await running.close();
      throw error;
    }
  }

  get marker() {
    return this.sources.marker;
  }

  get handlers() {
    return this.sources.handlers;
  }

  /** Absolute; a change in them calls for `refresh`. */
  get directories(): string[] {
    const { workspaceRoot } = this.options.build.service;
    return [...sourceDirectories(workspaceRoot, this.marker), ...this.inputs.directories];
  }

  /** Takes edits over. It prints what they do, and what is wrong with them, and never rejects. */
  refresh(): Promise<void> {
    const { print } = this.options;
    this.refreshing = this.refreshing
      .then(() => this.takeEdits())
      .catch((error: unknown) => {
        // Of files that keep changing, the next change tells.
        if (!(error instanceof SourceChangedError)) print.error(renderError(error));
      });
    return this.refreshing;
  }

  /**
   * Runs the sources as they are when it is called.
   * @param onLog each line that the function writes, with paths of the workspace
   * @throws the codes of `Runner.invoke`
   */
  async invoke(
    call: FunctionCall,
    onLog: (line: string) => void,
  ): Promise<{ result: CallResult; show: RunningPackage['show'] }> {
    await this.refreshing;
    if (!existsSync(this.running.task)) await this.refresh();
    const { running } = this;
    const { runner, show } = running;
    this.count(running, 1);
    try {
      const onLine = (line: string): void => onLog(withoutControls(show(line)));
      return { result: await runner.invoke({ ...call, onLog: onLine }), show };
    } finally {
      this.count(running, -1);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...new Set([this.running, ...this.calls.keys()])].map((one) => one.close()));
  }

  private async takeEdits(): Promise<void> {
    const { build, print } = this.options;
    const before = this.sources;
    const after = await readSources(build, this.cache, before);
    const isReplaced = await this.followInputs(after).catch((error: unknown) => {
      print.error(renderError(error));
      return false;
    });
    this.sources = after;
    if (isReplaced) return;
    const { written, removed, handlers } = compareSources(before, after);
    this.write(written, removed);
    this.running.runner.restart(handlers);
    const faults = await syntaxFaults(written, after.marker);
    for (const fault of faults) print.error(fault);
    const { fault } = after;
    if (fault && fault.message !== before.fault?.message && faults.length === 0) {
      print.error(renderError(fault));
    }
    const names = [...written.map(({ path }) => path), ...removed];
    if (names.length === 0) return;
    const restarted = `${counted(handlers.length, 'handler')} of ${after.handlers.length} restarted`;
    print.log(`changed: ${listed(names, 3)}; ${restarted}`);
  }

  /**
   * Builds the package again if more than files of the service decides otherwise than before, or if what was unpacked
   * is gone; calls that run end in the old one.
   * @throws the codes of a build: the old package then stays, until one of those files is edited
   */
  private async followInputs(after: LiveSources): Promise<boolean> {
    const { build, print, open } = this.options;
    const isGone = !existsSync(this.running.task);
    if (!isGone && !this.inputs.changed()) return false;
    const decision = buildDecision(build, after.marker);
    this.inputs = new BuildInputs(build, after.marker);
    if (!isGone && decision === this.decision) return false;
    print.log(
      isGone
        ? 'the unpacked package was deleted: building it again'
        : 'requirements or settings of the build changed: building the package again',
    );
    this.decision = decision;
    const old = this.running;
    this.running = await open();
    this.write(
      [...after.files.values()].filter((file) => !holds(this.running.task, file)),
      [],
    );
    if (!this.calls.has(old)) await old.close();
    return true;
  }

  private write(written: readonly ServiceFile[], removed: readonly string[]): void {
    const { task } = this.running;
    for (const path of removed) removeFile(task, path);
    for (const file of written) {
      try {
        putFile(task, file.path, file.read(), file);
      } catch (error) {
        // It has gone meanwhile, which is told by the next change.
        if (!(error instanceof SourceChangedError)) throw error;
      }
    }
  }

  private count(running: RunningPackage, step: 1 | -1): void {
    const calls = (this.calls.get(running) ?? 0) + step;
    if (calls > 0) this.calls.set(running, calls);
    else {
      this.calls.delete(running);
      if (running !== this.running) void running.close();
    }
  }
}

function holds(task: string, { path, sha256 }: ServiceFile): boolean {
  return attempt(() => hexDigest(readFileSync(join(task, path)))) === sha256;
}

/** With the directories that it leaves empty: Python would take them for packages. */
function removeFile(task: string, path: string): void {
  rmSync(join(task, path), { force: true });
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    if (attempt(() => (rmdirSync(join(task, parent)), true)) === undefined) return;
  }
}
