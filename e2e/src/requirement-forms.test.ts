/** Requirements that are files of the workspace, in the container and without one. */

import { CONTAINER_OPTIONS, describeWithEngine } from './support/engine';
import { Forms, ROOT, SIX } from './support/requirement-forms';

const PYLOCK = `lock-version = "1.0"
created-by = "a test"

[[packages]]
name = "other"
directory = { path = "../../libs/other", editable = true }

[[packages]]
name = "six"
version = "1.17.0"
wheels = [{ url = "https://files.invalid/six-1.17.0-py2.py3-none-any.whl", hashes = { sha256 = "${SIX}" } }]

[[packages]]
name = "never"
version = "1.0"
marker = "sys_platform == 'win32'"
wheels = [{ url = "https://files.invalid/never-1.0-py3-none-any.whl", hashes = { sha256 = "${SIX}" } }]
`;

describeWithEngine('files of the workspace, in a container', () => {
  let workspace: Forms;
  let first: string;

  beforeAll(() => {
    workspace = new Forms('forms in a container', CONTAINER_OPTIONS);
    workspace.wheel(`${ROOT}/vendor`, 'vendored');
    workspace.wheel('wheelhouse', 'linked');
    workspace.require(
      '-e ../../libs/common[extra] ; python_version >= "3"',
      './vendor/vendored-1.0-py3-none-any.whl',
      '-r more/links.txt',
    );
    workspace.write(`${ROOT}/more/links.txt`, '--find-links ../../../wheelhouse\nlinked==1.0\n');
  });

  it('become wheels: a library with what it requires by path, an archive, a link', () => {
    expect(workspace.build('--skip-nx-cache')).toContain('building libs/common, libs/other');
    expect(workspace.distributions()).toEqual([
      'common 1.0',
      'idna 3.10',
      'linked 1.0',
      'other 1.0',
      'vendored 1.0',
    ]);
    const paths = workspace.packagePaths(ROOT);
    expect(paths.filter((path) => /\.pth$|egg-link|tests\/|direct_url/.test(path))).toEqual([]);
    expect(workspace.python('import common, other, linked; print(common.NAME, other.NAME)')).toBe(
      'common other',
    );
    first = workspace.packageDigest(ROOT);
  });

  it('start no container while their content stays, and none of what builds leave counts', () => {
    workspace.write('libs/other/other/__init__.py', workspace.read('libs/other/other/__init__.py'));
    workspace.write('libs/other/build/lib/left.py', 'x = 1\n');
    workspace.write('libs/other/other/__pycache__/x.pyc', '');
    expect(workspace.build('--skip-nx-cache')).not.toContain('resolving');
  });

  it('give the same bytes when everything is built again, from an empty store', () => {
    workspace.useStore('forms again');
    const manifest = workspace.read(`dist/${ROOT}/manifest.json`);
    expect(workspace.build('--skip-nx-cache')).toContain('building libs/common, libs/other');
    expect(workspace.packageDigest(ROOT)).toBe(first);
    expect(workspace.read(`dist/${ROOT}/manifest.json`)).toBe(manifest);
  });
});

describe('files of the workspace, without a container', () => {
  let workspace: Forms;

  beforeAll(() => {
    workspace = new Forms('forms on the host', { engine: 'host' });
    workspace.remove(`${ROOT}/requirements.txt`);
    workspace.write(`${ROOT}/pylock.toml`, PYLOCK);
  });

  it('pylock.toml: libraries are built, all else is checked by its hash', () => {
    const output = workspace.build();
    expect(output).toContain(`requirements.txt does not exist: reading \`${ROOT}/pylock.toml\``);
    expect(workspace.distributions()).toEqual(['other 1.0', 'six 1.17.0']);
    expect(workspace.python('import other, six; print(other.NAME, six.__version__)')).toBe(
      'other 1.17.0',
    );
  });

  it("an edit of a library makes Nx's cached package stale, and affects the service", () => {
    expect(workspace.build()).toContain('local cache');
    workspace.write('libs/other/other/__init__.py', 'NAME = "edited"\n');
    expect(workspace.build()).toContain('were edited in libs/other (1 file)');
    expect(workspace.python('import other; print(other.NAME)')).toBe('edited');
    const show = ['show', 'projects', '--affected', '--files=libs/other/tests/test_other.py'];
    expect(workspace.succeed(show).split('\n')).toContain('orders');
  });

  it('a library that is no pure Python needs a container', () => {
    workspace.write(
      'libs/other/setup.py',
      'from setuptools import setup\nfrom setuptools.dist import Distribution\nDistribution.has_ext_modules = lambda self: True\nsetup()\n',
    );
    workspace.require('-e ../../libs/other');
    const { code, output } = workspace.attempt();
    expect(code).not.toBe(0);
    expect(output).toContain('error[WHEEL_UNAVAILABLE]: `libs/other` needs a container');
    workspace.remove('libs/other/setup.py');
  });
});
