/** One contract for every engine, and what is special to those that see no file of this machine. */

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { canHideFiles, hidingNx, shadowDocker, startDockerPort } from './support/blind-engine';
import { describeLong, describeWith, IMAGE, type Engine } from './support/engine';
import { HELD_REQUIREMENT, startHeldIndex } from './support/package-index';
import { killRunning, runNx, startNx, succeedNx, type NxProcess } from './support/nx-process';
import { runDirectory } from './support/run-directory';
import { until } from './support/until';
import { expectFailure, HANDLER, MARKER, serviceFiles, Workspace } from './support/workspace';

const HANDLERS = { 'app/handlers/a.py': HANDLER };
// A wheel with native code, and one that is built here. What is compiled has no two builds alike, this one has.
const PUBLISHED = 'orjson==3.11.5\ndocopt==0.6.2\n';
const COMPILED = `${PUBLISHED}markupsafe==3.0.2\n--no-binary markupsafe\n`;

let workspace: Workspace;
beforeAll(() => {
  workspace = new Workspace('engines').init({
    ...serviceFiles('services/plain', MARKER, { ...HANDLERS, 'requirements.txt': PUBLISHED }),
    ...serviceFiles('services/compiled', MARKER, { ...HANDLERS, 'requirements.txt': COMPILED }),
    ...serviceFiles('services/held', MARKER, { ...HANDLERS, 'requirements.txt': HELD_REQUIREMENT }),
  });
});
afterEach(killRunning);

const store = (name: string) => join(runDirectory(), `engines-${name}`);
const withStore = (name: string) => ({ NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store(name) });
// Other suites run containers at the same time.
const LABEL = `nx-lambda-python-e2e=engines-${process.pid}`;
const command = (project: string, engine: Engine, ...args: string[]) => [
  ...['build', project, '--skip-nx-cache', `--engine=${engine}`, '--network=host', ...args],
  `--containerArgs=--label=${LABEL}`,
  ...(args.some((arg) => arg.startsWith('--image=')) ? [] : [`--image=${IMAGE}`]),
];

function containers(engine: Engine): string {
  const filter = `--filter=label=${LABEL}`;
  return execFileSync(engine, ['ps', '--all', '--quiet', filter], { encoding: 'utf8' });
}

/** The engine's own program, which this machine runs for each container. */
function signalClients(engine: Engine, signal: string): void {
  execFileSync('pkill', [`-${signal}`, '-f', `^[^ ]*${engine} run .*${LABEL}`]);
}

function ownersBelow(directory: string): number[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return [...new Set(paths.map((path) => lstatSync(join(directory, path)).uid))];
}

/** Docker's always, the others' in the long runs. */
function describeContract(engine: Engine): jest.Describe {
  return engine === 'docker' || process.env['LONG'] ? describeWith(engine) : describe.skip;
}

