/**
 * What the plugin adds to Nx commands without a daemon, in a workspace of 150 services with 10 handlers and 50
 * libraries, three for each service. The variants take turns, so that whatever else runs slows all of them alike.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { commitAll, createWorkspace } from '../fresh-workspace';
import { NEWEST } from '../nx-versions';
import { markdownTable, timed, timesOf } from './measure';

const SERVICES = 150;
const HANDLERS = 10;
const LIBRARIES = 50;
const RUNS = 9;

/** A plugin that finds the same files and says nothing: what Nx itself needs to have any plugin. */
const EMPTY_PLUGIN = `exports.name = 'empty';
exports.createNodes = exports.createNodesV2 = ['**/pyproject.toml', () => []];
exports.createDependencies = () => [];
`;

/** Makes a wheel of `src` and fetches nothing. */
const BACKEND = `import base64, hashlib, os, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = os.path.basename(os.getcwd()).replace("-", "_")
    info = name + "-1.0.dist-info/"
    files = {
        info + "METADATA": "Metadata-Version: 2.1\\nName: %s\\nVersion: 1.0\\n" % name,
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    for folder, _, found in os.walk("src"):
        for path in (os.path.join(folder, file) for file in found):
            files[os.path.relpath(path, "src")] = open(path).read()
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += "%s,sha256=%s,%d\\n" % (path, digest, len(text.encode()))
    files[info + "RECORD"] = record + info + "RECORD,,\\n"
    wheel = name + "-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, wheel), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel
`;

type Variant = 'without' | 'empty' | 'warm' | 'cold';
const TITLES: Readonly<Record<Variant, string>> = {
  without: 'without the plugin',
  empty: 'with a plugin that does nothing',
  warm: 'with the plugin',
  cold: 'with the plugin, nothing cached',
};
const VARIANTS = Object.keys(TITLES) as Variant[];

export function benchGraph(): void {
  const workspace = new GraphWorkspace();
  try {
    for (const [title, args] of [
      ['nx show projects', ['show', 'projects']],
      ['nx graph --file', ['graph', '--file=dist/graph.json']],
    ] as const) {
      console.log(`\n### ${title}\n\n${workspace.compare(args)}`);
    }
    console.log(`\n### nx run-many of ${SERVICES} unchanged services\n\n${workspace.unchanged()}`);
  } finally {
    workspace.remove();
  }
}

