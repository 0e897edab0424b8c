import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bucketPolicy,
  deployerPolicy,
  MAX_CHARACTERS,
  partitionOf,
  type PolicyFacts,
} from './policy';

const FACTS: PolicyFacts = {
  region: 'eu-west-1',
  account: '111122223333',
  functions: ['orders-create', 'orders-refund'],
  pattern: 'orders-*',
  bucket: 'acme-packages',
  keys: 'lambda-packages/orders',
  kmsKeyId: null,
  storageMode: 'COPY',
  alias: false,
  layer: null,
  invokes: false,
  records: true,
  creates: false,
  creationRoles: [],
};
const ARN = 'arn:aws:lambda:eu-west-1:111122223333';

const policyOf = (changes: Partial<PolicyFacts> = {}) => deployerPolicy({ ...FACTS, ...changes });
const statement = (changes: Partial<PolicyFacts>, sid: string) =>
  policyOf(changes).document.Statement.find(({ Sid }) => Sid === sid);
const actions = (changes: Partial<PolicyFacts> = {}) =>
  new Set(policyOf(changes).document.Statement.flatMap(({ Action }) => Action));
const added = (changes: Partial<PolicyFacts>) => {
  const before = actions();
  return [...actions(changes)].filter((action) => !before.has(action)).sort();
};

it('of a plain service', () => {
  const { document, notes } = policyOf();
  expect(notes).toEqual([]);
  expect(document).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Functions',
        Effect: 'Allow',
        Action: ['lambda:GetFunction', 'lambda:UpdateFunctionCode'],
        Resource: [`${ARN}:function:orders-create`, `${ARN}:function:orders-refund`],
      },
      {
        Sid: 'Packages',
        Effect: 'Allow',
        Action: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
        Resource: ['arn:aws:s3:::acme-packages/lambda-packages/orders/*.zip'],
      },
      {
        Sid: 'Records',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: [
          'arn:aws:s3:::acme-packages/lambda-packages/orders/*.manifest.json',
          'arn:aws:s3:::acme-packages/lambda-packages/orders/dependencies/*',
          'arn:aws:s3:::acme-packages/lambda-packages/orders/releases/*',
        ],
      },
      {
        Sid: 'Bucket',
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: ['arn:aws:s3:::acme-packages'],
      },
    ],
  });
});

it.each<[string, Partial<PolicyFacts>, string[]]>([
  [
    'an alias',
    { alias: true },
    ['CreateAlias', 'GetAccountSettings', 'GetAlias', 'PublishVersion', 'UpdateAlias'],
  ],
  [
    'an alias of code that is read in place',
    { alias: true, storageMode: 'REFERENCE' },
    ['CreateAlias', 'GetAlias', 'PublishVersion', 'UpdateAlias'],
  ],
  ['an event for the canary', { invokes: true }, ['InvokeFunction']],
  [
    'a layer',
    { layer: 'orders-dependencies' },
    [
      ...['GetAccountSettings', 'GetLayerVersion', 'ListLayerVersions', 'PublishLayerVersion'],
      'UpdateFunctionConfiguration',
    ],
  ],
  ['creation', { creates: true }, ['CreateFunction', 'GetAccountSettings']],
])('%s adds what it uses, and nothing else', (_, changes, expected) => {
  expect(added(changes)).toEqual(expected.map((name) => `lambda:${name}`));
});

it('a version is read and invoked under an ARN of its own', () => {
  expect(statement({ alias: true, invokes: true }, 'Versions')).toMatchObject({
    Action: ['lambda:GetFunction', 'lambda:InvokeFunction'],
    Resource: [`${ARN}:function:orders-create:*`, `${ARN}:function:orders-refund:*`],
  });
  expect(statement({ invokes: true }, 'Versions')).toBeUndefined();
});

it('a layer has its own ARNs, and a note about the layers of others', () => {
  const changes = { layer: 'orders-dependencies' };
  expect(statement(changes, 'Layer')?.Resource).toEqual([`${ARN}:layer:orders-dependencies`]);
  expect(statement(changes, 'LayerVersions')?.Resource).toEqual([
    `${ARN}:layer:orders-dependencies:*`,
  ]);
  expect(policyOf(changes).notes).toEqual([expect.stringContaining('lambda:GetLayerVersion')]);
});

it('roles are passed to Lambda only', () => {
  const role = 'arn:aws:iam::111122223333:role/orders';
  expect(statement({ creates: true, creationRoles: [role] }, 'Roles')).toEqual({
    Sid: 'Roles',
    Effect: 'Allow',
    Action: ['iam:PassRole'],
    Resource: [role],
    Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
  });
  expect(policyOf({ creates: true }).notes).toEqual([expect.stringContaining('iam:PassRole')]);
});

it('without records there are none to read', () => {
  expect(statement({ records: false }, 'Records')?.Resource).toEqual([
    'arn:aws:s3:::acme-packages/lambda-packages/orders/*.manifest.json',
    'arn:aws:s3:::acme-packages/lambda-packages/orders/dependencies/*',
  ]);
});