const ENGINES: Engine[] = ['docker', 'podman', 'finch', 'nerdctl'];
describe.each(ENGINES)('%s', (engine) => {
  describeContract(engine)('the contract', () => {
    it.each(['bind', 'copy'])('builds wheels and sources, and leaves nothing, by %s', (mount) => {
      const name = `${engine}-${mount}`;
      const output = workspace.succeed(
        command('compiled', engine, `--mount=${mount}`),
        withStore(name),
      );
      expect(output).toContain('Building wheel for markupsafe');
      expect(workspace.packagePaths('services/compiled')).toEqual(
        expect.arrayContaining([
          'markupsafe/_speedups.cpython-311-x86_64-linux-gnu.so',
          'orjson/orjson.cpython-311-x86_64-linux-gnu.so',
          'docopt.py',
        ]),
      );
      expect(ownersBelow(store(name))).toEqual([process.getuid?.()]);
      expect(readdirSync(join(store(name), 'v1', 'work'))).toEqual([]);
      expect(containers(engine)).toBe('');
    });

    it('gives the same package by bind and by copy, spliced and installed', () => {
      for (const dependencies of ['wheels', 'install']) {
        const digests = ['bind', 'copy'].map((mount) => {
          const args = [`--mount=${mount}`, `--dependencies=${dependencies}`];
          workspace.succeed(command('plain', engine, ...args), withStore(`${engine}-${mount}-2`));
          return workspace.packageDigest('services/plain');
        });
        expect(digests[1]).toBe(digests[0]);
      }
    });

    /** Builds `held`, whose download waits; after `work` it succeeds, and leaves nothing. */
    async function whileDownloading(
      name: string,
      args: readonly string[],
      work: (nx: NxProcess, again: () => Promise<NxProcess>) => Promise<void>,
    ): Promise<void> {
      const index = await startHeldIndex();
      const environment = { ...withStore(`${engine}-${name}`), PIP_INDEX_URL: index.url };
      const held = command('held', engine, ...args);
      const start = async () => {
        const before = index.downloads.length;
        const nx = startNx(workspace, held, environment);
        await nx.until('a download', () => index.downloads.length > before);
        expect(containers(engine)).not.toBe('');
        return nx;
      };
      try {
        await work(await start(), start);
        expect(workspace.exists('dist/services/held/manifest.json')).toBe(false);
        index.release();
        await succeedNx(workspace, held, environment);
        expect(workspace.packagePaths('services/held')).toContain('held.py');
        expect(readdirSync(join(store(`${engine}-${name}`), 'v1', 'work'))).toEqual([]);
        expect(containers(engine)).toBe('');
      } finally {
        workspace.remove('dist/services/held');
        await index.stop();
      }
    }
    const theEnd = () => until('the end of the container', () => containers(engine) === '');

    it.each(['bind', 'copy'])('ends the container by Ctrl-C, by %s', (mount) =>
      whileDownloading(`held-${mount}`, [`--mount=${mount}`], async (nx) => {
        expect((await nx.interrupt('SIGINT')).code).not.toBe(0);
        await theEnd();
      }),
    );

    it('ends the container when its client was killed, or hangs at Ctrl-C', () =>
      whileDownloading('client', [], async (killed, again) => {
        signalClients(engine, 'KILL');
        expectFailure(await killed.ended, ['error[CONTAINER_FAILED]']);
        expect(containers(engine)).toBe('');
        const hanging = await again();
        signalClients(engine, 'STOP');
        hanging.signal('SIGINT');
        await theEnd();
        signalClients(engine, 'KILL');
        expect((await hanging.ended).code).not.toBe(0);
      }));

    it('says that an image is not there, and that the engine does not answer', () => {
      workspace.fail(command('plain', engine, '--image=127.0.0.1:1/none:1'), [
        ...[
          'error[IMAGE_UNAVAILABLE]',
          `${engine} cannot get the build image`,
          '127.0.0.1:1/none:1',
        ],
      ]);
      const nowhere = {
        DOCKER_HOST: 'unix:///nowhere.sock',
        CONTAINER_HOST: 'unix:///nowhere.sock',
      };
      const words = ['error[ENGINE_UNAVAILABLE]', `\`${engine}\` (daemon not running)`];
      workspace.fail(command('plain', engine), words, nowhere);
    });

    describeLong('a killed build', () => {
      it('leaves a container that the next build ends', () =>
        whileDownloading('killed', [], async (nx) => {
          await nx.interrupt('SIGKILL');
          expect(containers(engine)).not.toBe('');
          await succeedNx(workspace, command('plain', engine), withStore(`${engine}-after`));
          expect(containers(engine)).toBe('');
        }));
    });
  });
});

describeWith('docker')('docker that sees none of the files', () => {
  (canHideFiles ? it : it.skip)('gets and gives them, after one attempt to mount', () => {
    workspace.succeed(command('plain', 'docker'), withStore('seen'));
    const seen = workspace.packageDigest('services/plain');
    const nx = join(workspace.root, 'node_modules', '.bin', 'nx');
    const hiding = hidingNx(store('hidden'), nx, join(runDirectory(), 'hiding-nx'));
    const build = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(hiding, command('plain', 'docker', ...args), {
        cwd: workspace.root,
        encoding: 'utf8',
        env: workspace.fullEnvironment(withStore('hidden')),
      });
      return { status, output: `${stdout}${stderr}` };
    };
    const first = build();
    expect(first).toMatchObject({ status: 0 });
    expect(first.output).toContain("docker does not see this machine's files");
    expect(workspace.packageDigest('services/plain')).toBe(seen);
    expect(readdirSync(store('hidden'))).toEqual([]);

    expect(build('--mount=copy').output).not.toContain('does not see');
    expect(workspace.packageDigest('services/plain')).toBe(seen);
    const bound = build('--mount=bind');
    expect(bound.status).not.toBe(0);
    expect(bound.output).toContain('error[CONTAINER_FAILED]');
    expect(bound.output).toContain('set "mount": "copy" on the build target');
  });

  it('behind a port gets them at once', async () => {
    const port = await startDockerPort();
    try {
      const environment = { ...withStore('port'), DOCKER_HOST: port.host };
      const output = await succeedNx(workspace, command('plain', 'docker'), environment);
      expect(output).not.toContain('does not see');
      expect(port.connections()).toBeGreaterThan(0);
      // pip's cache is what only a mount fills.
      const [cache = ''] = readdirSync(join(store('port'), 'v1', 'pip'));
      expect(readdirSync(join(store('port'), 'v1', 'pip', cache))).toEqual([]);
    } finally {
      await port.stop();
    }
  });
});

