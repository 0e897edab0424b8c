/** What users get wrong in a build: each error names the cause and what to do, and loses nothing. */

import { join } from 'node:path';
import { HANDLER, MARKER, serviceFiles, Workspace, type Environment } from './support/workspace';

const SOUND = { 'app/handlers/a.py': HANDLER, 'app/__init__.py': '' };

interface Mistake {
  files?: Record<string, string>;
  args?: string[];
  environment?: Environment;
  code: string;
  words: string[];
}

const MISTAKES: Record<string, Mistake> = {
  syntax: {
    files: { ...SOUND, 'app/handlers/b.py': 'def handler(event, context)\n    return {}\n' },
    code: 'HANDLER_SYNTAX',
    words: ['app/handlers/b.py:1'],
  },
  unresolvable: {
    files: { ...SOUND, 'requirements.txt': 'nx-lambda-python-no-such-distribution==1\n' },
    args: ['--engine=host'],
    code: 'PIP_FAILED',
    words: ['`nx-lambda-python-no-such-distribution==1` is unknown', '`--index-url`'],
  },
  no_wheel: {
    // 2.0.1 of docopt's kind: published as an sdist alone.
    files: { ...SOUND, 'requirements.txt': 'docopt==0.6.2\n' },
    args: ['--engine=host'],
    code: 'WHEEL_UNAVAILABLE',
    words: ['docopt==0.6.2', 'published only as source', 'docker or podman'],
  },
  engine_absent: {
    files: { ...SOUND, 'requirements.txt': 'six==1.17.0\n' },
    args: ['--engine=finch'],
    code: 'ENGINE_UNAVAILABLE',
    words: ['`finch` (not on PATH)', '"engine": "host"'],
  },
  daemon_down: {
    files: { ...SOUND, 'requirements.txt': 'six==1.17.0\n' },
    args: ['--engine=docker'],
    environment: { DOCKER_HOST: 'tcp://127.0.0.1:1' },
    code: 'ENGINE_UNAVAILABLE',
    words: ['`docker` (daemon not running)', 'start docker'],
  },
};

describe('build errors', () => {
  let workspace: Workspace;
  beforeAll(() => {
    workspace = new Workspace('build-errors').init();
    for (const [name, { files = SOUND }] of Object.entries(MISTAKES)) {
      workspace.writeAll(serviceFiles(`services/${name}`, MARKER, files));
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
    workspace.write('services/unresolvable/requirements.txt', '');
    workspace.succeed(['build', 'unresolvable']);
    const before = workspace.packageDigest('services/unresolvable');
    workspace.fail(
      ['build', 'unresolvable', '--requirements=prod.txt'],
      ['error[REQUIREMENTS_MISSING]', 'prod.txt'],
    );
    expect(workspace.packageDigest('services/unresolvable')).toBe(before);
    expect(workspace.manifest('services/unresolvable').package.sha256).toBe(before);
  });
});
