import { addProjectConfiguration, logger, readNxJson, updateNxJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { parseMarker } from '../../service/marker';
import { RUNTIMES } from '../../service/runtimes';
import { adoptGenerator } from './adopt';
import schema from './schema.json';
import type { AdoptGeneratorSchema } from './schema';

const ROOT = 'services/legacy';
const HANDLER = 'def handler(event, context):\n    return 1\n';
const LAMBDA = 'def lambda_handler(event, context):\n    return 1\n';

type Files = Record<string, string>;

let tree: Tree;
let found: string[];
let unsure: string[];

beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
  updateNxJson(tree, { ...readNxJson(tree), plugins: ['nx-lambda-python'] });
  [found, unsure] = [[], []];
  jest.spyOn(logger, 'info').mockImplementation((line: string) => void found.push(line));
  jest.spyOn(logger, 'warn').mockImplementation((line: string) => void unsure.push(line));
});
afterEach(() => jest.restoreAllMocks());

/** @param files of the workspace where they begin with `/`, else of the directory */
async function adopt(files: Files, options: Partial<AdoptGeneratorSchema> = {}): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    tree.write(path.startsWith('/') ? path.slice(1) : `${ROOT}/${path}`, text);
  }
  const before = new Map(tree.listChanges().map(({ path, content }) => [path, String(content)]));
  await adoptGenerator(tree, { directory: ROOT, ...options });
  const changed = tree
    .listChanges()
    .filter(({ path, content }) => before.get(path) !== String(content));
  expect(changed.map(({ path }) => path)).toEqual([`${ROOT}/pyproject.toml`]);
  const text = tree.read(`${ROOT}/pyproject.toml`, 'utf-8') ?? '';
  expect(() => parseMarker(text, `${ROOT}/pyproject.toml`)).not.toThrow();
  return text;
}

const SAM = `Parameters:
  Python: { Type: String, Default: python3.12 }
Globals:
  Function:
    Runtime: !Ref Python
    Handler: app.lambda_handler
    Architectures: [arm64]
Resources:
  Table: { Type: AWS::DynamoDB::Table }
  Create:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      FunctionName: legacy-create
      Environment: { Variables: { TABLE: !GetAtt Table.Arn, NAME: !Sub "\${AWS::StackName}-x" } }
  Refund:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: !Sub src
      Handler: refund.main
      FunctionName: !Join ["-", [a, !Ref AWS::StackName]]
  Web: { Type: AWS::Serverless::Function, Properties: { Runtime: nodejs20.x, CodeUri: web } }
  Image: { Type: AWS::Serverless::Function, Properties: { PackageType: Image } }
`;

it('writes the marker with the reason for each line, and says what it is not sure of', async () => {
  const text = await adopt({
    'template.yaml': SAM,
    'src/app.py': `from helper import x\n${LAMBDA}`,
    'src/refund.py': 'def main(payload, _): ...\n',
    'src/helper.py': '',
    'src/old.py': LAMBDA,
    'src/requirements.txt': 'six\n',
    'tools/load.py': '',
  });
  expect(text).toBe(`[tool.nx-lambda-python]
runtime = "python3.12"  # as in template.yaml
architecture = "arm64"  # as in template.yaml
root = "src"  # the code of the functions in template.yaml
handlers = ["app.py"]  # modules that template.yaml names
handler-name = "lambda_handler"  # what they define
include = ["*"]  # all of it, as it is packaged today
requirements = ["src/requirements.txt"]  # builds look in the service only

[tool.nx-lambda-python.functions]  # handlers by another name or in another place, and names of functions
refund = { handler = "refund.main" }
app = "legacy-create"
`);
  expect(found).toEqual([
    '2 handlers: app (app.lambda_handler), refund (refund.main)',
    'dependencies: `src/requirements.txt`, named in the marker',
  ]);
  expect(unsure).toEqual([
    'check: `lambda_handler` of `src/old.py` looks like a handler, but `services/legacy/template.yaml` does not name it: add what is one to `handlers`',
  ]);
});

it('takes no name and no target of a package.json that Nx does not read', async () => {
  const script = '{ "name": "tools", "scripts": { "build": "make" } }';
  await adopt(
    { 'package.json': script, 'requirements.in': 'six\n', 'orders/handlers/a.py': HANDLER },
    { runtime: 'python3.12' },
  );
  expect(found.at(-1)).toContain('`npx nx lock legacy`');
  expect(unsure).toEqual([]);
});

