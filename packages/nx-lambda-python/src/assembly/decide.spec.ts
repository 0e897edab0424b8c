/** Everything that decides the wheels is in the requirements key, and nothing else is. */

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorWith } from '../errors.fixtures';
import { requirementsKey, type KeyComponents } from '../packaging/requirements-key';
import { parseMarker } from '../service/marker';
import type { Mount } from '../platform/engines/container';
import { DiskWheelStore } from '../platform/store/wheel-store';
import type { BuildExecutorSchema } from '../schemas/build';
import { normalizeOptions, type BuildOptions } from '../targets/build-target';
import { keyAndPlace, readResolution, resolutionOf } from './decide';
import { readLockInput } from './lock';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';

interface State {
  files?: Record<string, string>;
  options?: Partial<BuildExecutorSchema>;
  environment?: Record<string, string>;
  marker?: string;
  place?: 'host';
  image?: string;
}

const FILES = {
  'services/orders/requirements.txt': '-r more.txt\n-c limits.txt\n--pre\nb==2\n',
  'services/orders/more.txt': 'a==1 --hash=sha256:aa --hash=sha256:bb\n',
  'services/orders/limits.txt': 'c<3\n',
};
const STORE = new DiskWheelStore('/store');
const REQUIREMENTS = 'services/orders/requirements.txt';
const MARKER = 'package = "orders"\nruntime = "python3.12"\narchitecture = "x86_64"\n';

let directory: string;
const environment = process.env;
beforeEach(() => (directory = temporaryDirectory()));
afterEach(() => {
  process.env = environment;
});

/** The components of a build in a workspace of its own. */
function componentsOf(state: State, workspace = 'workspace'): KeyComponents {
  const workspaceRoot = join(directory, workspace);
  writeFiles(workspaceRoot, { ...FILES, ...state.files });
  process.env = { PIP_CONFIG_FILE: '/dev/null', ...state.environment };
  const marker = parseMarker(
    `[tool.nx-lambda-python]\n${state.marker ?? MARKER}`,
    'pyproject.toml',
  );
  const image = state.place === 'host' ? undefined : { digest: state.image ?? 'sha256:aa' };
  const options = optionsOf(workspaceRoot, state.options);
  return keyAndPlace(readResolution(options, marker, STORE), image).components;
}

function optionsOf(root: string, schema: Partial<BuildExecutorSchema> = {}): BuildOptions {
  const projects = { orders: { root: 'services/orders' } };
  const context = { root, projectName: 'orders', projectsConfigurations: { projects } };
  return normalizeOptions({ requirements: ['requirements.txt'], ...schema }, context as never);
}

const key = (state: State, workspace?: string) => requirementsKey(componentsOf(state, workspace));

const INDEX = { PIP_INDEX_URL: 'https://host/simple' };
const more = (text: string): State => ({ files: { 'services/orders/more.txt': text } });

describe('the requirements key changes with', () => {
  it.each([
    ['a version', more('a==2 --hash=sha256:aa --hash=sha256:bb\n')],
    ['a hash', more('a==1 --hash=sha256:aa --hash=sha256:cc\n')],
    ['a marker', more('a==1 ; python_version < "3.13" --hash=sha256:aa --hash=sha256:bb\n')],
    ['a further requirement', more('a==1 --hash=sha256:aa --hash=sha256:bb\nd==1\n')],
    ['a constraint', { files: { 'services/orders/limits.txt': 'c<4\n' } }],
    [
      'a constraints file',
      {
        files: { 'services/orders/x.txt': 'd<1' },
        options: { constraints: ['x.txt'] },
      },
    ],
    ['an option of a file', { files: { [REQUIREMENTS]: '-r more.txt\n-c limits.txt\nb==2\n' } }],
    ['the runtime', { marker: MARKER.replace('3.12', '3.13') }],
    ['the architecture', { marker: MARKER.replace('x86_64', 'arm64') }],
    ["the image's digest", { image: 'sha256:bb' }],
    ['the place', { place: 'host' }],
    ['the way of installing', { options: { dependencies: 'install' } }],
    ["pip's arguments", { options: { pipArgs: ['--no-binary=b'] } }],
    ['an index', { environment: INDEX }],
    ['the target of a volume', { options: { volumes: ['/home/me/x:/x'] } }],
    ['a variable with its value', { options: { environment: ['CFLAGS=-O2'] } }],
    ['a choice of pip', { environment: { PIP_ONLY_BINARY: ':all:' } }],
  ] as [string, State][])('%s', (_, state) => expect(key(state)).not.toBe(key({})));
});

