/** The generators as a user runs them: what they write, what they refuse, and that the result works at once. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Workspace } from './support/workspace';

const ROOT = 'services/my-orders';
const HANDLERS = `${ROOT}/my_orders/handlers`;
const PROJECT = ['g', 'nx-lambda-python:project', '--runtime=python3.11', '--no-interactive'];
const HANDLER = ['g', 'nx-lambda-python:handler', '--no-interactive'];

let workspace: Workspace;

/** Path to content of everything that a user would commit. */
function files(): Record<string, string> {
  const kept = readdirSync(workspace.root, { withFileTypes: true }).filter(
    ({ name }) => !['node_modules', '.nx', 'dist', '.nx-lambda-python'].includes(name),
  );
  const paths = kept.flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(join(workspace.root, entry.name), { recursive: true, withFileTypes: true })
          .filter((below) => below.isFile())
          .map((below) => join(below.parentPath, below.name))
      : [join(workspace.root, entry.name)],
  );
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(path, 'utf8')]));
}

beforeAll(() => {
  workspace = new Workspace('generators');
});

// In this order: each is the next step of one user.
describe('init', () => {
  it('writes nothing in a dry run', () => {
    const before = files();
    expect(workspace.succeed(['g', 'nx-lambda-python:init', '--dry-run'])).toContain('nx.json');
    expect(files()).toEqual(before);
  });

  it('registers the plugin', () => {
    const manifest = workspace.read('package.json');
    workspace.succeed(['g', 'nx-lambda-python:init']);
    expect(JSON.parse(workspace.read('nx.json'))).toMatchObject({ plugins: ['nx-lambda-python'] });
    // The tarball that the user chose stays.
    expect(workspace.read('package.json')).toBe(manifest);
    expect(workspace.read('.gitignore')).toMatch(/^\.nx-lambda-python$/m);
  });

  it('changes nothing a second time', () => {
    const before = files();
    workspace.succeed(['g', 'nx-lambda-python:init']);
    expect(files()).toEqual(before);
  });
});

it('a migration completes a workspace of an earlier version', () => {
  const before = workspace.read('nx.json');
  const older = { ...(JSON.parse(before) as object), targetDefaults: undefined };
  workspace.write('nx.json', JSON.stringify(older));
  const migration = { package: 'nx-lambda-python', name: 'add-executor-defaults' };
  workspace.write(
    'migrations.json',
    JSON.stringify({ migrations: [{ ...migration, version: '0.2.0-beta.0', cli: 'nx' }] }),
  );
  // The command that `nx migrate` runs: that one asks the registry for the newest Nx first.
  workspace.succeed(['_migrate', '--run-migrations', '--no-interactive']);
  expect(JSON.parse(workspace.read('nx.json'))).toEqual(JSON.parse(before));
  workspace.write('nx.json', before);
  workspace.remove('migrations.json');
});

describe('project', () => {
  it('writes nothing in a dry run', () => {
    const before = files();
    const output = workspace.succeed([...PROJECT, ROOT, '--dry-run']);
    expect(output).toContain(`CREATE ${HANDLERS}/hello.py`);
    expect(files()).toEqual(before);
  });

  it('makes a Python package of a name with dashes', () => {
    workspace.succeed([...PROJECT, ROOT]);
    expect(workspace.read(`${ROOT}/pyproject.toml`)).toContain('package = "my_orders"');
    const paths = Object.keys(files()).map((path) => path.slice(workspace.root.length + 1));
    expect(paths.filter((path) => path.startsWith(ROOT))).toEqual(
      [
        ...['.gitignore', 'README.md', 'project.json', 'pyproject.toml', 'requirements.txt'],
        ...['my_orders/__init__.py', 'my_orders/handlers/__init__.py'],
        'my_orders/handlers/hello.py',
      ]
        .map((path) => `${ROOT}/${path}`)
        .sort(),
    );
  });

  it('refuses a directory that holds a project', () => {
    expectRefused([...PROJECT, ROOT], 'error[PROJECT_EXISTS]', 'hint: ', ROOT);
  });

  it('refuses what its schema does not know', () => {
    expectRefused([...PROJECT, 'other', '--pakage=x'], 'pakage');
  });
});

describe('handler', () => {
  it('writes nothing in a dry run', () => {
    const before = files();
    const output = workspace.succeed([...HANDLER, 'refund', '--project=my-orders', '--dry-run']);
    expect(output).toContain(`CREATE ${HANDLERS}/refund.py`);
    expect(files()).toEqual(before);
  });

  it('takes a name, and a file', () => {
    workspace.succeed([...HANDLER, 'refund', 'my-orders']);
    workspace.succeed([...HANDLER, `${HANDLERS}/ship.py`]);
    for (const name of ['refund', 'ship']) {
      expect(workspace.read(`${HANDLERS}/${name}.py`)).toContain('def handler(');
    }
  });

  it('takes the only service, and a name that Python would not', () => {
    const output = workspace.succeed([...HANDLER, 'bad-name', '--dry-run']);
    expect(output).toContain('note: `bad-name` is not a valid Python identifier');
    expect(output).toContain(`CREATE ${HANDLERS}/bad_name.py`);
  });

  it('takes the service of the current directory, or else has to be told', () => {
    const other = 'services/other/pyproject.toml';
    workspace.write(other, `[tool.nx-lambda-python]\nruntime = "python3.11"\npackage = "other"\n`);
    const args = [...HANDLER, 'cancel', '--dry-run'];
    const inside = workspace.nx(args, { INIT_CWD: join(workspace.root, ROOT, 'my_orders') });
    expect(inside.output).toContain(`CREATE ${HANDLERS}/cancel.py`);
    expectRefused(
      [...HANDLER, 'cancel'],
      ...['error[PROJECT_NOT_FOUND]', '`my-orders`, `other`'],
      'npx nx g nx-lambda-python:handler cancel --project=my-orders',
    );
    workspace.remove('services/other');
  });

  it.each([
    ['a keyword', ['class'], 'HANDLER_NAME_INVALID', '`class`'],
    ['a file that exists', [`${HANDLERS}/ship.py`], 'HANDLER_EXISTS', 'handlers/ship.py'],
  ])('refuses %s', (_, args, code, words) => {
    expectRefused([...HANDLER, ...args, '--project=my-orders'], `error[${code}]`, 'hint: ', words);
  });

  it('refuses a service that does not exist, naming those that do', () => {
    expectRefused(
      [...HANDLER, 'refund', '--project=my-order'],
      ...['error[PROJECT_NOT_FOUND]', '--project=my-orders'],
    );
  });
});

