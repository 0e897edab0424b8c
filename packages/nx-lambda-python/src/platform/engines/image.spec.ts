import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorWith } from '../../errors.fixtures';
import type { Exec, ExecResult } from '../process/exec';
import { findBuildImage, type ImageRequest, type Pulling, isLocalEngine } from './image';
import { temporaryDirectory } from '../../temporary.fixtures';

const request: ImageRequest = { choice: 'auto', image: 'acme/build:1', architecture: 'x86_64' };

const result = (partial: Partial<ExecResult>): ExecResult => ({
  exitCode: 1,
  stdout: '',
  stderr: '',
  output: partial.stderr ?? '',
  notFound: false,
  ...partial,
});
const ABSENT = result({ exitCode: null, notFound: true });
const DOWN = result({
  stderr:
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
});
const NO_IMAGE = result({ stderr: 'Error: No such image: acme/build:1' });
const image = (fields: object) =>
  result({
    exitCode: 0,
    stdout: JSON.stringify([{ Id: 'sha256:own', Architecture: 'amd64', ...fields }]),
  });

/** Answers each engine's calls in turn, the last answer again and again; notes what was asked. */
function engines(answers: Record<string, ExecResult[]>): { exec: Exec; asked: string[] } {
  const asked: string[] = [];
  const exec: Exec = (file) => {
    asked.push(file);
    const queue = answers[file] ?? [ABSENT];
    const next = queue.length > 1 ? queue.shift() : queue[0];
    return Promise.resolve(next ?? ABSENT);
  };
  return { exec, asked };
}

const noPull: Pulling = {
  whileAlone: (work) => work(),
  pull: () => Promise.reject(new Error('nothing should be pulled')),
};
const pulling = (pull: Pulling['pull']): Pulling => ({ ...noPull, pull });

describe('findBuildImage', () => {
  it('asks one engine once where all is well', async () => {
    const { exec, asked } = engines({ docker: [image({})] });
    expect(await findBuildImage(request, exec, noPull)).toEqual({
      engine: 'docker',
      name: 'acme/build:1',
      digest: 'sha256:own',
    });
    expect(asked).toEqual(['docker']);
  });

  it('prefers the digest of the registry, which is the same on every machine', async () => {
    const { exec } = engines({ docker: [image({ RepoDigests: ['acme/build@sha256:registry'] })] });
    expect(await findBuildImage(request, exec, noPull)).toMatchObject({
      digest: 'sha256:registry',
    });
  });

  it("passes over podman's own digests, which nothing else knows", async () => {
    const own = { Id: 'abc', RepoDigests: ['localhost/acme/build@sha256:podman'] };
    const podman = { ...request, choice: 'podman' as const };
    const { exec } = engines({ podman: [image(own)] });
    expect(await findBuildImage(podman, exec, noPull)).toMatchObject({ digest: 'sha256:abc' });
  });

  it('looks again once it is alone: another build may have pulled the image', async () => {
    const { exec } = engines({ docker: [NO_IMAGE, image({})] });
    expect(await findBuildImage(request, exec, noPull)).toMatchObject({ digest: 'sha256:own' });
  });

  it('takes the next engine when the daemon of the first is down', async () => {
    const { exec } = engines({ docker: [DOWN], podman: [image({ Id: 'abc' })] });
    expect(await findBuildImage(request, exec, noPull)).toMatchObject({
      engine: 'podman',
      digest: 'sha256:abc',
    });
  });

  it('pulls an image that is not there', async () => {
    const { exec } = engines({ docker: [NO_IMAGE, NO_IMAGE, image({})] });
    const pulled: string[][] = [];
    const pull = (_engine: string, args: string[]) => {
      pulled.push(args);
      return Promise.resolve(result({ exitCode: 0 }));
    };
    expect(await findBuildImage(request, exec, pulling(pull))).toMatchObject({
      digest: 'sha256:own',
    });
    expect(pulled).toEqual([['pull', '--platform=linux/amd64', 'acme/build:1']]);
  });

  it('pulls when the image at hand is for another architecture', async () => {
    const { exec } = engines({
      docker: [image({ Architecture: 'arm64' }), image({ Architecture: 'arm64' }), image({})],
    });
    const pull = () => Promise.resolve(result({ exitCode: 0 }));
    expect(await findBuildImage(request, exec, pulling(pull))).toMatchObject({
      digest: 'sha256:own',
    });
  });

  it("says in the engine's words why an image cannot be pulled", async () => {
    const { exec } = engines({ docker: [NO_IMAGE] });
    const pull = () => Promise.resolve(result({ output: 'x\npull access denied for acme/build' }));
    await expect(findBuildImage(request, exec, pulling(pull))).rejects.toThrow(
      errorWith('IMAGE_UNAVAILABLE', 'pull access denied for acme/build'),
    );
  });

  it('finds none where none is installed', async () => {
    expect(await findBuildImage(request, engines({}).exec, noPull)).toBeUndefined();
  });

  it.each([
    [
      { docker: [DOWN] },
      'auto',
      '`docker` (daemon not running), `podman` (not on PATH)',
      'start docker',
    ],
    [{}, 'podman', '`podman` (not on PATH)', 'install podman'],
    [
      {
        docker: [
          result({
            stderr: 'permission denied while trying to connect to the Docker daemon socket',
          }),
        ],
      },
      'docker',
      '`docker` (permission denied)',
      'usermod',
    ],
  ] as const)('refuses %j for %s', async (answers, choice, tried, hint) => {
    const { exec } = engines(answers as Record<string, ExecResult[]>);
    await expect(findBuildImage({ ...request, choice }, exec, noPull)).rejects.toThrow(
      errorWith('ENGINE_UNAVAILABLE', tried, hint),
    );
  });
});