it('appends the marker to a pyproject.toml, and leaves its text', async () => {
  const before =
    '# why\r\n[project]\r\nname   = "billing" # as ever\r\n[tool.ruff]\r\nselect=["E"]';
  const text = await adopt({ 'pyproject.toml': before, 'app/main.py': HANDLER });
  expect(text.startsWith(`${before}\r\n\r\n[tool.nx-lambda-python]\r\npackage = "app"`)).toBe(true);
});

const SERVERLESS = `service: shop
provider: { name: aws, runtime: python3.11, architecture: arm64 }
functions:
  create: { handler: functions/create/handler.main, name: shop-create }
  refund: { handler: functions/refund/handler.main, runtime: python3.9 }
`;
const TERRAFORM = `variable "runtime" { default = "python3.12" }
data "archive_file" "code" {
  type = "zip" # {
  source_dir = "\${path.module}/../services/legacy/src"
}
resource "aws_lambda_function" "create" {
  function_name = "create"
  handler       = "api.create"
  runtime       = var.runtime
  architectures = ["arm64"]
  filename      = data.archive_file.code.output_path
}
resource "aws_lambda_function" "many" {
  for_each = var.all
  handler  = "\${each.key}.handler"
}
`;
const CDK = `import aws_cdk.aws_lambda as _lambda
_lambda.Function(self, "Create", runtime=_lambda.Runtime.PYTHON_3_12, handler="app.handler",
    architecture=_lambda.Architecture.ARM_64, code=_lambda.Code.from_asset("lambda (new)"))
`;
const TYPESCRIPT = `import { aws_lambda as lambda } from 'aws-cdk-lib';
new lambda.Function(this, 'Create', { runtime: lambda.Runtime.PYTHON_3_12, handler: 'app.handler',
  architecture: lambda.Architecture.ARM_64, code: lambda.Code.fromAsset(path.join(__dirname, '..', 'services/legacy/src')) });
`;

