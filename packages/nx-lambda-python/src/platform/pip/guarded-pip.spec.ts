/** The arguments of processes that pip starts, by the Python of this machine. */

import { spawnSync } from 'node:child_process';

interface Started {
  args: string[];
  environment: Record<string, string>;
}

/** What `guarded` makes of a command, one call after the other; `PYTHON` and `HERE` stand for their paths. */
function guarded(...commands: string[][]): Started[] {
  return guardedIn({}, ...commands);
}

function guardedIn(given: Record<string, string>, ...commands: string[][]): Started[] {
  const program = `
import json, sys
sys.path.insert(0, ${JSON.stringify(__dirname)})
import guarded_pip
result = []
for command in json.loads(sys.argv[1]):
    environment = json.loads(sys.argv[2])
    args = guarded_pip.guarded([sys.executable if arg == "PYTHON" else arg for arg in command], environment)
    names = {sys.executable: "PYTHON", guarded_pip.HERE: "HERE"}
    result.append({"args": [names.get(arg, arg) for arg in args], "environment": environment})
print(json.dumps(result))
`;
  const { stdout, stderr } = spawnSync(
    'python3',
    ['-B', '-c', program, JSON.stringify(commands), JSON.stringify(given)],
    {
      encoding: 'utf8',
    },
  );
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout) as Started[];
}

describe('guarded_pip.py', () => {
  it('moves indexes with credentials into the environment of the pip that pip starts', () => {
    const command = [
      ...['PYTHON', '/lib/pip/__pip-runner__.py', 'install', '--prefix', '/p'],
      ...['-i', 'https://me:s3cret@host/simple', '--extra-index-url', 'https://open/simple'],
      ...['--find-links', 'a dir', '--proxy', 'socks5://me:s3cret@proxy', '--', '-i', 'x'],
    ];
    expect(guarded(command)).toEqual([
      {
        args: [
          ...['PYTHON', 'HERE', '/lib/pip/__pip-runner__.py', 'install', '--prefix', '/p'],
          ...['--extra-index-url', 'https://open/simple', '--find-links', 'a dir', '--', '-i', 'x'],
        ],
        environment: {
          PIP_INDEX_URL: 'https://me:s3cret@host/simple',
          PIP_PROXY: 'socks5://me:s3cret@proxy',
        },
      },
    ]);
  });

  it('moves all values of a variable, in their order', () => {
    const [started] = guarded([
      ...['PYTHON', '-m', 'pip', 'install', '--extra-index-url', 'https://open/a'],
      ...['--extra-index-url', 'https://t0ken@host/b', 'x'],
    ]);
    expect(started).toEqual({
      args: ['PYTHON', 'HERE', '-m', 'pip', 'install', 'x'],
      environment: { PIP_EXTRA_INDEX_URL: 'https://open/a https://t0ken@host/b' },
    });
  });

  it('constrains builds by the constraints for builds alone, whatever pip knows of them', () => {
    const environment = { PIP_CONSTRAINT: 'a.txt', PIP_BUILD_CONSTRAINT: 'b.txt' };
    const [build, other] = guardedIn(environment, ['PYTHON', '-m', 'pip', 'install', 'x'], ['gcc']);
    expect(build?.environment).toEqual({ ...environment, PIP_CONSTRAINT: 'b.txt' });
    expect(other?.environment).toEqual(environment);
  });

  it('lets git ask for credentials, in later commands too', () => {
    const [clone, checkout] = guarded(
      ['git', 'clone', 'https://me:p%40ss@host/a.git', '/tmp/a'],
      ['git', 'checkout', 'main'],
    );
    expect(clone?.args).toEqual(['git', 'clone', 'https://host/a.git', '/tmp/a']);
    for (const { environment } of [clone, checkout] as Started[]) {
      expect(JSON.parse(environment['NX_LAMBDA_PYTHON_GIT_CREDENTIALS'] ?? '')).toEqual([
        ['https://host/a.git', 'me', 'p@ss'],
      ]);
      expect(environment).toMatchObject({
        GIT_CONFIG_COUNT: '3',
        GIT_CONFIG_KEY_1: 'credential.helper',
      });
    }
  });

  it('leaves everything else as it is', () => {
    const commands = [
      ['git', 'clone', 'ssh://git@host/a.git'],
      ['gcc', '-i', 'https://me:x@host'],
      ['PYTHON', '-c', 'pass', 'install'],
    ];
    expect(guarded(...commands)).toEqual(commands.map((args) => ({ args, environment: {} })));
  });
});