describe('the generated README', () => {
  const commands = () =>
    [...workspace.read(`${ROOT}/README.md`).matchAll(/`npx (nx [^`]+)`/g)].map(([, command = '']) =>
      command.split(' ').slice(1),
    );

  it('is short, and every command in it works at once', () => {
    expect(workspace.read(`${ROOT}/README.md`).trim().split('\n').length).toBeLessThanOrEqual(10);
    workspace.remove(`${HANDLERS}/refund.py`);
    const [aws, ...others] = commands().reverse();
    expect(others.reverse().map((args) => args.join(' '))).toEqual([
      'g nx-lambda-python:handler refund --project=my-orders',
      'build my-orders',
      'deploy my-orders -c local',
    ]);
    for (const args of others) workspace.succeed(args);
    const report = JSON.parse(workspace.read(`dist/${ROOT}/deploy-report.json`)) as {
      functions: { name: string; status: string }[];
    };
    expect(report.functions.map(({ name, status }) => [name, status])).toEqual([
      ['my-orders-hello', 'updated'],
      ['my-orders-refund', 'updated'],
      ['my-orders-ship', 'updated'],
    ]);
    // The last one needs a bucket, as the README says.
    workspace.fail(aws ?? [], ['error[BUCKET_NOT_SET]']);
  });
});

describe('code that exists', () => {
  const LEGACY = 'services/legacy';
  const existing = {
    [`${LEGACY}/requirements.txt`]: '# by hand\n',
    [`${LEGACY}/README.md`]: '#  Legacy\n',
    [`${LEGACY}/hello.py`]: 'GREETING = "hello"\n',
    [`${LEGACY}/functions/create/app.py`]:
      'from hello import GREETING\ndef lambda_handler( event,context ):\n  return GREETING\n',
    [`${LEGACY}/functions/refund/app.py`]: 'def lambda_handler(event, context): ...\n',
  };

  it('is shown by a dry run, adopted as it is, and builds at once', () => {
    workspace.writeAll(existing);
    const before = files();
    const dry = workspace.succeed([...PROJECT, LEGACY, '--dry-run']);
    expect(dry).toContain(`CREATE ${LEGACY}/pyproject.toml`);
    expect(dry).toContain('2 handlers: create (functions.create.app.lambda_handler), refund (');
    expect(files()).toEqual(before);
    workspace.succeed([...PROJECT, LEGACY]);
    expect(files()).toMatchObject(before);
    workspace.succeed(['build', 'legacy', '--imports=error']);
    expect(workspace.manifest(LEGACY).handlers.map(({ handler }) => handler)).toEqual([
      'functions.create.app.lambda_handler',
      'functions.refund.app.lambda_handler',
    ]);
    expect(workspace.packagePaths(LEGACY)).toEqual([
      'functions/create/app.py',
      'functions/refund/app.py',
      'hello.py',
    ]);
  });
});

describe('library', () => {
  const ORDERS = 'services/orders';

  it('is in the package of a service that requires it', () => {
    workspace.succeed([...PROJECT, ORDERS]);
    workspace.succeed(['g', 'nx-lambda-python:library', 'libs/common', '--project=orders']);
    expect(workspace.read(`${ORDERS}/requirements.txt`)).toContain('\n-e ../../libs/common\n');
    const hello = `${ORDERS}/orders/handlers/hello.py`;
    workspace.write(hello, `import common\n${workspace.read(hello)}`);
    workspace.succeed(['build', 'orders', '--engine=host', '--imports=error']);
    expect(workspace.packagePaths(ORDERS)).toContain('common/__init__.py');
  });
});

describe('policy', () => {
  it('reads the options as Nx resolves them, and writes only the file that it is told', () => {
    workspace.setDefaults('upload', { bucket: 'acme-packages', region: 'cn-north-1' });
    const before = files();
    const args = ['g', 'nx-lambda-python:policy', 'my-orders', '--no-interactive'];
    const output = workspace.succeed(args);
    expect(output).toContain('"arn:aws-cn:lambda:cn-north-1:*:function:my-orders-hello"');
    expect(output).toContain('"arn:aws-cn:s3:::acme-packages/lambda-packages/my-orders/*.zip"');
    expect(output).toContain('note: the account is unknown');
    expect(files()).toEqual(before);
    workspace.succeed([...args, '--account=111122223333', '--output=infra/policy.json']);
    expect(workspace.read('infra/policy.json')).toContain(
      '"arn:aws-cn:lambda:cn-north-1:111122223333:function:my-orders-ship"',
    );
    expectRefused([...args, '--configuration=local'], 'error[OPTION_INVALID]', 'simulated');
  });
});

function expectRefused(args: readonly string[], ...words: string[]): void {
  const before = files();
  workspace.fail(args, words);
  expect(files()).toEqual(before);
}
