import type { ProjectGraph, TargetConfiguration, Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { errorWith } from '../../errors.fixtures';
import type { PolicyDocument } from '../../release/policy/policy';
import { projectGenerator } from '../project/project';
import { policyGenerator } from './policy';
import type { PolicyGeneratorSchema } from './schema';

const MARKER = '[tool.nx-lambda-python]\nruntime = "python3.13"\npackage = "orders"\n';
const CREATE = `${MARKER}
[tool.nx-lambda-python.create]
role = "arn:aws:iam::111122223333:role/{stage}-all"
[tool.nx-lambda-python.functions]
refund = "legacy-refund"
purge = { handler = "orders.handlers.hello.handler", create = { role = "arn:aws:iam::1:role/own" } }
`;

let tree: Tree;
let targets: Record<string, TargetConfiguration>;
let printed: string[];
let notes: string[];

beforeEach(async () => {
  delete process.env['AWS_REGION'];
  delete process.env['AWS_DEFAULT_REGION'];
  tree = createTreeWithEmptyWorkspace();
  await projectGenerator(tree, { directory: 'services/orders', skipFormat: true });
  tree.write('services/orders/orders/handlers/refund.py', 'def handler(event, context): ...\n');
  tree.write('services/orders/orders/handlers/_shared.py', '');
  targets = {
    build: { executor: 'nx-lambda-python:build' },
    upload: {
      options: { bucket: 'acme', region: 'eu-west-1' },
      configurations: { local: { simulated: true }, production: { bucket: 'acme-prod' } },
    },
    deploy: {
      options: { functionName: '{project}-{stage}-{handler}', stage: 'dev' },
      configurations: {
        local: { simulated: true },
        production: { stage: 'prod', accountId: '011122223333', alias: 'live' },
      },
    },
  };
  printed = [];
  notes = [];
  jest.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  jest.spyOn(console, 'error').mockImplementation((text: string) => void notes.push(text));
});
afterEach(() => jest.restoreAllMocks());

async function policy(options: Partial<PolicyGeneratorSchema> = {}): Promise<PolicyDocument> {
  const data = { root: 'services/orders', targets };
  const graph: ProjectGraph = {
    nodes: { orders: { name: 'orders', type: 'app', data } },
    dependencies: {},
  };
  await policyGenerator(tree, { project: 'orders', ...options }, () => Promise.resolve(graph));
  return JSON.parse(printed.splice(0).join('\n') || '{}') as PolicyDocument;
}

const resources = ({ Statement }: PolicyDocument, sid: string) =>
  Statement.find(({ Sid }) => Sid === sid)?.Resource;

it('names the functions of the handlers, without a build', async () => {
  expect(resources(await policy(), 'Functions')).toEqual([
    'arn:aws:lambda:eu-west-1:*:function:orders-dev-hello',
    'arn:aws:lambda:eu-west-1:*:function:orders-dev-refund',
  ]);
  expect(notes).toEqual([expect.stringContaining('account is unknown')]);
});

it('fills the names of the functions table', async () => {
  const table = '[tool.nx-lambda-python.functions]\nrefund = "legacy-{stage}-{package}"\n';
  tree.write('services/orders/pyproject.toml', `${MARKER}${table}`);
  expect(resources(await policy(), 'Functions')).toEqual([
    'arn:aws:lambda:eu-west-1:*:function:legacy-dev-orders',
    'arn:aws:lambda:eu-west-1:*:function:orders-dev-hello',
  ]);
});

it('is of one configuration, in all targets', async () => {
  const document = await policy({ configuration: 'production' });
  expect(resources(document, 'Functions')).toEqual([
    'arn:aws:lambda:eu-west-1:011122223333:function:orders-prod-hello',
    'arn:aws:lambda:eu-west-1:011122223333:function:orders-prod-refund',
  ]);
  expect(resources(document, 'Bucket')).toEqual(['arn:aws:s3:::acme-prod']);
  expect(document.Statement[0]?.Action).toContain('lambda:UpdateAlias');
  expect(notes).toEqual([]);
});

it('takes the default configuration of a target, and its other targets by their names', async () => {
  targets['deploy'] = { ...targets['deploy'], defaultConfiguration: 'production' };
  targets['ship'] = { ...targets['deploy'], options: { uploadTarget: 'put' } };
  targets['put'] = { options: { bucket: 'other', buildTarget: 'make', prefix: '' } };
  targets['make'] = { options: { layer: true } };
  const document = await policy({ deployTarget: 'ship' });
  expect(resources(document, 'Packages')).toEqual(['arn:aws:s3:::other/orders/*.zip']);
  expect(resources(document, 'Layer')).toEqual([
    'arn:aws:lambda:*:011122223333:layer:orders-dependencies',
  ]);
});

it('passes the roles of the create tables, and those only where functions are created', async () => {
  tree.write('services/orders/pyproject.toml', CREATE);
  expect(resources(await policy(), 'Roles')).toBeUndefined();
  targets['deploy'] = { options: { missing: 'create', stage: 'dev' } };
  const document = await policy();
  expect(resources(document, 'Roles')).toEqual([
    'arn:aws:iam::111122223333:role/dev-all',
    'arn:aws:iam::1:role/own',
  ]);
  expect(resources(document, 'Functions')).toEqual([
    'arn:aws:lambda:eu-west-1:*:function:legacy-refund',
    'arn:aws:lambda:eu-west-1:*:function:orders-purge',
  ]);
});

it('allows calls where they are asked for', async () => {
  const allowsCalls = (document: Awaited<ReturnType<typeof policy>>) =>
    JSON.stringify(document).includes('lambda:InvokeFunction');
  expect(allowsCalls(await policy())).toBe(false);
  expect(allowsCalls(await policy({ invoke: true }))).toBe(true);
});

it('stands in for hundreds of functions by their template', async () => {
  for (let index = 0; index < 150; index += 1) {
    tree.write(`services/orders/orders/handlers/h${index}.py`, 'def handler(event, context): ...');
  }
  expect(resources(await policy(), 'Functions')).toEqual([
    'arn:aws:lambda:eu-west-1:*:function:orders-dev-*',
  ]);
});

it('has the region of the environment where no option has one, and zeros that Nx lost', async () => {
  targets['upload'] = { options: { bucket: 'acme' } };
  process.env['AWS_REGION'] = 'cn-north-1';
  expect(resources(await policy({ account: 11122223333 }), 'Functions')?.[0]).toBe(
    'arn:aws-cn:lambda:cn-north-1:011122223333:function:orders-dev-hello',
  );
});

it('writes a file', async () => {
  await policy({ output: 'infra/deployer.json', configuration: 'production' });
  const text = tree.read('infra/deployer.json', 'utf-8') ?? '';
  expect(resources(JSON.parse(text) as PolicyDocument, 'Bucket')).toEqual([
    'arn:aws:s3:::acme-prod',
  ]);
});

it('writes it over an older policy, and over nothing else', async () => {
  tree.write('infra/deployer.json', '{ "Version": "2012-10-17", "Statement": [] }');
  await policy({ output: 'infra/deployer.json' });
  expect(tree.read('infra/deployer.json', 'utf-8')).toContain('"Functions"');
  for (const [path, text] of [
    ['README.md', '# Mine\n'],
    ['infra/main.json', '{ "Resources": {} }'],
  ] as const) {
    tree.write(path, text);
    await expect(policy({ output: path })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: `\`${path}\` already exists and is not a policy`,
    });
    expect(tree.read(path, 'utf-8')).toBe(text);
  }
});

it('of the bucket', async () => {
  targets['deploy'] = { options: { storageMode: 'REFERENCE', accountId: '111122223333' } };
  const { Statement } = await policy({ for: 'bucket' });
  expect(Statement[0]?.Principal).toEqual({ Service: 'lambda.amazonaws.com' });
});

it.each<[Partial<PolicyGeneratorSchema>, string, RegExp]>([
  [{ project: 'ordres' }, 'PROJECT_NOT_FOUND', /did you mean `orders`/],
  [{ configuration: 'prod' }, 'OPTION_INVALID', /they have `local`, `production`/],
  [{ configuration: 'local' }, 'OPTION_INVALID', /simulated account/],
  [{ deployTarget: 'ship' }, 'OPTION_INVALID', /does not have; it has `build`/],
  [{ for: 'bucket' }, 'OPTION_INVALID', /the account is unknown/],
])('refuses %j', async (options, code, message) => {
  await expect(policy(options)).rejects.toThrow(errorWith(code, message));
});

it('needs a bucket', async () => {
  targets['upload'] = {};
  await expect(policy()).rejects.toMatchObject({ code: 'BUCKET_NOT_SET' });
});
