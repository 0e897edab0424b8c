/** Whatever decides a package is edited and built again: Nx's cache never answers with the old one. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildWheel } from '../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';
import { SUPPORTED } from '../../tools/nx-versions';
import { describeLong } from './support/engine';
import { HANDLER, serviceFiles, Workspace } from './support/workspace';

interface Case {
  /** Of the service; default `services/<name>`. */
  root?: string;
  marker?: string;
  files?: Record<string, string>;
  /** It has no requirements.txt. */
  declaresElsewhere?: boolean;
  links?: Record<string, string>;
  project?: object;
  /** Writes the n-th content. */
  edit: (workspace: Workspace, n: number) => void;
  /** Of the package after the n-th edit. */
  shows: (built: Built, n: number) => void;
  /** Nx cannot see it, and is told not to cache. */
  isUnseen?: boolean;
}

interface Built {
  workspace: Workspace;
  root: string;
}

const text = (path: string): Pick<Case, 'edit'> => ({
  edit: (workspace, n) => workspace.write(path, `VALUE = ${n}\n`),
});
const inPackage = (path: string): Pick<Case, 'shows'> => ({
  shows: ({ workspace, root }, n) => {
    const file = join(workspace.root, 'dist', root, 'package.zip');
    const { stdout } = spawnSync('unzip', ['-p', file, path], { encoding: 'utf8' });
    expect(stdout).toBe(`VALUE = ${n}\n`);
  },
});
const versions = ['1.15.0', '1.16.0', '1.17.0'];
const pin = (path: string): Pick<Case, 'edit'> => ({
  edit: (workspace, n) => workspace.write(path, `six==${versions[n]}\n`),
});
const pinned: Pick<Case, 'shows'> = {
  shows: ({ workspace, root }, n) =>
    expect(workspace.manifest(root).distributions).toMatchObject([
      { name: 'six', version: versions[n] },
    ]),
};
/** Of the wheels of six. */
const HASHES = [
  '8b74bedcbbbaca38ff6d7491d76f2b06b3592611af620f8426e82dddb04a5ced',
  '8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254',
  '4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274',
];
const uvLock = (n: number) => `version = 1
[[package]]
name = "locked"
version = "0"
source = { virtual = "services/locked" }
dependencies = [{ name = "six" }]
[[package]]
name = "six"
version = "${versions[n]}"
source = { registry = "https://index.invalid/simple" }
wheels = [{ url = "https://files.invalid/six.whl", hash = "sha256:${HASHES[n]}" }]
`;
const markerOf = (name: string) =>
  `[tool.nx-lambda-python]\npackage = "${name}"\nruntime = "python3.11"\n`;
const rooted = (name: string, ...roots: string[]) =>
  `package = "${name}"\nroots = ${JSON.stringify(['.', ...roots])}\n`;
const options = (given: object) => ({ targets: { build: { options: given } } });

