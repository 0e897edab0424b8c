/** The smallest IAM policies that suffice: to upload, deploy and roll back, and for the bucket in REFERENCE mode. */

import { LambdaPythonError } from '../../errors';
import type { StorageMode } from '../model/function-state';
import { PERMISSIONS, type AwsOperation, type PermissionResource } from '../model/permissions';

/** What a configuration of a service really uses. */
export interface PolicyFacts {
  /** Null where nothing names it. */
  region: string | null;
  account: string | null;
  /** Names in AWS, sorted. */
  functions: readonly string[];
  /** The names' template with `*` for the handler. */
  pattern: string;
  bucket: string;
  /** What the keys of packages and records begin with: `<prefix>/<project>`. */
  keys: string;
  kmsKeyId: string | null;
  storageMode: StorageMode;
  /** Whether versions are published and an alias is moved. */
  alias: boolean;
  /** Name of the layer of dependencies, if any. */
  layer: string | null;
  /** A canary, or by hand. */
  invokes: boolean;
  records: boolean;
  /** Whether missing functions are created, and the roles that they are created with. */
  creates: boolean;
  creationRoles: readonly string[];
}

export interface PolicyDocument {
  Version: '2012-10-17';
  Statement: Statement[];
}

interface Statement {
  Sid: string;
  Effect: 'Allow';
  Principal?: { Service: string };
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string>>;
}

interface Policy {
  document: PolicyDocument;
  /** What to know before attaching it. */
  notes: string[];
}

/** Characters of a managed policy, white space not counted (IAM and STS quotas). */
export const MAX_CHARACTERS = 6144;

const LAMBDA = 'lambda.amazonaws.com';

/** To run upload, deploy, releases and rollback in this configuration. */
export function deployerPolicy(facts: PolicyFacts): Policy {
  const named = deployerDocument(facts, facts.functions);
  const notes = placeNotes(facts);
  if (facts.creates && facts.creationRoles.length === 0) {
    notes.push(
      '`missing` is `create`, but no `create` table names a role: iam:PassRole is left out',
    );
  }
  if (facts.layer !== null) {
    notes.push(
      'functions with other layers also need lambda:GetLayerVersion on those: AWS checks every layer when one changes',
    );
  }
  const length = charactersOf(named);
  if (length <= MAX_CHARACTERS) return { document: named, notes };
  const others = facts.functions.filter((name) => !matches(name, facts.pattern));
  const short = deployerDocument(facts, [facts.pattern, ...others]);
  notes.push(
    `${facts.functions.length} functions by name take ${count(length)} characters, but a managed policy holds ${count(MAX_CHARACTERS)}: \`${facts.pattern}\` covers them, and every other function whose name matches`,
  );
  if (charactersOf(short) > MAX_CHARACTERS) {
    notes.push(`it still has ${count(charactersOf(short))} characters: split it into two policies`);
  }
  return { document: short, notes };
}

/**
 * For the bucket of packages that Lambda reads in place (REFERENCE).
 * @throws OPTION_INVALID without an account: Lambda would read it for everybody
 */
export function bucketPolicy(facts: PolicyFacts): Policy {
  const { account, bucket, keys, storageMode, kmsKeyId } = facts;
  if (account === null) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message:
        'the account is unknown, and a bucket policy without one lets Lambda read for any account',
      hint: 'pass `--account=<twelve digits>`, or set `"accountId"` on the deploy target',
    });
  }
  const notes: string[] = [];
  if (storageMode !== 'REFERENCE') {
    notes.push(
      '`storageMode` is `COPY`: Lambda reads the package with the credentials of the deployer and needs no bucket policy',
    );
  }
  if (kmsKeyId !== null) {
    notes.push(`the policy of the key \`${kmsKeyId}\` must let ${LAMBDA} decrypt (kms:Decrypt)`);
  }
  return {
    document: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'LambdaReadsPackages',
          Effect: 'Allow',
          Principal: { Service: LAMBDA },
          Action: ['s3:GetObject', 's3:GetObjectVersion'],
          Resource: [`${bucketArn(facts)}/${keys}/*.zip`],
          Condition: { StringEquals: { 'aws:SourceAccount': account } },
        },
      ],
    },
    notes: [
      ...notes,
      `a bucket has one policy: add this statement to what \`aws s3api get-bucket-policy --bucket ${bucket}\` prints`,
    ],
  };
}

function deployerDocument(facts: PolicyFacts, names: readonly string[]): PolicyDocument {
  const { alias, layer, invokes, creates, records, keys, kmsKeyId } = facts;
  const bucket = bucketArn(facts);
  const functions = names.map((name) => arn(facts, 'lambda', `function:${name}`));
  const versions = functions.map((one) => `${one}:*`);
  const qualified: OperationOn<'function'>[] = [
    ...(alias ? (['GetFunction'] as const) : []),
    ...(invokes && alias ? (['Invoke'] as const) : []),
  ];
  const statements = [
    allow('Functions', functions, 'function', [
      'GetFunction',
      'UpdateFunctionCode',
      ...(alias ? (['PublishVersion', 'CreateAlias', 'GetAlias', 'UpdateAlias'] as const) : []),
      ...(layer === null ? [] : (['UpdateFunctionConfiguration'] as const)),
      ...(creates ? (['CreateFunction'] as const) : []),
      ...(invokes ? (['Invoke'] as const) : []),
    ]),
    // A request with a version or an alias is not covered by the function's own ARN.
    ...(qualified.length === 0 ? [] : [allow('Versions', versions, 'function', qualified)]),
    ...(addsCode(facts) ? [allow('CodeStorage', ['*'], 'account', ['GetAccountSettings'])] : []),
    ...(layer === null ? [] : layerStatements(facts, layer)),
    ...passRole(facts),
    // Lambda reads a package by its version with the deployer's credentials.
    allow('Packages', [`${bucket}/${keys}/*.zip`], 'object', [
      'HeadObject',
      'PutObject',
      'UploadPartCopy',
      'AbortMultipartUpload',
    ]),
    allow(
      'Records',
      [
        `${bucket}/${keys}/*.manifest.json`,
        `${bucket}/${keys}/dependencies/*`,
        ...(records ? [`${bucket}/${keys}/releases/*`] : []),
      ],
      'object',
      ['GetObject', 'PutObject'],
    ),
    // With it S3 says of a missing object that it is missing, not that it is forbidden.
    allow('Bucket', [bucket], 'bucket', [
      'HeadBucket',
      ...(records ? (['ListObjectsV2'] as const) : []),
    ]),
    ...(kmsKeyId === null ? [] : [keyStatement(facts, kmsKeyId)]),
  ];
  return { Version: '2012-10-17', Statement: statements };
}

