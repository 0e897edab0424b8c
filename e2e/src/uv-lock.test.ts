/** uv is the judge of how its locks are read: for each runtime, the same packages with the same hashes. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseToml } from '../../packages/nx-lambda-python/src/packaging/requirements/toml';
import { readUvLock } from '../../packages/nx-lambda-python/src/packaging/requirements/uv-lock';
import {
  ARCHITECTURES,
  RUNTIMES,
  type Architecture,
  type Runtime,
} from '../../packages/nx-lambda-python/src/service/runtimes';
import { describeLong } from './support/engine';
import { runDirectory } from './support/run-directory';
import { UV_PROJECTS, writeProject } from './support/uv-projects';

/** The projects require Python 3.11. */
const TARGETS = RUNTIMES.filter(({ python: [, minor] }) => minor >= 11).flatMap((runtime) =>
  ARCHITECTURES.map((architecture) => ({ runtime, architecture })),
);
interface Answer {
  /** That hold in any environment. */
  lines: number;
  differences: unknown[];
}

/** Around those that the projects name. */
const PATCHES = [0, 2, 3, 4, 5, 6, 20];

function environments(runtime: Runtime, architecture: Architecture): Record<string, string>[] {
  const version = runtime.python.join('.');
  return PATCHES.map((patch) => ({
    implementation_name: 'cpython',
    implementation_version: `${version}.${patch}`,
    os_name: 'posix',
    platform_machine: architecture === 'arm64' ? 'aarch64' : 'x86_64',
    platform_python_implementation: 'CPython',
    platform_system: 'Linux',
    python_full_version: `${version}.${patch}`,
    python_version: version,
    sys_platform: 'linux',
    platform_release: '',
    platform_version: '',
  }));
}

describeLong('uv.lock', () => {
  let tools: string;
  const python = (...args: [string[], string?]) =>
    execFileSync(join(tools, 'bin', 'python'), args[0], { input: args[1], encoding: 'utf8' });
  const uv = (cwd: string, ...args: string[]) =>
    execFileSync(join(tools, 'bin', 'uv'), args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        UV_PYTHON: join(tools, 'bin', 'python'),
        UV_PYTHON_DOWNLOADS: 'never',
      },
    });
  let archive = '';

  beforeAll(() => {
    tools = join(runDirectory(), 'uv');
    execFileSync('python3', ['-m', 'venv', tools]);
    python(['-m', 'pip', 'install', '--quiet', 'uv']);
    const directory = create('overrides and constraints', '');
    const lock = readFileSync(join(directory, 'uv.lock'), 'utf8');
    archive = /https:[^"]*\/idna-[^"]*\.whl/.exec(lock)?.[0] ?? '';
  });

  function create(name: string, url: string): string {
    const directory = join(runDirectory(), `uv ${name}`);
    mkdirSync(directory, { recursive: true });
    const project = UV_PROJECTS[name];
    if (!project) throw new Error(`no project ${name}`);
    writeProject(project, directory, url);
    uv(join(directory, project.lockedIn ?? '.'), 'lock', '--quiet');
    return directory;
  }

  it.each(Object.entries(UV_PROJECTS))(
    '%s',
    (name, { service, lockedIn = '.', selections = [] }) => {
      const directory = create(name, archive);
      const path = posix.join(lockedIn, 'uv.lock');
      const lock = parseToml(readFileSync(join(directory, path), 'utf8'), path);
      const compared = [{}, ...selections].flatMap(({ extras = [], groups = [] }) => {
        const exported = uv(
          join(directory, service),
          ...[
            'export',
            '--frozen',
            '--format=requirements-txt',
            '--no-emit-project',
            '--no-header',
          ],
          ...['--no-default-groups', '--no-editable', '--no-annotate', '--quiet'],
          ...extras.map((extra) => `--extra=${extra}`),
          ...groups.map((group) => `--group=${group}`),
        );
        return TARGETS.flatMap((target) => {
          const request = { path, projectRoot: service, target, extras, groups };
          const text = readUvLock(lock, request).join('\n');
          return {
            what: [target.runtime.name, target.architecture, ...extras, ...groups].join(' '),
            uv: { text: exported, base: join(directory, lockedIn) },
            own: { text, base: join(directory, service) },
            environments: environments(target.runtime, target.architecture),
          };
        });
      });
      const script = join(__dirname, 'support', 'compare_lines.py');
      const answers = JSON.parse(python([script], JSON.stringify(compared))) as Answer[];
      expect(answers.flatMap(({ differences }) => differences)).toEqual([]);
      for (const { lines } of answers) expect(lines).toBeGreaterThan(0);
    },
  );
});