describe('the key', () => {
  it.each([
    ['0000-1111', 'arn:aws:kms:eu-west-1:111122223333:key/0000-1111'],
    ['arn:aws:kms:eu-west-1:999:key/0000-1111', 'arn:aws:kms:eu-west-1:999:key/0000-1111'],
  ])('%s', (kmsKeyId, resource) => {
    expect(statement({ kmsKeyId }, 'Key')).toMatchObject({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: [resource],
      Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
    });
  });

  it.each([
    ['alias/packages', 'arn:aws:kms:eu-west-1:111122223333:key/*'],
    ['arn:aws:kms:eu-west-1:999:alias/packages', 'arn:aws:kms:eu-west-1:999:key/*'],
  ])('%s is a condition', (kmsKeyId, resource) => {
    expect(statement({ kmsKeyId }, 'Key')).toMatchObject({
      Resource: [resource],
      Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/packages' } },
    });
  });
});

it.each([
  ['cn-north-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['eusc-de-east-1', 'aws-eusc'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
  ['eu-west-1', 'aws'],
])('%s lies in the partition %s', (region, partition) => {
  const { document } = policyOf({ region, kmsKeyId: 'k', layer: 'l', alias: true });
  const arns = document.Statement.flatMap(({ Resource }) => Resource).filter((one) => one !== '*');
  expect(arns.filter((one) => !one.startsWith(`arn:${partition}:`))).toEqual([]);
});

it.each([
  ['eu-west-1', 'StringEquals', 's3.eu-west-1.amazonaws.com'],
  ['cn-north-1', 'StringEquals', 's3.cn-north-1.amazonaws.com.cn'],
  ['eusc-de-east-1', 'StringLike', 's3.eusc-de-east-1.*'],
])('the key is used by S3 of %s', (region, operator, service) => {
  expect(statement({ region, kmsKeyId: 'k' }, 'Key')?.Condition).toEqual({
    [operator]: { 'kms:ViaService': service },
  });
});

it('an unknown place is a star and a note', () => {
  const { document, notes } = policyOf({ region: null, account: null, kmsKeyId: 'k' });
  expect(document.Statement[0]?.Resource[0]).toBe('arn:aws:lambda:*:*:function:orders-create');
  expect(document.Statement.at(-1)?.Condition).toEqual({
    StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' },
  });
  expect(notes).toEqual([
    expect.stringContaining('AWS_REGION'),
    expect.stringContaining('--account='),
  ]);
});

describe('many functions', () => {
  const named = (count: number) =>
    Array.from({ length: count }, (_, index) => `orders-${String(index).padStart(4, '0')}`);

  it('are named one by one as long as a managed policy takes them', () => {
    const fits = [...Array(120).keys()].findLast(
      (count) => policyOf({ functions: named(count) }).notes.length === 0,
    );
    const last = policyOf({ functions: named(fits ?? 0) });
    expect(last.document.Statement[0]?.Resource).toHaveLength(fits ?? 0);
    const length = JSON.stringify(last.document).length;
    expect(length).toBeLessThanOrEqual(MAX_CHARACTERS);
    // One more ARN, with its quotes and comma, would not fit.
    expect(length + `"${ARN}:function:orders-0000",`.length).toBeGreaterThan(MAX_CHARACTERS);
  });

  it('become the template beyond it, beside those that have other names', () => {
    const functions = ['legacy-create', ...named(300)];
    const { document, notes } = policyOf({ functions });
    expect(document.Statement[0]?.Resource).toEqual([
      `${ARN}:function:orders-*`,
      `${ARN}:function:legacy-create`,
    ]);
    expect(notes).toEqual([expect.stringContaining('`orders-*` covers them')]);
  });

  it('that follow no template need a second policy', () => {
    const functions = named(300).map((name) => `legacy-${name}`);
    expect(policyOf({ functions }).notes).toContainEqual(expect.stringContaining('split it'));
  });
});

describe('the bucket', () => {
  it('lets Lambda read packages for one account', () => {
    const { document, notes } = bucketPolicy({ ...FACTS, storageMode: 'REFERENCE' });
    expect(document.Statement).toEqual([
      {
        Sid: 'LambdaReadsPackages',
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Resource: ['arn:aws:s3:::acme-packages/lambda-packages/orders/*.zip'],
        Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
      },
    ]);
    expect(notes).toEqual([expect.stringContaining('get-bucket-policy')]);
  });

  it('is not opened for everybody', () => {
    expect(() => bucketPolicy({ ...FACTS, account: null })).toThrow(/account is unknown/);
  });

  it('needs nothing in COPY mode; a key has a policy of its own', () => {
    expect(bucketPolicy(FACTS).notes).toContainEqual(expect.stringContaining('`COPY`'));
    expect(bucketPolicy({ ...FACTS, kmsKeyId: 'k' }).notes).toContainEqual(
      expect.stringContaining('kms:Decrypt'),
    );
  });
});

/** The SDK's table, which it keeps to itself. */
function regionsOfSdk(): [region: string, partition: string][] {
  const client = require.resolve('@aws-sdk/core/client');
  const text = readFileSync(
    join(client, '../../../../dist-es/submodules/client/util-endpoints/lib/aws/partitions.js'),
    'utf8',
  );
  const [, json = ''] = /partitionsInfo = (\{.*\});?\s*$/s.exec(text) ?? [];
  const { partitions } = JSON.parse(json) as {
    partitions: { id: string; regions: Record<string, unknown> }[];
  };
  return partitions.flatMap(({ id, regions }) =>
    Object.keys(regions)
      .filter((region) => !region.endsWith('-global'))
      .map((region): [string, string] => [region, id]),
  );
}

it('knows the partition of every region that the SDK knows', () => {
  const regions = regionsOfSdk();
  expect(regions.length).toBeGreaterThan(30);
  expect(regions.map(([region]) => [region, partitionOf(region)])).toEqual(regions);
});