/** Only then is the account asked for the room that is left, see `checkCodeStorage`. */
function addsCode({ alias, creates, layer, storageMode }: PolicyFacts): boolean {
  return layer !== null || (storageMode === 'COPY' && (alias || creates));
}

function layerStatements(facts: PolicyFacts, layer: string): Statement[] {
  const own = arn(facts, 'lambda', `layer:${layer}`);
  return [
    allow('Layer', [own], 'layer', ['ListLayerVersions', 'PublishLayerVersion']),
    allow('LayerVersions', [`${own}:*`], 'layer version', ['GetLayerVersion']),
  ];
}

function passRole({ creates, creationRoles }: PolicyFacts): Statement[] {
  if (!creates || creationRoles.length === 0) return [];
  return [
    {
      Sid: 'Roles',
      Effect: 'Allow',
      Action: ['iam:PassRole'],
      Resource: [...creationRoles],
      Condition: { StringEquals: { 'iam:PassedToService': LAMBDA } },
    },
  ];
}

/** IAM does not look through aliases of keys: a condition names them. */
function keyStatement(facts: PolicyFacts, kmsKeyId: string): Statement {
  const [, place, alias] = /^(?:(arn:.*):)?(alias\/.+)$/.exec(kmsKeyId) ?? [];
  const isArn = kmsKeyId.startsWith('arn:');
  const via = `s3.${facts.region ?? '*'}.${viaSuffix(facts.region)}`;
  const anyKey = place ? `${place}:key/*` : arn(facts, 'kms', 'key/*');
  return {
    Sid: 'Key',
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: [alias ? anyKey : isArn ? kmsKeyId : arn(facts, 'kms', `key/${kmsKeyId}`)],
    Condition: {
      [via.includes('*') ? 'StringLike' : 'StringEquals']: { 'kms:ViaService': via },
      ...(alias && { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': alias } }),
    },
  };
}

/** The operations that a policy allows on such a resource: any other one does not compile. */
type OperationOn<On extends PermissionResource> = {
  [Operation in AwsOperation]: (typeof PERMISSIONS)[Operation]['on'] extends On ? Operation : never;
}[AwsOperation];

function allow<On extends PermissionResource>(
  Sid: string,
  resources: readonly string[],
  _on: On,
  operations: readonly OperationOn<On>[],
): Statement {
  const actions = operations.map((operation) => PERMISSIONS[operation].action);
  return { Sid, Effect: 'Allow', Action: [...new Set(actions)].sort(), Resource: [...resources] };
}

function placeNotes({ region, account }: PolicyFacts): string[] {
  const notes: string[] = [];
  if (region === null) {
    notes.push(
      'the region is unknown, so the policy has `*` in its place: set `region` on the upload target, or AWS_REGION',
    );
  }
  if (account === null) {
    notes.push(
      'the account is unknown, so the policy has `*` in its place: pass `--account=<twelve digits>`, or set `accountId` on the deploy target',
    );
  }
  return notes;
}

function arn({ region, account }: PolicyFacts, service: string, resource: string): string {
  return `arn:${partitionOf(region)}:${service}:${region ?? '*'}:${account ?? '*'}:${resource}`;
}

function bucketArn({ region, bucket }: PolicyFacts): string {
  return `arn:${partitionOf(region)}:s3:::${bucket}`;
}

function matches(name: string, pattern: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return name === pattern;
  return name.length >= pattern.length - 1 && name.startsWith(start) && name.endsWith(end);
}

function charactersOf(policy: PolicyDocument): number {
  return JSON.stringify(policy).replace(/\s/g, '').length;
}

function count(characters: number): string {
  return characters.toLocaleString('en-US');
}

/** By what the names of their regions begin with, as the SDK's own table of partitions has it. */
const PARTITIONS: readonly (readonly [prefix: string, name: string])[] = [
  ['cn-', 'aws-cn'],
  ['eusc-', 'aws-eusc'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
];

export function partitionOf(region: string | null): string {
  return PARTITIONS.find(([prefix]) => region?.startsWith(prefix))?.[1] ?? 'aws';
}

/**
 * How the condition key kms:ViaService names a service, after its region. Source: AWS KMS developer guide,
 * "kms:ViaService", which has the first two; of other partitions it says nothing, so that any end is taken.
 */
function viaSuffix(region: string | null): string {
  const partition = partitionOf(region);
  if (partition === 'aws' || partition === 'aws-us-gov') return 'amazonaws.com';
  return partition === 'aws-cn' ? 'amazonaws.com.cn' : '*';
}