describe('the requirements key does not change with', () => {
  it.each([
    [
      'comments, blank lines and continued lines',
      more('# why\n\na==1 \\\n  --hash=sha256:aa \\\n --hash=sha256:bb # x\n'),
    ],
    [
      'the order of lines',
      { files: { [REQUIREMENTS]: 'b==2\n--pre\n-c limits.txt\n-r more.txt\n' } },
    ],
    ['the order of files', { options: { requirements: ['more.txt', 'requirements.txt'] } }],
    ['a line that stands twice', { files: { [REQUIREMENTS]: `${FILES[REQUIREMENTS]}b==2\n` } }],
    ['line ends', { files: { [REQUIREMENTS]: FILES[REQUIREMENTS].replaceAll('\n', '\r\n') } }],
    ['a variable of this machine', { options: { environment: ['SECRET'] } }],
    [
      "the container's arguments and network",
      { options: { containerArgs: ['--memory=1g'], network: 'host' } },
    ],
    ["the image's name and the engine's", { options: { image: 'other:1', engine: 'podman' } }],
    [
      'what is left out of the package',
      { options: { excludeDistributions: ['b'], collisions: { x: 'b' }, excludeFiles: ['x'] } },
    ],
    ['what is accepted of wheels', { options: { acceptIncompleteRecords: ['b'] } }],
    ['where the package goes', { options: { outputPath: 'elsewhere' } }],
    [
      'how an index is reached',
      { environment: { PIP_TIMEOUT: '9', PIP_PROXY: 'http://me:pw@proxy' } },
    ],
    ['handlers', { marker: `${MARKER}handlers = ["orders/x/*.py"]\n` }],
  ] as [string, State][])('%s', (_, state) => expect(key(state)).toBe(key({})));

  it('the directory', () => expect(key({}, 'elsewhere ü')).toBe(key({})));

  it('credentials, which are in no component', () => {
    const files = { [REQUIREMENTS]: `${FILES[REQUIREMENTS]}--extra-index-url https://host/x\n` };
    const secret = {
      files: {
        [REQUIREMENTS]: `${FILES[REQUIREMENTS]}--extra-index-url https://me:canary@host/x\n`,
      },
      environment: { PIP_INDEX_URL: 'https://me:canary@host/simple' },
    };
    const plain = { files, environment: INDEX };
    expect(key(secret)).toBe(key(plain));
  });
});

