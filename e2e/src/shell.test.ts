/** `nx shell`: in a terminal, and without one. */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CONTAINER_OPTIONS, describeWithEngine, IMAGE } from './support/engine';
import { runDirectory } from './support/run-directory';
import { HANDLER, serviceFiles, Workspace, type Environment } from './support/workspace';

const SECRET = 'canary-5f2c';
const REPEAT =
  '$(command -v python3.11 || command -v python3 || echo python) /nx-lambda-python/resolve.py /nx-lambda-python/request.json';

describeWithEngine('shell', () => {
  let workspace: Workspace;
  const store = () => join(runDirectory(), 'shell-store');

  // Other suites run containers at the same time.
  const label = `nx-lambda-python-e2e=shell-${process.pid}`;
  const BUILD = {
    ...CONTAINER_OPTIONS,
    environment: ['GREETING=it\'s "me"', 'TOKEN'],
    volumes: ['./services:/services:ro'],
    containerArgs: [`--label=${label}`],
  };

  beforeAll(() => {
    workspace = new Workspace('shell');
    workspace.environment = { NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store() };
    workspace.init(
      serviceFiles('services/orders', 'package = "app"\nruntime = "python3.11"\n', {
        'app/handlers/a.py': HANDLER,
        'requirements.txt': 'six==1.17.0\n',
      }),
    );
  });

  /** Types `lines` at a terminal that `command` has. */
  function atTerminal(command: string, lines: string[], environment: Environment = {}): string {
    const { stdout, stderr } = spawnSync(
      'script',
      ['--quiet', '--return', '--command', command, '/dev/null'],
      {
        cwd: workspace.root,
        encoding: 'utf8',
        env: workspace.fullEnvironment(environment),
        input: `${lines.join('\n')}\nexit\n`,
      },
    );
    return `${stdout}${stderr}`.replaceAll('\r', '');
  }

  const LOOK = [
    'echo "<$GREETING> <${#TOKEN}> in $PWD"',
    'touch /var/task/x 2>/dev/null || echo "it is read"-only',
    'ls /var/task/app/handlers /services/orders',
    REPEAT,
    'echo "made: $(ls /nx-lambda-python/wheels)"',
  ];

  function expectBuildContainer(output: string, isReadOnly = true): void {
    expect(output).toContain(`<it's "me"> <${SECRET.length}> in /var/task`);
    if (isReadOnly) expect(output).toContain('it is read-only');
    expect(output).toContain('requirements.txt');
    expect(output).toContain('made: six-1.17.0-py2.py3-none-any.whl');
    expect(workspace.exists('services/orders/x')).toBe(false);
  }

  it.each(['bind', 'copy'])('opens in the container of the build, by %s', (mount) => {
    workspace.setDefaults('build', { ...BUILD, mount });
    const nx = "'node_modules/.bin/nx' shell orders";
    const output = atTerminal(nx, LOOK, { TOKEN: SECRET });
    expect(output).toContain(`docker, ${IMAGE}: /var/task is the service, read-only`);
    expect(output).toContain(`to resolve as the build does: ${REPEAT}`);
    // Of a copy root could write more, which reaches no one.
    expectBuildContainer(output, mount === 'bind');
    expect(readdirSync(join(store(), 'v1', 'work'))).toEqual([]);
    const left = spawnSync('docker', ['ps', '--all', '--quiet', `--filter=label=${label}`], {
      encoding: 'utf8',
    });
    expect(left.stdout).toBe('');
  });

  it('prints the command where there is no terminal, without a secret', () => {
    workspace.setDefaults('build', BUILD);
    const environment = {
      TOKEN: SECRET,
      PIP_EXTRA_INDEX_URL: `https://user:${SECRET}@pypi.invalid/simple`,
    };
    const output = workspace.succeed(['shell', 'orders'], environment);
    expect(output).not.toContain(SECRET);
    const command = /^docker run .+$/m.exec(output)?.[0] ?? '';
    expect(command).toContain('--interactive --tty');
    expect(command).toContain('--env=TOKEN ');
    expect(command).toContain(`'--env=GREETING=it'\\''s "me"'`);
    expect(output).toContain(`in it, to resolve as the build does: ${REPEAT}`);
    expectBuildContainer(atTerminal(command, LOOK, { TOKEN: SECRET }));
  });

  it('says what it needs', () => {
    workspace.fail(['shell', 'orders', '--buildTarget=package'], ['error[OPTION_INVALID]']);
    workspace.setDefaults('build', { engine: 'host' });
    expect(workspace.nx(['shell', 'orders']).output).toContain(
      'error[ENGINE_UNAVAILABLE]: the build has `"engine": "host"`',
    );
  });
});