class GraphWorkspace {
  private readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'nx-lambda-python-bench-')));
  private readonly root = join(this.directory, 'workspace');

  constructor() {
    createWorkspace(this.root, NEWEST);
    this.writeAll('node_modules/empty-plugin', {
      'package.json': '{ "name": "empty-plugin", "version": "1.0.0", "main": "index.js" }',
      'index.js': EMPTY_PLUGIN,
    });
    for (let number = 0; number < LIBRARIES; number += 1) this.writeLibrary(number);
    for (let number = 0; number < SERVICES; number += 1) this.writeService(number);
    this.usePlugin('warm');
    commitAll(this.root, 'first');
  }

  /** Times of a command in each variant, and how often longer it takes than without the plugin. */
  compare(args: readonly string[]): string {
    const seconds: Record<Variant, number[]> = { without: [], empty: [], warm: [], cold: [] };
    for (let run = 0; run <= RUNS; run += 1) {
      const turn = run % 2 === 0 ? VARIANTS : [...VARIANTS].reverse();
      for (const variant of turn) {
        this.usePlugin(variant);
        // A run that is not counted, so that it has what the run before the counted one leaves.
        if (variant === 'warm') this.nx(...args);
        const took = timed(() => this.nx(...args));
        if (run > 0) seconds[variant].push(took);
      }
    }
    const usual = timesOf(seconds.without);
    return markdownTable(
      ['variant', 'median s', 'minimum s', 'ratio of medians', 'ratio of minima'],
      VARIANTS.map((variant) => {
        const { median, minimum } = timesOf(seconds[variant]);
        const ratios = [median / usual.median, minimum / usual.minimum];
        return [
          ...[TITLES[variant], median.toFixed(2), minimum.toFixed(2)],
          ...ratios.map((ratio) => `${ratio.toFixed(2)}x`),
        ];
      }),
    );
  }

  /** Cached builds beside cached tasks that do nothing, for each service. */
  unchanged(): string {
    this.usePlugin('warm');
    const targets = { build: [] as number[], nothing: [] as number[] };
    const run = (target: string) => this.nx('run-many', '-t', target, '--output-style=static');
    for (const target of Object.keys(targets)) run(target);
    for (let turn = 0; turn < RUNS; turn += 1) {
      for (const [target, seconds] of Object.entries(targets))
        seconds.push(timed(() => run(target)));
    }
    return markdownTable(
      ['target', 'median s', 'minimum s', 'ms for each service'],
      Object.entries(targets).map(([target, seconds]) => {
        const { median, minimum } = timesOf(seconds);
        const each = ((median / SERVICES) * 1000).toFixed(1);
        return [target, median.toFixed(2), minimum.toFixed(2), each];
      }),
    );
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private usePlugin(variant: Variant): void {
    const plugins = { without: [], empty: ['empty-plugin'] } as Record<string, string[]>;
    const nxJson = {
      ...{ defaultBase: 'main', analytics: false, neverConnectToCloud: true },
      plugins: plugins[variant] ?? ['nx-lambda-python'],
      targetDefaults: { 'nx-lambda-python:build': { options: { engine: 'host' } } },
    };
    writeFileSync(join(this.root, 'nx.json'), JSON.stringify(nxJson));
    if (variant === 'cold') this.forget();
  }

  /** Removes the plugin's own cache, and leaves Nx's. */
  private forget(): void {
    const data = join(this.root, '.nx', 'workspace-data');
    for (const name of readdirSync(data)) {
      if (name.startsWith('nx-lambda-python-')) rmSync(join(data, name));
    }
  }

  private writeLibrary(number: number): void {
    const name = `lib-${number}`;
    const modules = Array.from({ length: 5 }, (_, module) => [
      `src/lib_${number}/part_${module}.py`,
      `import json\n\nVALUE = ${module}\n`,
    ]);
    this.writeAll(`libs/${name}`, {
      'project.json': JSON.stringify({ name }),
      'pyproject.toml': `[project]\nname = "${name}"\nversion = "1.0"\n\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n`,
      'backend.py': BACKEND,
      [`src/lib_${number}/__init__.py`]: '',
      ...(Object.fromEntries(modules) as Record<string, string>),
    });
  }

  private writeService(number: number): void {
    const name = `service-${number}`;
    const module = `service_${number}`;
    // As in a workspace, many services need the same: 17 sets of libraries.
    const libraries = [0, 1, 2].map((index) => (3 * (number % 17) + index) % LIBRARIES);
    const handlers = Array.from({ length: HANDLERS }, (_, handler) => [
      `${module}/handlers/handler_${handler}.py`,
      handlerText(module, `lib_${libraries[handler % 3]}`),
    ]);
    const nothing = { executor: 'nx:run-commands', cache: true, options: { command: 'true' } };
    this.writeAll(`services/${name}`, {
      'project.json': JSON.stringify({ name, targets: { nothing } }),
      'pyproject.toml': `[tool.nx-lambda-python]\npackage = "${module}"\nruntime = "python3.11"\n`,
      'requirements.txt': libraries.map((library) => `../../libs/lib-${library}\n`).join(''),
      [`${module}/__init__.py`]: '',
      [`${module}/shared.py`]: 'VERSION = 0\n',
      [`${module}/handlers/__init__.py`]: '',
      ...(Object.fromEntries(handlers) as Record<string, string>),
    });
  }

  private writeAll(directory: string, files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.root, directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  private nx(...args: string[]): void {
    const { status, stdout, stderr } = spawnSync(join(this.root, 'node_modules/.bin/nx'), args, {
      cwd: this.root,
      encoding: 'utf8',
      env: {
        ...process.env,
        ...{ NX_DAEMON: 'false', NX_TUI: 'false', CI: 'true' },
        NX_LAMBDA_PYTHON_CACHE_DIRECTORY: join(this.directory, 'store'),
      },
    });
    if (status !== 0) throw new Error(`nx ${args.join(' ')} failed:\n${stdout}${stderr}`);
  }
}

/** As long as real code. */
function handlerText(module: string, library: string): string {
  const steps = Array.from(
    { length: 25 },
    (_, step) => `    result["${step}"] = event.get("${step}")`,
  );
  return [
    'import json\n',
    `from ${library} import part_1`,
    `from ${module}.shared import VERSION\n\n`,
    'def handler(event, context):',
    '    result = {"version": VERSION, "part": part_1.VALUE}',
    ...steps,
    '    return {"statusCode": 200, "body": json.dumps(result)}\n',
  ].join('\n');
}
