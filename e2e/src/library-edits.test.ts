/** An edit of a library: the package is the one that a build of everything makes, whatever backend builds it. */

import { CONTAINER_OPTIONS, describeWithEngine } from './support/engine';
import { Forms, ROOT } from './support/requirement-forms';

/** A pyproject.toml of each backend, which reads a version from the library's code where it can. */
const BACKENDS: Readonly<Record<string, string>> = {
  setuptools: `[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "by-setuptools"
dynamic = ["version"]
[tool.setuptools]
package-dir = { "" = "src" }
package-data = { by_setuptools = ["*.json"] }
[tool.setuptools.packages.find]
where = ["src"]
[tool.setuptools.dynamic]
version = { attr = "by_setuptools.__version__" }
`,
  hatchling: `[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "by-hatchling"
dynamic = ["version"]
[tool.hatch.version]
path = "src/by_hatchling/__init__.py"
`,
  poetry: `[build-system]
requires = ["poetry-core>=1"]
build-backend = "poetry.core.masonry.api"
[tool.poetry]
name = "by-poetry"
version = "1.0"
description = ""
authors = ["A <a@example.com>"]
packages = [{ include = "by_poetry", from = "src" }]
`,
  flit: `[build-system]
requires = ["flit_core>=3.4"]
build-backend = "flit_core.buildapi"
[project]
name = "by-flit"
dynamic = ["version", "description"]
`,
  pdm: `[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"
[project]
name = "by-pdm"
dynamic = ["version"]
[tool.pdm.version]
source = "file"
path = "src/by_pdm/__init__.py"
`,
  uv: `[build-system]
requires = ["uv_build>=0.8"]
build-backend = "uv_build"
[project]
name = "by-uv"
version = "1.0"
`,
};
const NAMES = Object.keys(BACKENDS);

describeWithEngine('an edit of libraries that different backends build', () => {
  let workspace: Forms;
  const source = (name: string, file: string) => `libs/${name}/src/by_${name}/${file}`;

  beforeAll(() => {
    workspace = new Forms('library edits', CONTAINER_OPTIONS);
    workspace.useStore('library edits');
    for (const name of NAMES) {
      workspace.write(`libs/${name}/pyproject.toml`, BACKENDS[name] ?? '');
      workspace.write(`libs/${name}/tests/test_it.py`, 'def test(): pass\n');
      workspace.write(source(name, '__init__.py'), '"""A library."""\n\n__version__ = "1.0"\n');
      workspace.write(source(name, 'empty.py'), '');
      workspace.write(source(name, 'nested/__init__.py'), '');
      workspace.write(source(name, 'nested/rates, of "ö".json'), '{}\n');
      workspace.write(source(name, 'core.py'), 'RATE = 1\n');
    }
    workspace.require(...NAMES.map((name) => `-e ../../libs/${name}`), 'six==1.17.0');
    expect(workspace.build('--skip-nx-cache')).toContain('building libs/setuptools');
  });

  it('is in the package without a build of its wheel', () => {
    for (const name of NAMES) {
      workspace.write(source(name, 'core.py'), `RATE = 2\n${'# words '.repeat(5_000)}\n`);
      workspace.write(source(name, 'empty.py'), 'x = 1\n');
      workspace.write(`libs/${name}/tests/test_it.py`, 'def test(): assert True\n');
    }
    workspace.write(source('hatchling', 'nested/rates, of "ö".json'), '{"rate": 2}\n');
    const output = workspace.build('--skip-nx-cache');
    expect(output).toContain('no wheel is built');
    expect(output).not.toContain('resolving');
    const rates = NAMES.map((name) => `by_${name}.core.RATE`);
    const imports = NAMES.map((name) => `by_${name}.core`).join(', ');
    expect(workspace.python(`import ${imports}; print(${rates.join(', ')})`)).toBe('2 2 2 2 2 2');
  });

  it('gives the bytes that a build of everything gives, from an empty store', () => {
    const manifest = workspace.read(`dist/${ROOT}/manifest.json`);
    const package_ = workspace.packageDigest(ROOT);
    workspace.useStore('library edits again');
    expect(workspace.build('--skip-nx-cache')).toContain('building libs/setuptools');
    expect(workspace.packageDigest(ROOT)).toBe(package_);
    expect(workspace.read(`dist/${ROOT}/manifest.json`)).toBe(manifest);
  });

  it('builds the wheel where a backend reads what was edited', () => {
    for (const name of NAMES) {
      workspace.write(source(name, '__init__.py'), '"""A library."""\n\n__version__ = "2.0"\n');
    }
    expect(workspace.build('--skip-nx-cache')).toContain('building libs/setuptools');
    expect(workspace.distributions()).toEqual([
      ...['by-flit 2.0', 'by-hatchling 2.0', 'by-pdm 2.0'],
      ...['by-poetry 1.0', 'by-setuptools 2.0', 'by-uv 1.0', 'six 1.17.0'],
    ]);
  });
});
