import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLocalEngine } from './endpoint';

let configuration: string;
beforeEach(() => (configuration = mkdtempSync(join(tmpdir(), 'docker-config-'))));
afterEach(() => rmSync(configuration, { recursive: true }));

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
  expect(isLocalEngine('podman', { CONTAINER_HOST: 'ssh://core@127.0.0.1:2222/run' })).toBe(false);
  expect(isLocalEngine('podman', { DOCKER_HOST: 'tcp://docker:2375' })).toBe(true);
  expect(isLocalEngine('nerdctl', { DOCKER_HOST: 'tcp://docker:2375' })).toBe(true);
  expect(isLocalEngine('finch', {})).toBe(true);
});