const CASES: Record<string, Case> = {
  constraints: {
    files: { 'requirements.txt': 'six\n' },
    project: options({ constraints: ['deps/pins.txt'] }),
    ...pin('services/constraints/deps/pins.txt'),
    ...pinned,
  },
  links: {
    files: { 'requirements.txt': 'extra\n' },
    project: options({ pipArgs: ['--no-index', '--find-links', 'wheels'] }),
    edit: (workspace, n) => {
      const { filename, bytes } = buildWheel({ name: 'extra', version: `${n + 1}.0` });
      mkdirSync(join(workspace.root, 'services/links/wheels'), { recursive: true });
      writeFileSync(join(workspace.root, 'services/links/wheels', filename), bytes);
    },
    shows: ({ workspace, root }, n) =>
      expect(workspace.manifest(root).distributions).toMatchObject([{ version: `${n + 1}.0` }]),
  },
  folder: {
    links: { 'services/folder/folder/money': '../../../shared/money' },
    ...text('shared/money/rates.py'),
    ...inPackage('folder/money/rates.py'),
  },
  file: {
    links: { 'services/file/file/rates.py': '../../../shared/rates.py' },
    ...text('shared/rates.py'),
    ...inPackage('file/rates.py'),
  },
  required: {
    links: { 'services/required/requirements.txt': '../../shared/required.txt' },
    ...pin('shared/required.txt'),
    ...pinned,
  },
  ignored: {
    files: { '.gitignore': 'generated.py\n' },
    ...text('services/ignored/ignored/generated.py'),
    ...inPackage('ignored/generated.py'),
    isUnseen: true,
  },
  shared: {
    root: '.',
    marker:
      'package = "shared"\ninclude = ["/shared_root/", "/inner/lib/"]\nhandlers = ["shared_root/handlers/*.py"]\n',
    files: {
      'shared_root/handlers/a.py': HANDLER,
      'inner/project.json': '{ "name": "inner" }',
    },
    ...text('inner/lib/value.py'),
    ...inPackage('inner/lib/value.py'),
  },
  special: {
    root: 'services/special (eu) [1]',
    marker: 'package = "special"\ninclude = ["/special/", "/lib (shared)/"]\n',
    ...text('services/special (eu) [1]/lib (shared)/value.py'),
    ...inPackage('lib (shared)/value.py'),
  },
  rooted: {
    marker: rooted('rooted', '../../libs/common/src', '../../shared/tops (é)'),
    ...text('libs/common/src/money/rates.py'),
    ...inPackage('money/rates.py'),
  },
  linked: {
    marker: rooted('linked', '../../linked'),
    links: { linked: 'shared/tops (é)' },
    ...text('shared/tops (é)/tax.py'),
    ...inPackage('tax.py'),
  },
  configured: {
    files: { 'all.txt': '-r ../../shared/configured.txt\n' },
    project: {
      targets: {
        audit: { executor: 'nx:noop', options: { requirements: ['none.txt'] } },
        build: {
          defaultConfiguration: 'usual',
          configurations: { usual: { requirements: ['all.txt'] } },
        },
      },
    },
    ...pin('shared/configured.txt'),
    ...pinned,
  },
  declared: {
    declaresElsewhere: true,
    edit: (workspace, n) =>
      workspace.write(
        'services/declared/pyproject.toml',
        `[project]\ndependencies = ["six==${versions[n]}"]\n${markerOf('declared')}`,
      ),
    ...pinned,
  },
  locked: {
    declaresElsewhere: true,
    edit: (workspace, n) => workspace.write('uv.lock', uvLock(n)),
    shows: pinned.shows,
  },
  library: {
    files: { 'requirements.txt': '-e ../../libs/common\n' },
    ...text('libs/common/common/value.py'),
    ...inPackage('common/value.py'),
  },
};

const LIBRARY = {
  'libs/common/project.json': '{ "name": "common" }',
  'libs/common/common/__init__.py': '',
  'libs/common/pyproject.toml':
    '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "common"\nversion = "1"\n[tool.setuptools]\npackages = ["common"]\n',
};

const rootOf = (name: string) => CASES[name]?.root ?? `services/${name}`;

