/** What is built: the service with or without its dependencies, of the working copy or of a commit. */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitAll } from '../../tools/fresh-workspace';
import { MARKER, serviceFiles, Workspace } from './support/workspace';

const HANDLER = 'import six\n\n\ndef handler(event, context):\n    return six.__version__\n';

let workspace: Workspace;
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: workspace.root, encoding: 'utf8' }).trim();
const build = (...args: string[]) =>
  workspace.succeed(['build', 'app', '--engine=host', '--skip-nx-cache', ...args]);
const digest = () => workspace.packageDigest('services/app');

beforeAll(() => {
  workspace = new Workspace('sources ü').init(
    serviceFiles('services/app', MARKER, {
      'app/handlers/a.py': HANDLER,
      'requirements.txt': 'six==1.17.0\n',
    }),
  );
  commitAll(workspace.root, 'first');
});

describe('with a layer', () => {
  const layerFile = () => join(workspace.root, 'dist/services/app/layer.zip');
  afterAll(() => workspace.remove('dist/services/app'));

  it('dependencies and service are in archives of their own', () => {
    build('--layer');
    const { layer, package: zip, distributions } = workspace.manifest('services/app');
    const bytes = readFileSync(layerFile());
    expect(layer).toMatchObject({
      file: 'layer.zip',
      sha256: createHash('sha256').update(bytes).digest('base64'),
      size: bytes.length,
    });
    expect(zip.sha256).toBe(digest());
    expect(distributions).toMatchObject([{ name: 'six' }]);
    expect(workspace.packagePaths('services/app')).toEqual(['app/handlers/a.py']);
  });

  it('Python finds both, as Lambda sets its path', () => {
    const { stdout, stderr } = spawnSync(
      'python3',
      ['-I', '-S', '-c', RUN, join(workspace.root, 'dist/services/app')],
      { encoding: 'utf8' },
    );
    expect(`${stdout}${stderr}`).toBe('1.17.0\n');
  });

  it('an edit leaves the layer as it is', () => {
    const before = readFileSync(layerFile());
    const { sha256 } = workspace.manifest('services/app').package;
    workspace.write('services/app/app/extra.py', 'x = 1\n');
    build('--layer');
    workspace.remove('services/app/app/extra.py');
    expect(readFileSync(layerFile()).equals(before)).toBe(true);
    expect(workspace.manifest('services/app').package.sha256).not.toBe(sha256);
  });

  it('a file of the service cannot hide one of the layer', () => {
    workspace.write('services/app/six.py', '');
    const pyproject = workspace.read('services/app/pyproject.toml');
    workspace.write('services/app/pyproject.toml', `${pyproject}include = ["app/", "six.py"]\n`);
    const { output } = workspace.nx(['build', 'app', '--engine=host', '--layer']);
    workspace.write('services/app/pyproject.toml', pyproject);
    workspace.remove('services/app/six.py');
    expect(output).toContain('error[ENTRY_COLLISION]');
  });

  it('the functions of the simulated account take it', () => {
    workspace.setDefaults('build', { engine: 'host', layer: true });
    // The simulated account makes its functions itself: it takes them as they are.
    expect(workspace.succeed(['deploy', 'app', '-c', 'local'])).toContain('1 updated');
    workspace.setDefaults('build', {});
  });

  it('a build without one leaves none behind', () => {
    build();
    expect(workspace.exists('dist/services/app/layer.zip')).toBe(false);
    expect(workspace.manifest('services/app').layer).toBeUndefined();
    expect(workspace.packagePaths('services/app')).toContain('six.py');
  });
});

