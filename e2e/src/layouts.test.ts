/** Repositories adopt the plugin without moving a file: each layout is built and its handlers are found. */

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { AS_OTHER_USER } from './support/other-user';
import { runDirectory } from './support/run-directory';
import { HANDLER, serviceFiles, Workspace } from './support/workspace';

const named = (name: string) => `def ${name}(event, context):\n    return {}\n`;

interface Layout {
  marker: string;
  files: Record<string, string>;
  /** Name to Lambda's handler string. */
  handlers: Record<string, string>;
  /** In the package, beside the handlers' files. */
  packaged: string[];
}

const LAYOUTS: Record<string, Layout> = {
  other_name: {
    marker: 'package = "shop"\nruntime = "python3.11"\nhandler-name = "lambda_handler"\n',
    files: { 'shop/handlers/pay.py': named('lambda_handler'), 'shop/__init__.py': '' },
    handlers: { pay: 'shop.handlers.pay.lambda_handler' },
    packaged: ['shop/__init__.py'],
  },
  nested: {
    marker: 'package = "shop"\nruntime = "python3.11"\nhandlers = ["shop/handlers/**/*.py"]\n',
    files: {
      'shop/handlers/pay.py': HANDLER,
      'shop/handlers/admin/__init__.py': '',
      'shop/handlers/admin/purge.py': 'from shop.lib import handler\n',
      'shop/lib.py': HANDLER,
    },
    handlers: {
      'admin-purge': 'shop.handlers.admin.purge.handler',
      pay: 'shop.handlers.pay.handler',
    },
    packaged: ['shop/lib.py'],
  },
  two_packages: {
    marker:
      'package = "shop"\nruntime = "python3.11"\nhandlers = ["shop/api/*.py", "shop/events/*.py"]\n',
    files: {
      'shop/api/pay.py': 'from mangum import Mangum\nhandler = Mangum(object())\n',
      'shop/events/on_paid.py': HANDLER,
    },
    handlers: { on_paid: 'shop.events.on_paid.handler', pay: 'shop.api.pay.handler' },
    packaged: [],
  },
  side_by_side: {
    marker:
      'runtime = "python3.11"\nhandlers = ["handlers/*.py"]\ninclude = ["handlers/", "lib/", "services/"]\n',
    files: {
      'handlers/pay.py': `from lib.money import cents\n${HANDLER}`,
      'lib/money.py': 'cents = 1\n',
      'services/billing.py': '',
      'scripts/deploy.py': 'raise SystemExit\n',
    },
    handlers: { pay: 'handlers.pay.handler' },
    packaged: ['lib/money.py', 'services/billing.py'],
  },
  base_module: {
    marker:
      'package = "shop"\nruntime = "python3.11"\nhandlers = ["shop/handlers/*.py", "!shop/handlers/base.py"]\n',
    files: {
      'shop/handlers/base.py': 'class Base: ...\n',
      'shop/handlers/pay.py': `from shop.handlers.base import Base\n${HANDLER}`,
    },
    handlers: { pay: 'shop.handlers.pay.handler' },
    packaged: ['shop/handlers/base.py'],
  },
  one_module: {
    marker: [
      'package = "shop"',
      'runtime = "python3.11"',
      'exclude = ["shop/fixtures/"]',
      '[tool.nx-lambda-python.functions]',
      'pay = "legacy-pay"',
      'purge = { handler = "shop.admin.purge_all", name = "shop-purge" }',
      'audit = { handler = "shop.admin.audit" }',
      '',
    ].join('\n'),
    files: {
      'shop/handlers/pay.py': HANDLER,
      'shop/admin.py': named('purge_all') + named('audit'),
      'shop/fixtures/big.json': '{}',
    },
    handlers: {
      audit: 'shop.admin.audit',
      pay: 'shop.handlers.pay.handler',
      purge: 'shop.admin.purge_all',
    },
    packaged: ['shop/admin.py'],
  },
};

describe('layouts', () => {
  let workspace: Workspace;
  beforeAll(() => {
    workspace = new Workspace('layouts ünd spaces').init();
    for (const [name, { marker, files }] of Object.entries(LAYOUTS)) {
      workspace.writeAll(serviceFiles(`services/${name}`, marker, files));
    }
  });

  it.each(Object.entries(LAYOUTS))('%s', (name, layout) => {
    workspace.succeed(['build', name]);
    const { handlers, engine } = workspace.manifest(`services/${name}`);
    expect(Object.fromEntries(handlers.map((one) => [one.name, one.handler]))).toEqual(
      layout.handlers,
    );
    expect(engine).toBe('none');
    const expected = Object.keys(layout.files).filter(
      (path) => path.endsWith('.py') && !path.startsWith('scripts/'),
    );
    expect(workspace.packagePaths(`services/${name}`)).toEqual(expected.sort());
    expect(expected).toEqual(expect.arrayContaining(layout.packaged));
  });

  it('keeps the names of the functions table for deploy', () => {
    const { handlers } = workspace.manifest('services/one_module');
    expect(handlers.map(({ name, functionName }) => [name, functionName])).toEqual([
      ['audit', undefined],
      ['pay', 'legacy-pay'],
      ['purge', 'shop-purge'],
    ]);
  });
});

