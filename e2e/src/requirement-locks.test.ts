/** All that requirements files may say, hashes, and locks of other tools, in the container and without one. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CONTAINER_OPTIONS, describeLong, describeWithEngine } from './support/engine';
import { poetryProject, uvWorkspace } from './support/lock-files';
import { publicIndex } from './support/package-index';
import { Forms, ROOT, SIX } from './support/requirement-forms';

const INDEX = publicIndex();

/** What a requirements file may say, all at once. */
const EVERYTHING: Record<string, string | Buffer> = {
  [`${ROOT}/requirements.txt`]: `# comments, other encodings, continued lines, files in files
-r more/base.txt
-c constraints.txt
--extra-index-url ${INDEX}
requests[socks] == 2.32.3 ; \\
    python_version >= "3.9"
colorama==0.4.6 ; sys_platform == "win32"
`,
  [`${ROOT}/more/base.txt`]: `--index-url ${INDEX}\n--no-binary=nothing\nsix>=1.0\n`,
  // As PowerShell redirects pip's output, and an old editor saves it.
  [`${ROOT}/constraints.txt`]: Buffer.from('\uFEFFsix==1.16.0\r\n-c größe.txt\r\n', 'utf16le'),
  [`${ROOT}/größe.txt`]: Buffer.from(
    '# -*- coding: latin-1 -*-\n# für urllib3\nurllib3<2\n',
    'latin1',
  ),
};

function expectEverything(distributions: readonly string[]): void {
  const names = distributions.map((one) => one.toLowerCase());
  expect(names).toEqual(expect.arrayContaining(['pysocks 1.7.1', 'requests 2.32.3', 'six 1.16.0']));
  expect(names.filter((one) => /^(colorama|urllib3 2)/.test(one))).toEqual([]);
}

describeLong('locks and requirements files, without a container', () => {
  let workspace: Forms;

  beforeAll(() => {
    workspace = new Forms('locks on the host', { engine: 'host' });
  });

  it('requirements files with all that they may say', () => {
    workspace.writeAll(EVERYTHING);
    workspace.build();
    expectEverything(workspace.distributions());
  });

  it('pyproject.toml alone: its dependencies, extras and groups, and the lock of them', () => {
    for (const path of Object.keys(EVERYTHING)) workspace.remove(path);
    workspace.write(
      `${ROOT}/pyproject.toml`,
      `[project]
name = "orders"
dependencies = ["six==1.17.0"]
[project.optional-dependencies]
more = ["idna==3.10"]
[dependency-groups]
tools = ["iniconfig==2.1.0"]
[tool.nx-lambda-python]
package = "orders"
runtime = "python3.11"
`,
    );
    workspace.build();
    expect(workspace.distributions()).toEqual(['six 1.17.0']);
    expect(workspace.attempt('--extras=mor').output).toContain(
      `error[OPTION_INVALID]: \`${ROOT}/pyproject.toml\` has no extra \`mor\`; did you mean \`more\`?`,
    );
    const selected = ['--extras=more', '--groups=tools'];
    const all = ['idna 3.10', 'iniconfig 2.1.0', 'six 1.17.0'];
    workspace.build(...selected);
    expect(workspace.distributions()).toEqual(all);
    const lock = workspace.nx(['lock', 'orders', ...selected]);
    expect(lock.output).toContain('3 distributions');
    workspace.build(...selected, '--skip-nx-cache');
    expect(workspace.distributions()).toEqual(all);
    expect(workspace.attempt(...selected, '--extras=other').output).toContain(
      `\`extras\` are set, but \`${ROOT}/requirements.txt\` is a requirements file`,
    );
    workspace.remove(`${ROOT}/requirements.txt`);
  });

  it('Pipfile.lock with a category, and a Pipfile without its lock', () => {
    const marker = '[tool.nx-lambda-python]\npackage = "orders"\nruntime = "python3.11"\n';
    const locked = (version: string, sha256: string) => ({
      version: `==${version}`,
      hashes: [`sha256:${sha256}`],
    });
    workspace.write(`${ROOT}/pyproject.toml`, marker);
    workspace.write(
      `${ROOT}/Pipfile.lock`,
      JSON.stringify({
        _meta: { 'pipfile-spec': 6, requires: { python_version: '3.11' }, sources: [] },
        default: {
          six: locked('1.17.0', '4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274'),
        },
        develop: {
          idna: locked('3.10', '946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3'),
        },
      }),
    );
    workspace.build();
    expect(workspace.distributions()).toEqual(['six 1.17.0']);
    workspace.build('--groups=develop');
    expect(workspace.distributions()).toEqual(['idna 3.10', 'six 1.17.0']);
    workspace.remove(`${ROOT}/Pipfile.lock`);
    workspace.write(`${ROOT}/Pipfile`, '[packages]\nsix = "==1.16.0"\n');
    workspace.build();
    expect(workspace.distributions()).toEqual(['six 1.16.0']);
    workspace.remove(`${ROOT}/Pipfile`);
  });

  it('builds a library with what limits its build requirements', () => {
    workspace.writeAll({
      [`${ROOT}/requirements.txt`]: '-e ../../libs/limited\n',
      [`${ROOT}/limits.txt`]: 'setuptools==80.9.0\n',
      'libs/limited/limited.py': '',
      'libs/limited/pyproject.toml':
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "limited"\nversion = "1"\n[tool.setuptools]\npy-modules = ["limited"]\n',
    });
    workspace.build('--pipArgs=--build-constraint=limits.txt');
    const wheel = ['-p', join(workspace.root, 'dist', ROOT, 'package.zip'), '*/WHEEL'];
    expect(execFileSync('unzip', wheel, { encoding: 'utf8' })).toContain('setuptools (80.9.0)');
    for (const path of ['requirements.txt', 'limits.txt']) workspace.remove(`${ROOT}/${path}`);
  });

  it('uv.lock of a workspace: the members and the pins that the service needs', () => {
    // Of the two members the service requires one.
    workspace.writeAll(uvWorkspace('other'));
    const output = workspace.build('--skip-nx-cache');
    expect(output).toContain('requirements.txt does not exist: reading `uv.lock`');
    expect(output).toMatch(/building libs\/other$/m);
    // The lock pins all, and its lines are none of a requirements file.
    expect(output).not.toContain('no version is pinned');
    expect(workspace.distributions()).toEqual(['other 1.0', 'six 1.17.0']);
    workspace.write(
      'uv.lock',
      `# formatted again\n${workspace.read('uv.lock').replaceAll(' = ', '=')}`,
    );
    expect(workspace.build('--skip-nx-cache')).not.toContain('resolving');
  });

  it('no lock for another Python, which would come to nothing', () => {
    const lock = workspace.read('uv.lock').replace('>=3.11', '>=3.13');
    workspace.write('uv.lock', lock);
    const { code, output } = workspace.attempt('--skip-nx-cache');
    expect(code).not.toBe(0);
    expect(output).toContain(
      'error[REQUIREMENTS_INVALID]: `uv.lock` is locked for Python `>=3.13`',
    );
  });
});