describe('a lock for another Python than the runtime', () => {
  const lock = (name: string, text: string): State => ({
    files: {
      [`services/orders/${name}`]: text,
      'services/orders/pyproject.toml': '[project]\nname = "orders"\n',
    },
    options: { requirements: [name] },
  });
  const uv = (python: string) =>
    `version = 1\nrequires-python = "${python}"\n[[package]]\nname = "orders"\nsource = { virtual = "." }\n`;

  it.each<[State, string]>([
    [lock('uv.lock', uv('>=3.13')), '>=3.13'],
    [lock('poetry.lock', '[metadata]\npython-versions = "^3.13"\n'), '^3.13'],
    [lock('pylock.toml', 'lock-version = "1.0"\nrequires-python = ">=3.14"\n'), '>=3.14'],
  ])('is refused, and both are named', (state, python) => {
    expect(() => key(state)).toThrow(
      errorWith(
        'REQUIREMENTS_INVALID',
        `is locked for Python \`${python}\`, but the service's runtime is python3.12`,
      ),
    );
  });

  it('is taken by a runtime that it is for', () => {
    const marker = MARKER.replace('3.12', '3.13');
    expect(key({ ...lock('uv.lock', uv('>=3.13')), marker })).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("pip's configuration file", () => {
  const conf = '[wheel]\nno-binary = w\n[install]\nno-binary = i\n';
  const ofPip = (dependencies: 'wheels' | 'install') => {
    const file = join(directory, 'pip.conf');
    writeFileSync(file, conf);
    const environment = { PIP_CONFIG_FILE: file };
    return componentsOf({ options: { dependencies }, environment }).pipEnvironment;
  };

  it('counts with the section of the command that makes the dependencies', () => {
    expect(ofPip('wheels')).toEqual({ PIP_NO_BINARY: 'w' });
    expect(ofPip('install')).toEqual({ PIP_NO_BINARY: 'i' });
  });

  it('is the same for their lock, which pip resolves', () => {
    componentsOf({ options: { dependencies: 'install' } });
    process.env['PIP_CONFIG_FILE'] = join(directory, 'pip.conf');
    writeFileSync(join(directory, 'pip.conf'), conf);
    const workspaceRoot = join(directory, 'workspace');
    const options = optionsOf(workspaceRoot, { dependencies: 'install' });
    const marker = parseMarker(`[tool.nx-lambda-python]\n${MARKER}`, 'pyproject.toml');
    const schema = { input: ['more.txt'], output: 'lock.txt' };
    const { settings } = resolutionOf(options, marker, STORE, (protect) =>
      readLockInput(schema, options, marker, protect),
    );
    expect(settings.configuration.deciding).toEqual({ PIP_NO_BINARY: 'i' });
  });
});

describe('the container of a build', () => {
  const image = { engine: 'docker', name: 'image:1', digest: 'sha256:a' } as const;
  const mount = (source: string, more: Partial<Mount> = {}): Mount => ({
    ...{ source, target: '/x', readOnly: true },
    ...more,
  });
  function placeOf(schema: Partial<BuildExecutorSchema>, sourceRoot?: string) {
    componentsOf({});
    const root = join(directory, 'workspace');
    mkdirSync(join(root, 'libs/c'), { recursive: true });
    const options = optionsOf(root, schema);
    const service = { ...options.service, sourceRoot: sourceRoot ?? root };
    const marker = parseMarker(`[tool.nx-lambda-python]\n${MARKER}`, 'pyproject.toml');
    return keyAndPlace(readResolution({ ...options, service }, marker, STORE), image).place;
  }

  it('takes what is in the workspace from the commit that is built', () => {
    const volumes = ['libs/c:/x:ro', '/opt/oracle:/x:ro', 'cache:/x:ro'];
    const outside = [mount('/opt/oracle'), mount('cache', { isVolume: true })];
    const root = join(directory, 'workspace');
    expect(placeOf({ volumes })?.volumes).toEqual([mount(join(root, 'libs/c')), ...outside]);
    cpSync(root, join(directory, 'commit'), { recursive: true });
    expect(placeOf({ volumes }, join(directory, 'commit'))?.volumes).toEqual([
      mount(join(directory, 'commit/libs/c')),
      ...outside,
    ]);
  });

  it('passes on only variables that are set, and keeps a cache for each image', () => {
    const schema = { environment: ['A=1', 'PIP_CONFIG_FILE', 'NX_LAMBDA_PYTHON_NOT_SET'] };
    expect(placeOf(schema)).toMatchObject({
      environment: { literal: { A: '1' }, inherited: ['PIP_CONFIG_FILE'] },
      pipCache: STORE.pipCachePath('sha256:a'),
    });
  });

  it('has the digest that its name pins, whatever the engine calls that image', () => {
    const pinned = `sha256:${'b'.repeat(64)}`;
    const place = placeOf({ image: `image@${pinned}` });
    expect(place?.pipCache).toBe(STORE.pipCachePath(pinned));
  });
});