describeWith('docker')('docker for another user', () => {
  const UID = 12_345;
  const SOCKET = '/var/run/docker.sock';
  (process.getuid?.() === 0 ? it : it.skip)('leaves no file of root, by bind and by copy', () => {
    const own = new Workspace('engines of another user').init(
      serviceFiles('services/plain', MARKER, { ...HANDLERS, 'requirements.txt': PUBLISHED }),
    );
    const home = join(own.root, 'home');
    mkdirSync(home);
    // That user comes through to its own workspace, and sees nothing else; what is installed is everybody's.
    chmodSync(runDirectory(), 0o711);
    const chown = ['-exec', 'chown', '--no-dereference', String(UID), '{}', '+'];
    execFileSync('find', [own.root, '-name', 'node_modules', '-prune', '-o', ...chown]);
    const { gid } = statSync(SOCKET);
    for (const mount of ['bind', 'copy']) {
      const storeOfUser = join(home, mount);
      const nx = join(own.root, 'node_modules', '.bin', 'nx');
      const { status, stdout, stderr, error } = spawnSync(
        nx,
        command('plain', 'docker', `--mount=${mount}`),
        {
          cwd: own.root,
          encoding: 'utf8',
          uid: UID,
          gid,
          env: own.fullEnvironment({
            HOME: home,
            NX_LAMBDA_PYTHON_CACHE_DIRECTORY: storeOfUser,
            NX_WORKSPACE_DATA_DIRECTORY: join(home, 'nx'),
          }),
        },
      );
      if (status !== 0) throw error ?? new Error(`${stdout}${stderr}`);
      expect(ownersBelow(storeOfUser)).toEqual([UID]);
      expect(ownersBelow(join(own.root, 'dist'))).toEqual([UID]);
    }
  });
});

describe('parallel builds', () => {
  it('pull an image once', async () => {
    const directory = join(runDirectory(), 'pulling-docker');
    // Has the image only once it was pulled, which takes as long as the other build needs to ask for it, too.
    const path = shadowDocker(
      directory,
      `echo "$1 $2" >> "${directory}/log"
case "$1" in
  image) [ -e "${directory}/pulled" ] || { echo "Error: No such image: $3" >&2; exit 1; }
    echo '[{"Id":"sha256:${'0'.repeat(64)}","Architecture":"amd64"}]' ;;
  pull) while [ "$(grep -c '^image' "${directory}/log")" -lt 3 ]; do sleep 0.05; done
    touch "${directory}/pulled" ;;
  run) echo "not a real engine"; exit 1 ;;
esac
`,
    );
    const environment = { ...withStore('pulling'), PATH: path };
    const builds = ['plain', 'compiled'].map((project) =>
      runNx(workspace, command(project, 'docker', '--image=acme/build:1'), environment),
    );
    for (const { output } of await Promise.all(builds)) {
      expect(output).toContain('not a real engine');
    }
    const log = readFileSync(join(directory, 'log'), 'utf8').split('\n');
    expect(log.filter((line) => line.startsWith('pull'))).toHaveLength(1);
  });
});

describeLong('a tag that moves', () => {
  describeWith('docker')('in docker', () => {
    const TAG = 'local/nx-lambda-python-e2e:moved';
    const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();
    afterAll(() => {
      spawnSync('docker', ['rmi', '--force', TAG], { stdio: 'ignore' });
      // The one that the tag has left.
      docker('image', 'prune', '--force', `--filter=label=${LABEL}`);
    });

    it('resolves anew, and keeps what the old image resolved', () => {
      const build = () =>
        workspace.succeed(command('plain', 'docker', `--image=${TAG}`), withStore('moved'));
      docker('tag', IMAGE, TAG);
      expect(build()).toContain('resolving');
      const before = workspace.manifest('services/plain').image;
      const container = docker('create', IMAGE, 'true');
      docker('commit', `--change=LABEL ${LABEL}`, container, TAG);
      docker('rm', container);
      expect(build()).toContain('resolving');
      expect(workspace.manifest('services/plain').image).not.toBe(before);
      docker('tag', IMAGE, TAG);
      expect(build()).toContain('from the wheel store');
      expect(workspace.manifest('services/plain').image).toBe(before);
    });
  });
});
