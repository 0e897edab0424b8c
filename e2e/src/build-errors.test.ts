/** What users get wrong in a build: each error names the cause and what to do, and loses nothing. */

import { join } from 'node:path';
import { HANDLER, MARKER, serviceFiles, Workspace, type Environment } from './support/workspace';

const SOUND = { 'app/handlers/a.py': HANDLER, 'app/__init__.py': '' };

interface Mistake {
  title: string;
  marker?: string;
  files?: Record<string, string>;
  args?: string[];
  environment?: Environment;
  code: string;
  words: string[];
}

const MISTAKES: Record<string, Mistake> = {
  runtime: {
    title: 'an unknown runtime',
    marker: 'package = "app"\nruntime = "python2.7"\n',
    code: 'RUNTIME_UNKNOWN',
    words: ['python2.7', 'python3.13'],
  },
  syntax: {
    title: 'a handler with a syntax error',
    files: { ...SOUND, 'app/handlers/b.py': 'def handler(event, context)\n    return {}\n' },
    code: 'HANDLER_SYNTAX',
    words: ['app/handlers/b.py:1'],
  },
  no_handler: {
    title: 'a file of handlers/ without a handler',
    files: { ...SOUND, 'app/handlers/c.py': 'def main(): ...\n' },
    code: 'HANDLER_NOT_FOUND',
    words: ['app/handlers/c.py'],
  },
  directory: {
    title: 'a package directory that is missing',
    files: { 'other/x.py': '' },
    code: 'PACKAGE_DIRECTORY_MISSING',
    words: ['app'],
  },
  no_requirements: {
    title: 'a requirements file that is missing',
    args: ['--requirements=prod.txt'],
    code: 'REQUIREMENTS_MISSING',
    words: ['prod.txt'],
  },
  unresolvable: {
    title: 'a requirement that does not exist',
    files: { ...SOUND, 'requirements.txt': 'nx-lambda-python-no-such-distribution==1\n' },
    args: ['--engine=host'],
    code: 'WHEEL_UNAVAILABLE',
    words: ['nx-lambda-python-no-such-distribution==1', 'docker'],
  },
  no_wheel: {
    title: 'no engine and a distribution that has only source',
    // 2.0.1 of docopt's kind: published as an sdist alone.
    files: { ...SOUND, 'requirements.txt': 'docopt==0.6.2\n' },
    args: ['--engine=host'],
    code: 'WHEEL_UNAVAILABLE',
    words: ['docopt==0.6.2', 'docker or podman'],
  },
  engine_absent: {
    title: 'an engine that is not installed',
    files: { ...SOUND, 'requirements.txt': 'six==1.17.0\n' },
    args: ['--engine=finch'],
    code: 'ENGINE_UNAVAILABLE',
    words: ['`finch` (not on PATH)', '"engine": "host"'],
  },
  daemon_down: {
    title: 'an engine whose daemon is down',
    files: { ...SOUND, 'requirements.txt': 'six==1.17.0\n' },
    args: ['--engine=docker'],
    environment: { DOCKER_HOST: 'tcp://127.0.0.1:1' },
    code: 'ENGINE_UNAVAILABLE',
    words: ['`docker` (daemon not running)', 'start docker'],
  },
  option: {
    title: 'a slip in the marker',
    marker: 'package = "app"\nruntime = "python3.11"\nexcludes = ["x"]\n',
    code: 'MARKER_INVALID',
    words: ['excludes', 'exclude'],
  },
};

describe('build errors', () => {
  let workspace: Workspace;
  beforeAll(() => {
    workspace = new Workspace('build-errors').init();
    for (const [name, { marker = MARKER, files = SOUND }] of Object.entries(MISTAKES)) {
      workspace.writeAll(serviceFiles(`services/${name}`, marker, files));
    }
    workspace.writeAll({
      'services/plain/project.json': JSON.stringify({
        name: 'plain',
        targets: {
          build: { executor: 'nx-lambda-python:build', options: { outputPath: 'dist/plain' } },
        },
      }),
      'services/plain/pyproject.toml': '[project]\nname = "plain"\n',
    });
  });

  it.each(Object.entries(MISTAKES))('%s', (name, { args = [], environment, code, words }) => {
    workspace.fail(['build', name, ...args], [`error[${code}]`, 'hint: ', ...words], environment);
    expect(workspace.exists(`dist/services/${name}/manifest.json`)).toBe(false);
  });

  it('a pyproject.toml without the marker', () => {
    workspace.fail(['build', 'plain'], ['error[MARKER_MISSING]', '[tool.nx-lambda-python]']);
  });

  it('a store that cannot be written', () => {
    workspace.write('not-a-directory', '');
    const store = join(workspace.root, 'not-a-directory', 'store');
    workspace.fail(
      ['build', 'unresolvable', '--engine=host'],
      ['error[STORE_UNUSABLE]', 'NX_LAMBDA_PYTHON_CACHE_DIRECTORY'],
      {
        NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store,
      },
    );
  });

  it('an old package is kept when the next build fails before it', () => {
    workspace.succeed(['build', 'no_requirements']);
    const before = workspace.packageDigest('services/no_requirements');
    workspace.nx(['build', 'no_requirements', '--requirements=prod.txt']);
    expect(workspace.packageDigest('services/no_requirements')).toBe(before);
    expect(workspace.manifest('services/no_requirements').package.sha256).toBe(before);
  });
});
