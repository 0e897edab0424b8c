/** A fresh workspace of a suite, and Nx in it as a user calls it. */

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BuildManifest } from '../../../packages/nx-lambda-python/src/packaging/manifest';
import { createWorkspace } from '../../../tools/fresh-workspace';
import { NEWEST, type NxVersion } from '../../../tools/nx-versions';
import { runDirectory, templateDirectory } from './run-directory';

export interface NxResult {
  code: number | null;
  /** Both streams. */
  output: string;
}

/** Values laid over this process's environment; undefined removes a variable. */
export type Environment = Record<string, string | undefined>;

type Executor = 'build' | 'upload' | 'deploy';

/** Of a service with one handler. */
export const MARKER = 'package = "app"\nruntime = "python3.11"\n';
export const HANDLER = 'def handler(event, context):\n    return {}\n';

/** Returns what was said. */
export function expectFailure({ code, output }: NxResult, words: readonly string[]): string {
  for (const word of words) expect(output).toContain(word);
  expect(code).not.toBe(0);
  return output;
}

export class Workspace {
  readonly root: string;
  environment: Environment = {};
  private readonly template: string;
  private readonly isLikeUsers: boolean;

  /**
   * @param version where Nx itself counts: plugins then have processes of their own, as by default, which takes
   * each command as long again
   */
  constructor(name: string, version?: NxVersion) {
    const installed = version ?? NEWEST;
    this.isLikeUsers = version !== undefined;
    this.root = join(runDirectory(), name);
    this.template = templateDirectory(installed.nx);
    makeOnce(this.template, (draft) => createWorkspace(draft, installed));
    // Nobody writes into what is installed: links to its files are made in a tenth of the time of copies.
    mkdirSync(this.root);
    execFileSync('cp', ['-al', join(this.template, 'node_modules'), this.root]);
    copyOwnFiles(this.template, this.root);
  }

