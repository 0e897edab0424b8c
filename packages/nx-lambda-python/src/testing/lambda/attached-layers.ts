/** The layers that a function names: what Lambda checks before it attaches them. */

import { AwsError } from '../aws-error';
import type { Context } from '../protocol';
import { readArchive, UNPACKED_LIMIT } from './archive';
import { invalidParameter } from './input';
import type { AttachedLayer } from './layer-model';
import { layerId } from './layer-model';

/** Source: AWS Lambda developer guide, "Lambda quotas": five layers a function. */
const MOST = 5;
const VERSION_ARN =
  /^(?<layer>arn:aws[a-z-]*:lambda:(?<region>[a-z0-9-]+):(?<owner>\d{12}):layer:(?<name>[A-Za-z0-9_-]{1,140})):(?<version>\d+)$/;

export interface LayerVersionReference {
  layer: string;
  region: string;
  owner: string;
  name: string;
  version: number;
}

/** @throws AwsError 400 when it is no ARN of a layer's version */
export function readLayerVersionArn(arn: string): LayerVersionReference {
  const groups = VERSION_ARN.exec(arn)?.groups;
  if (groups === undefined) throw invalidParameter(`Layer version ARN ${arn} is invalid.`);
  const { layer = '', region = '', owner = '', name = '', version = '' } = groups;
  return { layer, region, owner, name, version: Number(version) };
}

/**
 * Sources of the refusals: localstack/localstack, test_lambda_api.py, TestLambdaLayer, validated
 * there against AWS.
 * @throws AwsError 400 or 403 when one is missing, of another region or account, or named twice
 */
export function attachLayers(context: Context, arns: string[]): AttachedLayer[] {
  if (arns.length > MOST) throw invalidParameter(`Cannot reference more than ${MOST} layers.`);
  const references = arns.map(readLayerVersionArn);
  references.forEach(({ layer }, index) => {
    const first = references.findIndex((other) => other.layer === layer);
    if (first === index) return;
    throw invalidParameter(
      `Two different versions of the same layer are not allowed to be referenced in the same function. ${arns[first]} and ${arns[index]}`,
    );
  });
  return references.map((reference, index) => attach(context, arns[index] ?? '', reference));
}

/**
 * Source: AWS Lambda developer guide, "Lambda quotas": 250 MB unzipped, layers included.
 * @throws AwsError 400 when code and layers together are larger
 */
export function checkTotalSize(
  { state }: Context,
  code: { sha256: string },
  layers: readonly AttachedLayer[] = [],
): void {
  if (layers.length === 0) return;
  const total = [code, ...layers].reduce(
    (sum, { sha256 }) => sum + (readArchive(state, sha256).unpackedSize ?? 0),
    0,
  );
  if (total <= UNPACKED_LIMIT) return;
  throw invalidParameter(
    `Function code combined with layers exceeds the maximum allowed size of ${UNPACKED_LIMIT} bytes. The actual size is ${total} bytes.`,
  );
}

function attach(
  { state, region, account }: Context,
  arn: string,
  reference: LayerVersionReference,
): AttachedLayer {
  if (reference.owner !== account.accountId) throw notShared(arn, account.accountId);
  if (reference.region !== region) {
    throw invalidParameter(
      `Layers are not in the same region as the function. Layers are expected to be in region ${region}.`,
    );
  }
  const versions = state.read('layers', layerId(region, reference.name))?.versions ?? [];
  const version = versions.find((candidate) => candidate.version === reference.version);
  if (version === undefined) throw invalidParameter(`Layer version ${arn} does not exist.`);
  return { arn, sha256: version.code.sha256, size: version.code.size };
}

/** Layers of others need a grant of theirs, which this account never has. */
function notShared(arn: string, accountId: string): AwsError {
  return new AwsError(
    403,
    'AccessDeniedException',
    `User: arn:aws:iam::${accountId}:user/simulated is not authorized to perform: lambda:GetLayerVersion on resource: ${arn} because no resource-based policy allows the lambda:GetLayerVersion action`,
  );
}
