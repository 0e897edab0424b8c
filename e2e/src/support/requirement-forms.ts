/** A service whose requirements are files of its workspace. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildWheel } from '../../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';
import { runDirectory } from './run-directory';
import { HANDLER, serviceFiles, Workspace } from './workspace';

export const ROOT = 'services/orders';
/** Of the wheel of six 1.17.0. */
export const SIX = '4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274';

export class Forms extends Workspace {
  private store = 'forms';

  constructor(name: string, options: Record<string, unknown>) {
    super(name);
    const service = serviceFiles(ROOT, 'package = "orders"\nruntime = "python3.11"\n', {
      'orders/handlers/refund.py': HANDLER,
      'orders/__init__.py': '',
    });
    this.init({ ...service, ...COMMON, ...library('other') }, { build: options });
  }

  /** From here on nothing is known of what was resolved before. */
  useStore(name: string): void {
    this.store = name;
  }

  build(...args: string[]): string {
    const { code, output } = this.attempt(...args);
    if (code !== 0) throw new Error(output);
    return output;
  }

  attempt(...args: string[]) {
    return this.run('build', ...args);
  }

  explain() {
    return this.run('explain');
  }

  private run(target: string, ...args: string[]) {
    const store = join(runDirectory(), `store-${this.store}`);
    return this.nx([target, 'orders', ...args], { NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store });
  }

  require(...lines: string[]): void {
    this.write(`${ROOT}/requirements.txt`, `${lines.join('\n')}\n`);
  }

  distributions(): string[] {
    return this.manifest(ROOT).distributions.map(({ name, version }) => `${name} ${version}`);
  }

  /** What Python prints with the package alone on its path. */
  python(code: string): string {
    const file = join(this.root, 'dist', ROOT, 'package.zip');
    const text = `import sys; sys.path.insert(0, ${JSON.stringify(file)}); ${code}`;
    return spawnSync('python3', ['-I', '-S', '-c', text], { encoding: 'utf8' }).stdout.trim();
  }

  /** A wheel of one module. */
  wheel(directory: string, name: string): void {
    const { filename, bytes } = buildWheel({
      name,
      files: { [`${name}.py`]: `NAME = "${name}"\n` },
    });
    mkdirSync(join(this.root, directory), { recursive: true });
    writeFileSync(join(this.root, directory, filename), bytes);
  }
}

/** A library in `libs/<name>` that setuptools builds. */
function library(name: string, more = ''): Record<string, string> {
  return {
    [`libs/${name}/pyproject.toml`]: `[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"

[project]
name = "${name}"
version = "1.0"
${more}
[tool.setuptools]
packages = ["${name}"]
`,
    [`libs/${name}/project.json`]: JSON.stringify({ name }),
    [`libs/${name}/${name}/__init__.py`]: `NAME = "${name}"\n`,
    [`libs/${name}/tests/test_${name}.py`]: '',
  };
}

const COMMON = library(
  'common',
  `dependencies = ["other"]
optional-dependencies = { extra = ["idna==3.10"] }
[tool.uv.sources]
other = { path = "../other" }
`,
);