  /** Runs `nx <args>` to its end. */
  nx(args: readonly string[], environment: Environment = {}): NxResult {
    const { status, stdout, stderr } = spawnSync(this.nxBinary, args, {
      cwd: this.root,
      encoding: 'utf8',
      env: this.fullEnvironment(environment),
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: status, output: `${stdout}${stderr}` };
  }

  /** Runs `nx <args>` and throws unless it succeeds. */
  succeed(args: readonly string[], environment: Environment = {}): string {
    const { code, output } = this.nx(args, environment);
    if (code !== 0) throw new Error(`nx ${args.join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  /** Starts `nx <args>` in a process group of its own, as a terminal would, so that it can be interrupted. */
  start(args: readonly string[], environment: Environment = {}): ChildProcess {
    return spawn(this.nxBinary, args, {
      cwd: this.root,
      env: this.fullEnvironment(environment),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  }

  /** Runs `nx <args>`, which fails and says all of these; returns what it says. */
  fail(args: readonly string[], words: readonly string[], environment: Environment = {}): string {
    return expectFailure(this.nx(args, environment), words);
  }

  /** Registers the plugin, writes these files, and sets options of its executors for the whole workspace. */
  init(
    files: Record<string, string> = {},
    defaults: Partial<Record<Executor, Record<string, unknown>>> = {},
  ): this {
    this.generate('nx-lambda-python:init');
    this.writeAll(files);
    for (const [executor, options] of Object.entries(defaults)) {
      this.setDefaults(executor as Executor, options);
    }
    return this;
  }

  /** Generates the service `orders`, for Python 3.11, which needs these distributions. */
  generateOrders(requirements: string, build: Record<string, unknown>): this {
    this.generate(
      ...['nx-lambda-python:project', 'services/orders', '--name=orders', '--package=orders'],
      '--runtime=python3.11',
    );
    this.write('services/orders/requirements.txt', requirements);
    this.setDefaults('build', build);
    return this;
  }

  /** Runs a generator in the workspace as it was installed: once for all suites that want the same. */
  private generate(...args: string[]): void {
    const kept = `${this.template}-${createHash('sha256').update(args.join(' ')).digest('hex')}`;
    makeOnce(kept, (draft) => {
      this.succeed(['g', ...args, '--no-interactive']);
      mkdirSync(draft);
      copyOwnFiles(this.root, draft);
    });
    copyOwnFiles(kept, this.root);
  }

  write(path: string, content: string | Buffer): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  writeAll(files: Record<string, string | Buffer>): void {
    for (const [path, content] of Object.entries(files)) this.write(path, content);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  /** Sets the options of an executor for the whole workspace. */
  setDefaults(executor: Executor, options: Record<string, unknown>): void {
    const nxJson = JSON.parse(this.read('nx.json')) as { targetDefaults?: Record<string, unknown> };
    nxJson.targetDefaults = {
      ...nxJson.targetDefaults,
      [`nx-lambda-python:${executor}`]: { options },
    };
    this.write('nx.json', JSON.stringify(nxJson, null, 2));
  }

  /** Gives an inferred target another name, in the plugin's options. */
  renameTarget(key: string, name: string): void {
    const nxJson = JSON.parse(this.read('nx.json')) as object;
    const plugins = [{ plugin: 'nx-lambda-python', options: { [key]: name } }];
    this.write('nx.json', JSON.stringify({ ...nxJson, plugins }, null, 2));
  }

  manifest(projectRoot: string): BuildManifest {
    return JSON.parse(this.read(`dist/${projectRoot}/manifest.json`)) as BuildManifest;
  }

  /** SHA-256 of the package on disk, base64. */
  packageDigest(projectRoot: string): string {
    const bytes = readFileSync(join(this.root, 'dist', projectRoot, 'package.zip'));
    return createHash('sha256').update(bytes).digest('base64');
  }

  /** Paths in the package, by another program's reading of it. */
  packagePaths(projectRoot: string): string[] {
    const code = 'import sys, zipfile; print("\\n".join(zipfile.ZipFile(sys.argv[1]).namelist()))';
    const file = join(this.root, 'dist', projectRoot, 'package.zip');
    const { stdout } = spawnSync('python3', ['-c', code, file], { encoding: 'utf8' });
    return stdout.trim().split('\n');
  }

  private get nxBinary(): string {
    return join(this.root, 'node_modules', '.bin', 'nx');
  }

  /** What nx gets: this process's environment without what would decide tests, and with the suites' store. */
  fullEnvironment(own: Environment): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(NX_|AWS_|NODE_OPTIONS|JEST_|FORCE_COLOR|GITHUB_STEP_SUMMARY)/.test(name),
    );
    return {
      ...Object.fromEntries(inherited),
      CI: 'true',
      NX_DAEMON: 'false',
      NX_TUI: 'false',
      NX_NO_CLOUD: 'true',
      NX_ISOLATE_PLUGINS: String(this.isLikeUsers),
      NO_COLOR: '1',
      // Suites share what pip resolved, as the services of a user do.
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: join(runDirectory(), 'store'),
      // Nothing of this machine's AWS configuration.
      AWS_CONFIG_FILE: join(runDirectory(), 'no-aws-config'),
      AWS_SHARED_CREDENTIALS_FILE: join(runDirectory(), 'no-aws-credentials'),
      AWS_EC2_METADATA_DISABLED: 'true',
      ...this.environment,
      ...own,
    };
  }
}

/** Whole or absent: suites that run side by side may want the same directory. */
function makeOnce(directory: string, make: (draft: string) => void): void {
  if (existsSync(directory)) return;
  const draft = `${directory}.${process.pid}`;
  make(draft);
  try {
    renameSync(draft, directory);
  } catch (error) {
    // Another suite was faster.
    if (!existsSync(directory)) throw error;
    rmSync(draft, { recursive: true });
  }
}

/** All but what is installed, and what Nx keeps for itself. */
function copyOwnFiles(from: string, to: string): void {
  const filter = (path: string) => !['node_modules', '.nx'].includes(basename(path));
  cpSync(from, to, { recursive: true, filter });
}

/** A service's files without the generators: pyproject.toml with this marker, and more. */
export function serviceFiles(
  root: string,
  marker: string,
  files: Record<string, string>,
): Record<string, string> {
  const inRoot = Object.entries(files).map(([path, text]) => [`${root}/${path}`, text]);
  return {
    [`${root}/pyproject.toml`]: `[tool.nx-lambda-python]\n${marker}`,
    [`${root}/project.json`]: JSON.stringify({ name: root.split('/').at(-1) }),
    [`${root}/requirements.txt`]: '',
    ...Object.fromEntries(inRoot),
  };
}