describeLong.each(SUPPORTED.map((version) => [version.nx, version] as const))(
  'Nx %s',
  (nx, version) => {
    let workspace: Workspace;
    const names = Object.keys(CASES);
    const edit = (n: number) => names.forEach((name) => CASES[name]?.edit(workspace, n));
    const run = (...args: string[]) => workspace.succeed([...args, '--output-style=static']);
    const build = () => run('run-many', '-t', 'build', `--projects=${names.join(',')}`);

    beforeAll(() => {
      workspace = new Workspace(`stale ${nx}`, version).init(LIBRARY, {
        build: { engine: 'host' },
      });
      for (const name of names) {
        const { marker, files, declaresElsewhere, links = {}, project } = CASES[name] as Case;
        const root = rootOf(name);
        workspace.writeAll({
          ...serviceFiles(root, `${marker ?? `package = "${name}"\n`}runtime = "python3.11"\n`, {
            ...(root === '.' ? {} : { [`${name}/handlers/a.py`]: HANDLER }),
            'project.json': JSON.stringify({ name, ...project }),
            ...files,
          }),
        });
        if (declaresElsewhere) workspace.remove(`${root}/requirements.txt`);
        for (const [path, target] of Object.entries(links)) {
          const link = join(workspace.root, path);
          mkdirSync(dirname(link), { recursive: true });
          workspace.remove(path);
          symlinkSync(target, link);
        }
      }
      execFileSync('git', ['init', '--quiet'], { cwd: workspace.root });
      edit(0);
      build();
      edit(1);
      build();
    });

    it.each(names)('%s: an edit is in the next package', (name) => {
      CASES[name]?.shows({ workspace, root: rootOf(name) }, 1);
    });

    it('caches what it can see, and only that', () => {
      const shown = (name: string) =>
        JSON.parse(workspace.succeed(['show', 'project', name, '--json'])) as {
          targets: { build: { cache: boolean; metadata: { description: string } } };
        };
      const { build: ignored } = shown('ignored').targets;
      expect(ignored.cache).toBe(false);
      expect(ignored.metadata.description).toContain('`services/ignored/ignored/generated.py`');
      expect(shown('folder').targets.build.cache).toBe(true);
      expect(build()).toMatch(/13 out of 14 tasks/);
    });

    it.each([
      ['libs/common/src/money/rates.py', ['common', 'library', 'rooted']],
      ['shared/tops (é)/tax.py', ['linked', 'rooted']],
    ])('affects the services of a root with %s', (file, expected) => {
      const show = ['show', 'projects', '--affected', `--files=${file}`, '--json'];
      const affected = JSON.parse(workspace.succeed(show)) as string[];
      // The service at the root of the workspace has all files of no other project.
      expect(affected.filter((name) => name !== 'shared').sort()).toEqual(expected);
    });

    it('goes by the variables of pip, and caches nothing that a pip.conf decides', () => {
      const key = () => workspace.manifest('services/constraints').requirementsKey;
      run('build', 'constraints');
      const usual = key();
      workspace.succeed(['build', 'constraints'], { PIP_PRE: '1' });
      expect(key()).not.toBe(usual);
      const configuration = join(workspace.root, '..', `pip of ${nx}`, 'pip.conf');
      mkdirSync(dirname(configuration), { recursive: true });
      writeFileSync(configuration, '[global]\nprefer-binary = true\n');
      const named = { PIP_CONFIG_FILE: configuration };
      workspace.succeed(['build', 'constraints'], named);
      const before = key();
      writeFileSync(configuration, '[global]\npre = true\n');
      workspace.succeed(['build', 'constraints'], named);
      expect(key()).not.toBe(before);
    });

    it('deploys the edits of what nx.json has replaced the inputs of, and warns', () => {
      const nxJson = JSON.parse(workspace.read('nx.json')) as { targetDefaults: object };
      nxJson.targetDefaults = {
        build: { inputs: ['{projectRoot}/project.json'], options: { engine: 'host' }, cache: true },
      };
      workspace.write('nx.json', JSON.stringify(nxJson));
      run('build', 'folder');
      workspace.write('shared/money/rates.py', 'VALUE = 2\n');
      // Nothing can make Nx see it: the build is answered from the cache.
      run('build', 'folder');
      const output = run('deploy', 'folder', '-c', 'local');
      expect(output).toContain('was not built from the present sources');
      expect(output).toContain('"nx-lambda-python:build": {}');
      CASES['folder']?.shows({ workspace, root: rootOf('folder') }, 2);
      expect(output).toMatch(/1 (created|updated)/);
    });

    it('sees the edits under inputs by name, as most workspaces have them', () => {
      const nxJson = JSON.parse(workspace.read('nx.json')) as object;
      const changed = {
        ...nxJson,
        namedInputs: {
          default: ['{projectRoot}/**/*'],
          production: ['default', '!{projectRoot}/folder/**/*'],
        },
        targetDefaults: {
          build: {
            inputs: ['production', '^production'],
            options: { engine: 'host' },
            cache: true,
          },
        },
      };
      workspace.write('nx.json', JSON.stringify(changed));
      run('build', 'folder');
      workspace.write('shared/money/rates.py', 'VALUE = 3\n');
      run('build', 'folder');
      CASES['folder']?.shows({ workspace, root: rootOf('folder') }, 3);
    });
  },
);