describe('two services of one tree', () => {
  const SERVICES = { tree: ['python3.11', 'x86_64'], 'tree-arm': ['python3.12', 'arm64'] } as const;
  let workspace: Workspace;

  beforeAll(() => {
    const marker = (name: keyof typeof SERVICES) =>
      `package = "tree"\nruntime = "${SERVICES[name][0]}"\narchitecture = "${SERVICES[name][1]}"\n`;
    workspace = new Workspace('one tree').init({
      ...serviceFiles('services/tree', marker('tree'), { 'tree/handlers/pay.py': HANDLER }),
      ...serviceFiles('services/tree-arm', `root = "../tree"\n${marker('tree-arm')}`, {}),
    });
  });

  it('are both deployed after an edit, each with its own package', () => {
    const file = 'services/tree/tree/handlers/pay.py';
    const deploy = ['affected', '-t', 'deploy', '-c', 'local', `--files=${file}`];
    for (const edit of ['', '# edited\n']) {
      workspace.write(file, HANDLER + edit);
      workspace.succeed([...deploy, '--output-style=static']);
      for (const [name, [runtime, architecture]] of Object.entries(SERVICES)) {
        const root = `services/${name}`;
        expect(workspace.manifest(root)).toMatchObject({ project: name, runtime, architecture });
        expect(workspace.packagePaths(root)).toEqual(['tree/handlers/pay.py']);
        const report = JSON.parse(workspace.read(`dist/${root}/deploy-report.json`)) as object;
        expect(report).toMatchObject({ functions: [{ name: `${name}-pay`, status: 'updated' }] });
        expect(JSON.stringify(report)).toContain(`/${name}/`);
      }
    }
  });

  it('are never deployed from the package of each other', () => {
    const distOf = (name: string) => join(workspace.root, 'dist/services', name);
    cpSync(distOf('tree-arm'), distOf('tree'), { recursive: true });
    expect(
      workspace.succeed(['deploy', 'tree', '-c', 'local', '--excludeTaskDependencies']),
    ).toContain('was not built from the present sources');
    expect(workspace.manifest('services/tree')).toMatchObject({ project: 'tree' });
    const report = JSON.parse(workspace.read('dist/services/tree/deploy-report.json')) as object;
    expect(report).toMatchObject({ functions: [{ name: 'tree-pay', status: 'unchanged' }] });
  });
});

describe('code whose dependencies are those of its pyproject.toml', () => {
  const DIRECTORY = 'services/legacy';
  const PROJECT = '[project]\nname = "legacy"\nversion = "1"\ndependencies = ["six==1.17.0"]\n';
  let workspace: Workspace;
  beforeAll(() => {
    workspace = new Workspace('adopting at once').init(
      {
        [`${DIRECTORY}/pyproject.toml`]: PROJECT,
        [`${DIRECTORY}/orders/app.py`]: `import six\n${HANDLER}`,
      },
      { build: { engine: 'host' } },
    );
  });

  it('is refused by the name of the file that may not be written', () => {
    const file = `${DIRECTORY}/pyproject.toml`;
    const code = `
const { FsTree } = require('nx/src/generators/tree');
require('./node_modules/nx-lambda-python/src/generators/adopt/adopt.js')
  .default(new FsTree(process.cwd(), false), { directory: '${DIRECTORY}' })
  .catch(({ message }) => console.log(message));`;
    const adopt = () => {
      const [command = '', ...args] = [...AS_OTHER_USER, process.execPath, '-e', code];
      const { stdout, stderr } = spawnSync(command, args, {
        cwd: workspace.root,
        encoding: 'utf8',
        env: workspace.fullEnvironment({}),
      });
      return stdout + stderr;
    };
    chmodSync(runDirectory(), 0o711);
    chmodSync(join(workspace.root, file), 0o444);
    expect(adopt()).toContain(
      `error[FILE_NOT_WRITABLE]: \`${file}\` cannot be written: this user may not write to \`${file}\`\nhint: allow it, \`chmod u+w ${file}\``,
    );
    chmodSync(join(workspace.root, file), 0o644);
  });

  it('is adopted and built by the commands as they are printed', () => {
    const run = (command: string) => workspace.succeed(command.split(' ').slice(1));
    const output = run(
      'nx g nx-lambda-python:adopt services/legacy --runtime=python3.12 --no-interactive',
    );
    expect(output).toContain('dependencies: `pyproject.toml`');
    expect(output).not.toContain('check: ');
    run('nx build legacy');
    expect(workspace.read(`${DIRECTORY}/pyproject.toml`).startsWith(PROJECT)).toBe(true);
    const { runtime, handlers, distributions } = workspace.manifest(DIRECTORY);
    expect(runtime).toBe('python3.12');
    expect(handlers.map(({ handler }) => handler)).toEqual(['orders.app.handler']);
    expect(distributions).toMatchObject([{ name: 'six', version: '1.17.0' }]);
    expect(workspace.packagePaths(DIRECTORY)).toEqual(
      expect.arrayContaining(['orders/app.py', 'six.py']),
    );
  });
});
