/** Poetry is the judge of how its locks are read: for each runtime, the same packages with the same hashes. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPoetryLock } from '../../packages/nx-lambda-python/src/packaging/requirements/poetry-lock';
import { parseToml } from '../../packages/nx-lambda-python/src/packaging/requirements/toml';
import { differences, TARGETS } from './support/compare-lines';
import { describeLong } from './support/engine';
import { POETRY_PROJECTS, writePoetryProject } from './support/poetry-projects';
import { publicIndex } from './support/package-index';
import { runDirectory } from './support/run-directory';

/** Each writes another format, and reads its own best. */
const VERSIONS = [
  {
    packages: ['poetry>=2', 'poetry-plugin-export'],
    format: '2.1',
    source: 'priority = "primary"',
  },
  { packages: ['poetry==1.8.5'], format: '2.0', source: 'priority = "primary"' },
  { packages: ['poetry==1.2.2'], format: '1.1', source: 'default = true' },
];

describeLong.each(VERSIONS)('poetry.lock $format', ({ packages, format, source }) => {
  const tools = join(runDirectory(), `poetry ${format}`);
  const poetry = (cwd: string, ...args: string[]) =>
    execFileSync(join(tools, 'bin', 'poetry'), [...args, '--no-interaction'], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, POETRY_CACHE_DIR: join(tools, 'cache') },
    });

  beforeAll(() => {
    execFileSync('python3', ['-m', 'venv', tools]);
    execFileSync(join(tools, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages]);
  });

  const projects = Object.entries(POETRY_PROJECTS).filter(
    ([, { formats }]) => formats?.includes(format) ?? true,
  );
  it.each(projects)('%s', (name, project) => {
    // Poetry does not quote the URL of a repository.
    const directory = join(runDirectory(), `poetry-${format}-${name}`.replace(/[^\w.-]+/g, '-'));
    mkdirSync(directory);
    const index = `url = "${publicIndex()}/"\n${source}`;
    const service = writePoetryProject(project, directory, index);
    poetry(service, 'lock', '--quiet');
    const read = (file: string) => parseToml(readFileSync(join(service, file), 'utf8'), file);
    const lock = read('poetry.lock');
    expect(lock['metadata']).toMatchObject({ 'lock-version': format });
    const place = { path: 'services/orders/poetry.lock', projectRoot: 'services/orders' };
    const compared = [{}, ...(project.selections ?? [])].flatMap((selection) => {
      const { extras = [], groups = [] } = selection;
      const exported = poetry(
        service,
        ...['export', '--format=requirements.txt', '--without-urls'],
        `--only=${['main', ...groups].join(',')}`,
        ...extras.map((extra) => `--extras=${extra}`),
      );
      // Older ones name extras, and repositories of this machine are spelled in a way of Poetry's own.
      const text = exported.replace(/^-e /gm, '').replace(/^([\w.-]+)\[.*?\]/gm, '$1');
      const named = (lines: string) => ({
        text: lines.replaceAll('git+file://None/', 'git+file:///'),
        base: service,
      });
      return TARGETS.map((target) => {
        const request = { ...place, project: read('pyproject.toml'), target, extras, groups };
        const own = readPoetryLock(lock, request).join('\n');
        return { target, selected: [...extras, ...groups], tool: named(text), own: named(own) };
      });
    });
    expect(differences(compared)).toEqual([]);
  });
});