it.each<[string, Files, RegExp[], RegExp[]]>([
  [
    'Serverless, a directory for each function',
    {
      'serverless.yml': SERVERLESS,
      'functions/create/handler.py': 'from shared import x\ndef main(a, b): ...\n',
      'functions/refund/handler.py': 'import tools\ndef main(a, b): ...\n',
      'functions/refund/tools.py': '',
      'shared/__init__.py': '',
    },
    [
      /^handlers = \["functions\/\*\/handler.py"\]/m,
      /^handler-name = "main"/m,
      /^include = \["\/functions\/", "\/shared\/"\]/m,
      /^runtime = "python3.11"/m,
      /^create = "shop-create"$/m,
      /^requirements = \[\]/m,
    ],
    [
      /^check: `refund` of `.*serverless.yml` has runtime python3.9, not python3.11: /,
      /^check: `functions\/refund\/handler.py` imports `tools` .*: write `from functions.refund import tools`$/,
      /^check: no requirements were found/,
    ],
  ],
  [
    'Terraform beside it',
    {
      '/infra/main.tf': TERRAFORM,
      'src/api.py': 'def create(e, c): ...\n',
      'requirements.txt': '',
    },
    [
      /^root = "src"/m,
      /^handlers = \["api.py"\]/m,
      /^handler-name = "create"/m,
      /^architecture = "arm64"/m,
    ],
    [],
  ],
  [
    'CDK in Python',
    { 'cdk.json': '{}', 'stack.py': CDK, 'lambda (new)/app.py': HANDLER, 'requirements.txt': '' },
    [/^root = "lambda \(new\)"/m, /^runtime = "python3.12"/m, /^architecture = "arm64"/m],
    [],
  ],
  [
    'CDK in TypeScript',
    { '/infra/stack.ts': TYPESCRIPT, 'src/app.py': HANDLER, 'requirements.txt': '' },
    [/^root = "src"/m, /^runtime = "python3.12"/m],
    [],
  ],
  [
    'CDK with what is computed',
    {
      'cdk.json': '{}',
      'stack.py': `${CDK}
_lambda.Function(self, "Loop", handler=f"{name}.handler", code=_lambda.Code.from_asset("lambda (new)"))
PythonFunction(self, name, entry="lambda (new)", handler=NAME)
cloudfront.Function(self, "Edge", code=cloudfront.FunctionCode.from_file(file_path="a.js"))
_lambda.Function(self, "Node", runtime=_lambda.Runtime.NODEJS_20_X, handler=NAME)
_lambda.Function(self, "Inline", handler=NAME, code=_lambda.Code.from_inline("x = 1"))
`,
      'lambda (new)/app.py': HANDLER,
      'requirements.txt': '',
    },
    [/^root = "lambda \(new\)"/m],
    [
      /^check: `Loop` of `services\/legacy\/stack.py:5` does not name its handler in plain text: /,
      /^check: `function` of `services\/legacy\/stack.py:6` does not name its handler/,
    ],
  ],
  [
    'scripts with two directories on PYTHONPATH',
    {
      Makefile: 'test:\n\tPYTHONPATH=./code:vendored pytest\n',
      'code/jobs/a.py': HANDLER,
      'vendored/x.py': '',
      'environment.yml': 'dependencies: [numpy]\n',
      'env/pyvenv.cfg': '',
      'env/lib/y.py': HANDLER,
    },
    [
      /^root = "code" {2}# on PYTHONPATH in Makefile/m,
      /^runtime = "python3.13" {2}# not found: check it/m,
      /^requirements = \[\] {2}# none were found/m,
    ],
    [
      /^check: nothing says which runtime/,
      /^check: `vendored` is on PYTHONPATH in `Makefile`/,
      /^check: packages of conda are not read from `environment.yml`: list/,
    ],
  ],
  [
    'code that scripts find in the workspace',
    {
      Makefile: 'test:\n\tPYTHONPATH=src:lib:$(PWD)/../../shared/src:../../unused pytest\n',
      'src/jobs/a.py': `import common.money\nfrom vendored import x\n${HANDLER}`,
      'lib/vendored.py': '',
      '/shared/src/common/money.py': 'import tax\n',
      '/shared/src/tax.py': '',
      '/unused/x.py': '',
      'requirements.txt': '',
    },
    [
      /^roots = \["src", "lib", "..\/..\/shared\/src"\] {2}# found by Makefile$/m,
      /^handlers = \["jobs\/\*.py"\]/m,
    ],
    [
      /^check: nothing says which runtime/,
      /^check: `..\/..\/unused` is on PYTHONPATH in `Makefile`, and no module imports anything/,
    ],
  ],
  [
    'code that an image has beside it',
    {
      Dockerfile:
        'ENV PYTHONPATH=../..\nCOPY services/legacy/requirements.txt .\nCOPY --chown=1 shared/src/ ${LAMBDA_TASK_ROOT}/\nCOPY services/legacy/ ./\n',
      'orders/handlers/a.py': `import common.money\n${HANDLER}`,
      '/shared/src/common/money.py': '',
      'requirements.txt': '',
    },
    [/^package = "orders"/m, /^roots = \["\.", "..\/..\/shared\/src"\] {2}# found by Dockerfile$/m],
    [
      /^check: nothing says which runtime/,
      /^check: `..\/..` is on PYTHONPATH in `Dockerfile`, but roots cannot be inside each other/,
    ],
  ],
  [
    'code beside copies that git ignores',
    {
      '/.gitignore': 'node_modules\ndist\n',
      '.gitignore': '/build/\n',
      'dist/orders/handlers/a.py': HANDLER,
      'build/b.py': HANDLER,
      'orders/handlers/a.py': HANDLER,
      'requirements.txt': '',
    },
    [/^package = "orders"/m],
    [/^check: nothing says which runtime/],
  ],
  [
    'requirements that include others',
    {
      'orders/handlers/a.py': HANDLER,
      'requirements/base.txt': '',
      'requirements/prod.txt': '-r base.txt\n',
      'requirements/dev.txt': '',
    },
    [/^requirements = \["requirements\/prod.txt"\]/m],
    [/^check: nothing says which runtime/],
  ],
  [
    'a Pipfile without its lock',
    {
      Pipfile: '[packages]\nsix = "*"\n',
      'orders/handlers/a.py': HANDLER,
    },
    [/^package = "orders"/m],
    [/^check: nothing says which runtime/],
  ],
  [
    'a template that cannot be read, and handlers that no module has',
    {
      'template.yaml': 'Resources:\n  a: [\n',
      'serverless.yml': SERVERLESS,
      'requirements.txt': '',
      'functions/create/handler.py': HANDLER,
    },
    [/^package = "functions"/m],
    [
      /^check: `services\/legacy\/template.yaml` cannot be read \(.*line/,
      /^check: `create` of `.*` has the handler `.*main`, but `.*handler.py` does not define `main`/,
      /^check: `refund` of `.*` has the handler `.*`, but no module here fits it/,
      /^check: nothing says which runtime/,
    ],
  ],
])('reads %s', async (_, files, lines, checks) => {
  const text = await adopt(files);
  expect(text.includes('requirements = ')).toBe(
    lines.some((line) => line.source.includes('requirements')),
  );
  for (const line of lines) expect(text).toMatch(line);
  expect(unsure.map((line, index) => checks[index]?.test(line) || line)).toEqual(
    checks.map(() => true),
  );
});

it.each([
  ['services/legacy', '../../uv.lock'],
  ['services/other', 'pyproject.toml'],
])('goes by a uv.lock above that has %s: %s', async (member, file) => {
  const text = await adopt({
    '/uv.lock': `[[package]]\nname = "one"\nsource = { editable = "${member}" }\n`,
    'pyproject.toml': '[project]\nname = "legacy"\ndependencies = ["six"]\n',
    'orders/handlers/a.py': HANDLER,
  });
  expect(text).not.toContain('requirements = ');
  expect(found.at(-1)).toBe(`dependencies: \`${file}\``);
});

it('says what keeps the build from running', async () => {
  updateNxJson(tree, { ...readNxJson(tree), plugins: [] });
  await adopt(
    {
      'requirements.txt': '',
      'orders/handlers/a.py': HANDLER,
      'project.json': '{}',
      'package.json': '{ "name": "old", "scripts": { "build": "make" } }',
    },
    { runtime: 'python3.12' },
  );
  expect(unsure).toEqual([
    expect.stringContaining('check: the project has `build` of its own, which Nx runs instead: '),
    'check: nx.json does not list the plugin, so Nx does not see old: run `npx nx g nx-lambda-python:init`',
  ]);
});

it.each<[string, Files, string, RegExp, RegExp, string?]>([
  [
    'no handler',
    { 'a.py': 'x = 1\n' },
    'NO_HANDLERS',
    /^no handler was found in `services\/legacy`/,
    /`npx nx g nx-lambda-python:project services\/legacy`/,
  ],
  [
    'a marker',
    { 'pyproject.toml': '[tool.nx-lambda-python]\n' },
    'PROJECT_EXISTS',
    /already a service/,
    /`npx nx build legacy`/,
  ],
  [
    'a directory that is not there',
    { 'a.py': HANDLER },
    'OPTION_INVALID',
    /^the directory `services\/legcy` does not exist/,
    /: `npx nx g nx-lambda-python:adopt services\/legacy`$/,
    'services/legcy',
  ],
  [
    'one that nothing resembles',
    { 'a.py': HANDLER },
    'OPTION_INVALID',
    /^the directory `apps\/shop` does not exist/,
    /`npx nx g nx-lambda-python:project apps\/shop`$/,
    'apps/shop',
  ],
  [
    'a file',
    { 'a.py': HANDLER },
    'OPTION_INVALID',
    /^`services\/legacy\/a.py` is a file/,
    /: `npx nx g nx-lambda-python:adopt services\/legacy`$/,
    'services/legacy/a.py',
  ],
  [
    'a path outside of the workspace',
    { 'a.py': HANDLER },
    'OPTION_INVALID',
    /^`..\/other` is not a path inside the workspace/,
    /`npx nx import` first$/,
    '../other',
  ],
  [
    'a name that is taken',
    { '/apps/legacy/x': '', 'a.py': HANDLER },
    'PROJECT_EXISTS',
    /already exists in `apps\/legacy`/,
    /\{ "name": "legacy-functions" \}/,
  ],
  [
    'a bad pyproject.toml',
    { 'pyproject.toml': '[', 'a.py': HANDLER },
    'MARKER_INVALID',
    /not valid TOML/,
    /^correct line 1 of `services\/legacy\/pyproject.toml`/,
  ],
  [
    'no valid marker',
    { 'my.app/a.py': HANDLER },
    'OPTION_INVALID',
    /does not give a valid marker/,
    /^add `\[tool.nx-lambda-python\]`/,
  ],
])('refuses %s, and writes nothing', async (name, files, code, message, hint, directory = ROOT) => {
  if (name.includes('taken')) addProjectConfiguration(tree, 'legacy', { root: 'apps/legacy' });
  await expect(adopt(files, { directory })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
  expect(tree.read(`${ROOT}/pyproject.toml`, 'utf-8') ?? '').toBe(files['pyproject.toml'] ?? '');
});

it('offers exactly the runtimes that are known', () => {
  expect(schema.properties.runtime.enum).toEqual(RUNTIMES.map(({ name }) => name));
});
