/**
 * Services and the packed plugin's executors, each run in a process of its own without Nx around it:
 * fast enough for hundreds of runs, and what is seen is the executor's doing alone.
 */

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BuildManifest } from '../../../packages/nx-lambda-python/src/packaging/manifest';
import { NEWEST } from '../../../tools/nx-versions';
import { NxProcess } from './nx-process';
import { runDirectory, templateDirectory } from './run-directory';
import { HANDLER, MARKER, serviceFiles, type Environment } from './workspace';

const RUN = `
const { executor, options, context } = JSON.parse(process.argv[1]);
require(executor).default(options, context).then(({ success }) => {
  process.exitCode = success ? 0 : 1;
});`;

export interface Run {
  options?: Record<string, unknown>;
  environment?: Environment;
  /** Put before the command, such as what makes it another user's. */
  prefix?: readonly string[];
}

export class BareWorkspace {
  readonly root: string;
  /** The wheel store that builds use unless they are told of another one. */
  readonly cache: string;
  private readonly projects = new Set<string>();

  constructor(
    name: string,
    readonly environment: Environment = {},
  ) {
    this.root = join(runDirectory(), name);
    this.cache = join(this.root, 'cache');
    mkdirSync(this.root, { recursive: true });
  }

  /** A service with one handler. */
  addService(project: string, requirements: string, files: Record<string, string> = {}): void {
    this.projects.add(project);
    this.writeAll(
      serviceFiles(`services/${project}`, MARKER, {
        'app/handlers/a.py': HANDLER,
        'requirements.txt': requirements,
        ...files,
      }),
    );
  }

  writeAll(files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), text);
    }
  }

  /** Starts an executor for a project, in a process group of its own. */
  start(executor: string, project: string, run: Run = {}): NxProcess {
    const { options = {}, environment = {}, prefix = [] } = run;
    const projects = Object.fromEntries(
      [...this.projects].map((name) => [name, { root: `services/${name}` }]),
    );
    const argument = JSON.stringify({
      executor: join(
        templateDirectory(NEWEST.nx),
        `node_modules/nx-lambda-python/src/executors/${executor}.js`,
      ),
      options,
      context: {
        root: this.root,
        projectName: project,
        projectsConfigurations: { version: 2, projects },
      },
    });
    const [file = '', ...args] = [...prefix, process.execPath, '-e', RUN, argument];
    return new NxProcess(
      spawn(file, args, {
        cwd: this.root,
        env: this.fullEnvironment(environment),
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      }),
    );
  }

  /** Builds by pip on this machine unless `options` say otherwise. */
  startBuild(project: string, run: Run = {}): NxProcess {
    const options = { engine: 'host', outputPath: `dist/${project}`, ...run.options };
    return this.start('build', project, { ...run, options });
  }

  async build(project: string, run: Run = {}): Promise<string> {
    const { code, output } = await this.startBuild(project, run).ended;
    if (code !== 0) throw new Error(`the build of ${project} ended with ${code}:\n${output}`);
    return output;
  }

  async failToBuild(project: string, run: Run = {}): Promise<string> {
    const { code, output } = await this.startBuild(project, run).ended;
    if (code === 0) throw new Error(`the build of ${project} succeeded:\n${output}`);
    return output;
  }

  /** SHA-256 of the package on disk, base64, which the manifest has to know. */
  digest(project: string): string {
    const directory = join(this.root, 'dist', project);
    const bytes = readFileSync(join(directory, 'package.zip'));
    const digest = createHash('sha256').update(bytes).digest('base64');
    expect(this.manifest(project).package.sha256).toBe(digest);
    return digest;
  }

  manifest(project: string): BuildManifest {
    const file = join(this.root, 'dist', project, 'manifest.json');
    return JSON.parse(readFileSync(file, 'utf8')) as BuildManifest;
  }

  /** Each mode that a file in the package has, once, octal, by another program's reading of it. */
  modes(project: string): string[] {
    const code =
      'import sys, zipfile; print("\\n".join(sorted({oct(i.external_attr >> 16 & 0o777)[2:] for i in zipfile.ZipFile(sys.argv[1]).infolist()})))';
    const file = join(this.root, 'dist', project, 'package.zip');
    return execFileSync('python3', ['-c', code, file], { encoding: 'utf8' }).trim().split('\n');
  }

  exists(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  /** Files of unfinished work below `directory`: drafts, work directories, locks. */
  leftovers(directory: string): string[] {
    if (!existsSync(directory)) return [];
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /(\.tmp$|^v\d+\/(work|locks)\/)/.test(path),
    );
  }

  private fullEnvironment(own: Environment): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(NX_|NODE_OPTIONS|JEST_|FORCE_COLOR|PIP_)/.test(name),
    );
    return {
      ...Object.fromEntries(inherited),
      NO_COLOR: '1',
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: this.cache,
      // pip's own cache, on this machine.
      XDG_CACHE_HOME: join(this.root, 'user-cache'),
      ...this.environment,
      ...own,
    };
  }
}
