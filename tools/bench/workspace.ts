/** A workspace for benchmarks: the packed plugin, a service, and both ways to build it. */

import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorkspace, setBuildOptions } from '../fresh-workspace';
import { NEWEST } from '../nx-versions';
import { timed } from './measure';

/** Made by tools/engine. */
export const IMAGE = 'local/lambda-python:3.11';
const OPTIONS = { engine: 'docker', image: IMAGE, network: 'host' };

/** What run-build.cjs and run-release.cjs print. */
export interface ExecutorRun {
  success: boolean;
  milliseconds: number;
  /** Kilobytes. */
  memory: number;
}

export interface Measured {
  seconds: number;
  /** Megabytes at the peak. */
  memory: number;
}

export interface BuiltManifest {
  package: { size: number; unpackedSize: number; sha256: string };
  distributions: { name: string; version: string; sha256: string }[];
}

export class BenchWorkspace {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'nx-lambda-python-bench-')));
  readonly root = join(this.directory, 'workspace');
  readonly store = join(this.directory, 'store');
  private readonly environment = {
    ...process.env,
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    NX_LAMBDA_PYTHON_CACHE_DIRECTORY: this.store,
  };

  constructor() {
    createWorkspace(this.root, NEWEST);
    this.nx('g', 'nx-lambda-python:init');
    setBuildOptions(this.root, OPTIONS);
  }

  /** The executor alone, in a process of its own. */
  build(project: string, more: Record<string, unknown> = {}): Measured {
    const script = join(__dirname, 'run-build.cjs');
    const options = JSON.stringify({ ...OPTIONS, ...more });
    const args = [script, project, `services/${project}`, options];
    const run = JSON.parse(this.run(process.execPath, args)) as ExecutorRun;
    if (!run.success) throw new Error(`the build of ${project} failed`);
    return { seconds: run.milliseconds / 1000, memory: run.memory / 1024 };
  }

  /** Seconds that a whole command of Nx takes. */
  nx(...args: string[]): number {
    return timed(() => this.run(join(this.root, 'node_modules', '.bin', 'nx'), args));
  }

  manifest(project: string): BuiltManifest {
    const file = join(this.root, 'dist', 'services', project, 'manifest.json');
    return JSON.parse(readFileSync(file, 'utf8')) as BuiltManifest;
  }

  /** Adds a line to a file of a service. */
  edit(project: string, file: string): void {
    appendFileSync(join(this.root, 'services', project, file), 'EDITED = 1\n');
  }

  /** Removes what later builds would find in the store. */
  forget(...paths: string[]): void {
    for (const path of paths) {
      rmSync(join(this.store, 'v1', path), { recursive: true, force: true });
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private run(file: string, args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(file, args, {
      cwd: this.root,
      encoding: 'utf8',
      env: this.environment,
    });
    if (status !== 0) throw new Error(`${file} ${args.join(' ')} failed:\n${stdout}${stderr}`);
    return stdout;
  }
}