describe('of a commit', () => {
  it('files are as git has them, whatever the working copy holds', () => {
    build();
    const committed = digest();
    git('-c', 'user.name=dev', '-c', 'user.email=dev@example.com', 'tag', 'v1');
    workspace.write('services/app/app/handlers/a.py', `${HANDLER}# edited\n`);
    workspace.write('services/app/requirements.txt', 'six==1.16.0\n');
    workspace.write('services/app/app/untracked.py', '');
    build();
    expect(digest()).not.toBe(committed);
    expect(build('--ref=v1')).toContain('(v1), not the working copy');
    expect(digest()).toBe(committed);
    expect(workspace.manifest('services/app').commit).toBe(git('rev-parse', 'HEAD'));
    // Neither the index nor the working copy of the user has changed.
    expect(git('status', '--porcelain', 'services').split('\n')).toEqual([
      'M services/app/app/handlers/a.py',
      ' M services/app/requirements.txt',
      '?? services/app/app/untracked.py',
    ]);
  });

  it.each([
    ['main', '`main` moves'],
    ['HEAD', '`HEAD` moves'],
    ['v9', 'does not name a commit'],
    ['--help', 'does not name a commit'],
  ])('%s is refused', (ref, words) => {
    workspace.fail(
      ['build', 'app', '--engine=host', `--ref=${ref}`],
      ['error[REF_INVALID]', words],
    );
  });
});

describe('a release', () => {
  const report = () =>
    JSON.parse(workspace.read('dist/services/app/deploy-report.json')) as {
      source: { commit: string; dirty: boolean };
    };

  it('records what it was made of', () => {
    workspace.setDefaults('build', { engine: 'host' });
    workspace.succeed(['deploy', 'app', '-c', 'local']);
    expect(report().source).toEqual({ commit: git('rev-parse', 'HEAD'), dirty: true });
  });

  it('can be refused from a working copy that differs from its commit', () => {
    workspace.fail(['deploy', 'app', '-c', 'local', '--requireClean'], ['error[SOURCE_DIRTY]']);
    commitAll(workspace.root, 'x');
    workspace.succeed(['deploy', 'app', '-c', 'local', '--requireClean']);
    expect(report().source).toEqual({ commit: git('rev-parse', 'HEAD'), dirty: false });
  });

  it('of a package that was built from a commit names that one', () => {
    build('--ref=v1');
    workspace.write('services/app/app/untracked.py', 'x = 1\n');
    const command = (target: string, ...more: string[]) =>
      workspace.nx([target, 'app', '-c', 'local', '--excludeTaskDependencies', ...more]);
    // The sources here are others: whoever means that package says so.
    for (const target of ['upload', 'deploy']) {
      const refused = command(target);
      expect(refused.output).toContain('error[PACKAGE_OF_OTHER_SOURCES]');
      expect(refused.output).toContain(
        `npx nx ${target} app -c local --sources=any --excludeTaskDependencies`,
      );
      expect(refused.code).not.toBe(0);
    }
    expect(command('upload', '--sources=any').code).toBe(0);
    expect(command('deploy', '--sources=any', '--requireClean').code).toBe(0);
    expect(report().source).toEqual({ commit: git('rev-parse', 'v1^{commit}'), dirty: false });
  });

  it('of a package that was built in another checkout says so, and is not taken without a word', () => {
    workspace.succeed(['build', 'app']);
    commitAll(workspace.root, 'a');
    workspace.remove('dist');
    workspace.succeed(['build', 'app', '--skip-nx-cache']);
    const [first, bytes] = [git('rev-parse', 'HEAD'), digest()];
    workspace.write('services/app/app/handlers/a.py', `${HANDLER}# of the next commit\n`);
    commitAll(workspace.root, 'b');
    const local = ['app', '-c', 'local', '--excludeTaskDependencies'];

    workspace.succeed(['upload', ...local, '--sources=any']);
    workspace.succeed(['deploy', ...local, '--sources=any', '--requireClean']);
    expect(report().source).toEqual({ commit: first, dirty: false });

    const output = workspace.succeed(['upload', ...local]);
    expect(output).toContain('was not built from the present sources');
    expect(digest()).not.toBe(bytes);
    workspace.succeed(['deploy', ...local]);
    expect(report().source).toEqual({ commit: git('rev-parse', 'HEAD'), dirty: false });
  });
});

const RUN = `
import sys, zipfile, tempfile
root = sys.argv[1]
for name in ("package", "layer"):
    zipfile.ZipFile("%s/%s.zip" % (root, name)).extractall("%s/%s" % (root, name))
sys.path[:0] = [root + "/package", root + "/layer/python"]
from app.handlers.a import handler
print(handler({}, None))
`;
