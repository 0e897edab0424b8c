/** Libraries whose builds ask git have in the package what `pip wheel` of their directories has. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CONTAINER_OPTIONS, describeWithEngine, IMAGE } from './support/engine';
import { Forms, ROOT } from './support/requirement-forms';
import { runDirectory } from './support/run-directory';

const LIBRARIES: Readonly<Record<string, string>> = {
  scm: `[build-system]
requires = ["setuptools>=64", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "by-scm"
dynamic = ["version"]
[tool.setuptools]
package-dir = { "" = "src" }
include-package-data = true
[tool.setuptools_scm]
root = "../.."
`,
  hatchvcs: `[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"
[project]
name = "by-hatchvcs"
dynamic = ["version"]
[tool.hatch.version]
source = "vcs"
raw-options = { root = "../.." }
`,
  hatchling: `[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "by-hatchling"
version = "1.0"
`,
  poetry: `[build-system]
requires = ["poetry-core>=1"]
build-backend = "poetry.core.masonry.api"
[tool.poetry]
name = "by-poetry"
version = "1.0"
description = ""
authors = []
packages = [{ include = "by_poetry", from = "src" }]
`,
  pdm: `[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"
[project]
name = "by-pdm"
dynamic = ["version"]
[tool.pdm.version]
source = "scm"
`,
};
const NAMES = Object.keys(LIBRARIES);

describeWithEngine('libraries whose builds ask git', () => {
  let workspace: Forms;
  const git = (...args: string[]) => {
    const who = ['-c', 'user.name=a', '-c', 'user.email=a@b.c'];
    execFileSync('git', [...who, ...args], { cwd: workspace.root });
  };

  /** pip's own wheels of the directories, by the image's git, in a clone with the same changes. */
  function pipWheels(): string[] {
    const out = join(runDirectory(), 'wheels of pip');
    mkdirSync(out, { recursive: true });
    const paths = NAMES.map((name) => `/clone/libs/${name}`).join(' ');
    const script = [
      'git config --global --add safe.directory "*"',
      'cp -r /ws /clone',
      `for path in ${paths}; do python3.11 -m pip wheel -q --no-deps -w /out $path || exit 1; done`,
    ].join(' && ');
    const mounts = [`--volume=${workspace.root}:/ws:ro`, `--volume=${out}:/out`];
    // As in every build: a dirty version has the day in it.
    const epoch = ['--env=SOURCE_DATE_EPOCH=315532800'];
    const run = ['run', '--rm', '--network=host', ...mounts, ...epoch, IMAGE, 'sh', '-c', script];
    execFileSync('docker', run, { stdio: 'pipe' });
    const list =
      'import sys, zipfile\nfor f in sys.argv[1:]:\n  for n in zipfile.ZipFile(f).namelist():\n    if not n.endswith("RECORD"): print(n)';
    const wheels = readdirSync(out).map((name) => join(out, name));
    return execFileSync('python3', ['-c', list, ...wheels], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .sort();
  }

  const packed = () =>
    workspace
      .packagePaths(ROOT)
      .filter((path) => path.startsWith('by_') && !path.endsWith('RECORD'))
      .sort();

  beforeAll(() => {
    workspace = new Forms('library git', CONTAINER_OPTIONS);
    workspace.useStore('library git');
    workspace.write('.gitignore', 'node_modules\ndist\n.nx\n*.env\n');
    for (const name of NAMES) {
      workspace.write(`libs/${name}/pyproject.toml`, LIBRARIES[name] ?? '');
      workspace.write(`libs/${name}/src/by_${name}/__init__.py`, '');
      workspace.write(`libs/${name}/src/by_${name}/schema.json`, '{}\n');
      workspace.write(`libs/${name}/src/by_${name}/secret.env`, 'x');
    }
    workspace.require(...NAMES.map((name) => `-e ../../libs/${name}`));
    git('init', '--quiet', '--initial-branch=main');
    git('add', '.');
    git('commit', '--quiet', '--message=one');
    git('tag', 'v1.2.0');
    workspace.write('notes.md', 'more\n');
    git('add', '.');
    git('commit', '--quiet', '--message=two');
    workspace.write('notes.md', 'edited\n');
    workspace.build();
  });

  it('have the files and the versions that pip wheel of their directories has', () => {
    expect(packed()).toEqual(pipWheels());
    expect(packed()).toContain('by_scm/schema.json');
    expect(packed().filter((path) => path.endsWith('.env'))).toEqual(['by_pdm/secret.env']);
  });

  it('are decided by the commit, where they ask for it', () => {
    git('commit', '--quiet', '--all', '--message=three');
    const { code, output } = workspace.explain();
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain('Nx does not see the commits and tags of git');
    const changed = NAMES.filter((name) => output.includes(`libs/${name}/.git=`));
    expect(changed).toEqual(['scm', 'hatchvcs', 'pdm']);
  });
});