(process.env['LONG'] ? describeWithEngine : describe.skip)(
  'locks and hashes, in a container',
  () => {
    let workspace: Forms;

    beforeAll(() => {
      workspace = new Forms('locks in a container', CONTAINER_OPTIONS);
      workspace.remove(`${ROOT}/requirements.txt`);
    });

    it('requirements files with all that they may say', () => {
      workspace.writeAll(EVERYTHING);
      workspace.build();
      expectEverything(workspace.distributions());
    });

    it('hashes beside a library, which pip alone refuses', () => {
      workspace.require(`six==1.17.0 --hash=sha256:${SIX}`, '../../libs/other');
      workspace.build();
      expect(workspace.distributions()).toEqual(['other 1.0', 'six 1.17.0']);
      workspace.require(`six==1.17.0 --hash=sha256:${SIX.replace('4', '5')}`, '../../libs/other');
      expect(workspace.attempt().output).toContain('error[PIP_FAILED]');
      workspace.remove(`${ROOT}/requirements.txt`);
    });

    it('uv.lock, installed by pip too', () => {
      workspace.writeAll(uvWorkspace('common'));
      workspace.build('--requirements=../../uv.lock');
      expect(workspace.distributions()).toEqual(['common 1.0', 'other 1.0', 'six 1.17.0']);
      workspace.build('--requirements=../../uv.lock', '--dependencies=install');
      expect(workspace.python('import common, six; print(common.NAME, six.__version__)')).toBe(
        'common 1.17.0',
      );
      workspace.remove('uv.lock');
      workspace.remove('pyproject.toml');
    });

    it('poetry.lock, with a library that requires another by path', () => {
      workspace.writeAll(poetryProject());
      expect(workspace.build()).toContain(`reading \`${ROOT}/poetry.lock\``);
      expect(workspace.distributions()).toEqual(['first 1.0', 'second 1.0', 'six 1.17.0']);
      // The same libraries by requirements: what Poetry's wheel names by its URL, pip builds itself.
      workspace.require('-e ../../libs/first', './../../libs/second');
      workspace.build();
      expect(workspace.distributions()).toEqual(['first 1.0', 'second 1.0']);
    });
  },
);
