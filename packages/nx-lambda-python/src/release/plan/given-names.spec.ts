import { errorWith } from '../../errors.fixtures';
import { givenName, namesOfFile, noGivenName, readGivenNames } from './given-names';

const read = (value: unknown, path?: string) =>
  readGivenNames({ file: 'out.json', text: JSON.stringify(value), path });
const nameOf = (value: unknown, handler = 'create_order', path?: string) => {
  const given = givenName(read(value, path), handler);
  return given && [given.name, given.key];
};

/** Terraform, `terraform output -json`: https://developer.hashicorp.com/terraform/cli/commands/output */
const TERRAFORM = {
  bucket: { sensitive: false, type: 'string', value: 'prod-orders' },
  functions: {
    sensitive: false,
    type: ['map', 'string'],
    value: { create_order: 'prod-create-7f3', refund: 'prod-refund-1ac' },
  },
  resources: {
    sensitive: false,
    type: ['object', {}],
    value: { create_order: { arn: 'x', function_name: 'prod-create-7f3', name: null } },
  },
};
/** AWS CDK, `cdk deploy --outputs-file` */
const CDK = {
  OrdersStack: {
    CreateOrderFunctionName: 'OrdersStack-CreateOrder8A7B-x1',
    RefundArn: 'arn:aws:lambda:eu-west-1:111122223333:function:OrdersStack-Refund-y2',
    ApiUrl: 'https://example.org/',
  },
};
/** CloudFormation, `aws cloudformation describe-stacks` */
const STACKS = {
  Stacks: [
    {
      StackName: 'orders',
      Outputs: [
        { OutputKey: 'CreateOrder', OutputValue: 'orders-CreateOrder-q1', ExportName: 'x' },
        { OutputKey: 'Refund', OutputValue: 'orders-Refund-q2' },
      ],
    },
  ],
};

it.each<[string, unknown, string | undefined, string, string]>([
  ['a map', { create_order: 'a' }, undefined, 'a', 'create_order'],
  ['outputs of Terraform', TERRAFORM, 'functions', 'prod-create-7f3', 'functions.create_order'],
  ['resources', TERRAFORM, 'resources', 'prod-create-7f3', 'resources.create_order'],
  [
    'outputs of CDK',
    CDK,
    'OrdersStack',
    'OrdersStack-CreateOrder8A7B-x1',
    'OrdersStack.CreateOrderFunctionName',
  ],
  [
    'outputs of CloudFormation',
    STACKS,
    'Stacks.0.Outputs',
    'orders-CreateOrder-q1',
    'Stacks.0.Outputs.CreateOrder',
  ],
])('reads %s', (_, value, path, name, key) => {
  expect(nameOf(value, 'create_order', path)).toEqual([name, key]);
});

it.each<[string, string, object | null]>([
  ['a-name', 'a-name', null],
  ['111122223333:function:a', 'a', { account: '111122223333', region: null }],
  ['111122223333:a:live', 'a', { account: '111122223333', region: null }],
  ...['aws', 'aws-cn', 'aws-us-gov', 'aws-iso-b', 'aws-eusc'].map(
    (partition): [string, string, object] => [
      `arn:${partition}:lambda:eu-west-1:111122223333:function:a`,
      'a',
      { account: '111122223333', region: 'eu-west-1' },
    ],
  ),
  [
    'arn:aws:lambda:eu-west-1:111122223333:function:a:live',
    'a',
    { account: '111122223333', region: 'eu-west-1' },
  ],
])('takes %s', (text, name, place) => {
  expect(givenName(read({ h: text }), 'h')).toEqual({ name, place, key: 'h' });
});

it('prefers the key as it is, then its letters, then its letters but for the end', () => {
  const all = { create_order: 'a', 'Create-Order': 'b', CreateOrderName: 'c', Other: 'd' };
  expect(nameOf(all)).toEqual(['a', 'create_order']);
  expect(nameOf({ ...all, create_order: undefined })).toEqual(['b', 'Create-Order']);
  expect(nameOf({ CreateOrderName: 'c', Other: 'd' })).toEqual(['c', 'CreateOrderName']);
  expect(nameOf(all, 'absent')).toBeUndefined();
});

it('refuses to choose between two names', () => {
  const twice = { CreateOrderName: 'a', CreateOrderFunction: 'b' };
  expect(() => nameOf(twice)).toThrow(
    errorWith(
      'FUNCTION_NAME_INVALID',
      '`out.json` has several names for handler `create_order`: `CreateOrderName` is a, `CreateOrderFunction` is b',
    ),
  );
  expect(nameOf({ CreateOrderName: 'a', CreateOrderArn: '111122223333:function:a' })?.[0]).toBe(
    'a',
  );
});

it.each<[string, unknown, string | undefined, string]>([
  [
    'a path to nothing',
    CDK,
    'Orders',
    '`functionNamesPath` leads to `Orders`, which `out.json` does not have; there is `OrdersStack`',
  ],
  [
    'a path through a name',
    { a: 'b' },
    'a.c',
    'leads to `a.c`, which `out.json` does not have; there is nothing',
  ],
  ['a map of maps', CDK, undefined, 'has no names of functions; it has `OrdersStack`'],
  ['text', 'x', undefined, 'has no names of functions'],
])('says what is wrong with %s', (_, value, path, message) => {
  expect(() => read(value, path)).toThrow(errorWith('OPTION_INVALID', message));
});

it('reads the file of the stage, and names none by the template unless that is set', () => {
  const files: Record<string, string> = { 'out/prod.json': '\uFEFF{"a": {"create_order": "x"}}' };
  const from = (more: object) =>
    namesOfFile({ functionNames: 'out/{stage}.json', functionNamesPath: 'a', ...more }, (file) => {
      const text = files[file];
      if (text === undefined) throw new Error('absent');
      return text;
    });
  const names = from({ stage: 'prod', functionName: '{project}-{handler}' });
  expect(names).toMatchObject({ isComplete: true, names: { file: 'out/prod.json' } });
  expect(from({ stage: 'prod', functionName: 'x-{handler}' })).toMatchObject({ isComplete: false });
  expect(() => from({})).toThrow(errorWith('OPTION_INVALID', 'no stage is set'));
  expect(() => from({ stage: 'dev' })).toThrow('`out/dev.json`, which cannot be read');
  files['out/dev.json'] = 'create_order=x';
  expect(() => from({ stage: 'dev' })).toThrow('`out/dev.json`, which is not JSON');
  expect(namesOfFile({}, () => '')).toBeUndefined();
  if (names) {
    expect(noGivenName(names.names, 'create_oder').message).toContain('near it has `create_order`');
  }
});
