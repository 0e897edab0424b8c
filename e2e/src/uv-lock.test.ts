/** uv is the judge of how its locks are read: for each runtime, the same packages with the same hashes. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseToml } from '../../packages/nx-lambda-python/src/packaging/requirements/toml';
import { readUvLock } from '../../packages/nx-lambda-python/src/packaging/requirements/uv-lock';
import { differences, TARGETS } from './support/compare-lines';
import { describeLong } from './support/engine';
import { runDirectory } from './support/run-directory';
import { UV_PROJECTS, writeProject } from './support/uv-projects';

describeLong('uv.lock', () => {
  let tools: string;
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
    execFileSync(join(tools, 'bin', 'pip'), ['install', '--quiet', 'uv']);
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
        return TARGETS.map((target) => {
          const request = { path, projectRoot: service, target, extras, groups };
          const text = readUvLock(lock, request).join('\n');
          return {
            target,
            selected: [...extras, ...groups],
            tool: { text: exported, base: join(directory, lockedIn) },
            own: { text, base: join(directory, service) },
          };
        });
      });
      expect(differences(compared)).toEqual([]);
    },
  );
});