describe('isLocalEngine', () => {
  let configuration: string;
  beforeEach(() => (configuration = temporaryDirectory()));

  function context(name: string, host: string): void {
    const digest = createHash('sha256').update(name).digest('hex');
    const directory = join(configuration, 'contexts', 'meta', digest);
    mkdirSync(directory, { recursive: true });
    const meta = { Name: name, Endpoints: { docker: { Host: host } } };
    writeFileSync(join(directory, 'meta.json'), JSON.stringify(meta));
  }

  const docker = (environment: NodeJS.ProcessEnv) =>
    isLocalEngine('docker', { DOCKER_CONFIG: configuration, ...environment });

  describe('docker', () => {
    it.each([
      [undefined, true],
      ['', true],
      ['unix:///var/run/docker.sock', true],
      ['npipe:////./pipe/docker_engine', true],
      ['tcp://127.0.0.1:2375', false],
      ['tcp://docker:2376', false],
      ['ssh://me@build', false],
    ])('DOCKER_HOST=%s', (host, expected) => {
      expect(docker({ DOCKER_HOST: host })).toBe(expected);
    });

    it('asks the context in use, whose variable wins over the configuration', () => {
      context('far', 'ssh://me@build');
      context('desktop', 'unix:///home/me/.docker/desktop/docker.sock');
      expect(docker({ DOCKER_CONTEXT: 'far' })).toBe(false);
      expect(docker({ DOCKER_CONTEXT: 'desktop' })).toBe(true);
      writeFileSync(join(configuration, 'config.json'), '{ "currentContext": "far" }');
      expect(docker({})).toBe(false);
      expect(docker({ DOCKER_CONTEXT: 'desktop' })).toBe(true);
      expect(docker({ DOCKER_HOST: 'unix:///var/run/docker.sock' })).toBe(true);
    });

    it('leaves what it cannot read to docker', () => {
      writeFileSync(join(configuration, 'config.json'), 'not JSON');
      expect(docker({})).toBe(true);
      expect(docker({ DOCKER_CONTEXT: 'unknown' })).toBe(true);
      expect(docker({ DOCKER_CONTEXT: 'default' })).toBe(true);
    });
  });

  it('podman has a variable of its own, the others none', () => {
    expect(isLocalEngine('podman', { CONTAINER_HOST: 'ssh://core@127.0.0.1:2222/run' })).toBe(
      false,
    );
    expect(isLocalEngine('podman', { DOCKER_HOST: 'tcp://docker:2375' })).toBe(true);
    expect(isLocalEngine('nerdctl', { DOCKER_HOST: 'tcp://docker:2375' })).toBe(true);
    expect(isLocalEngine('finch', {})).toBe(true);
  });
});
