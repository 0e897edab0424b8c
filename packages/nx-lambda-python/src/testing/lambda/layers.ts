/** Layers: numbered archives that functions share. */

import { AwsError, notSimulated } from '../protocol/aws-error';
import type { AwsResponse, Context } from '../protocol/call';
import type { LayerVersion, StoredLayer } from '../state/model';
import { hexToBase64, regionalId } from '../state/model';
import { checkCodeStorage, codeSource, takeCode } from './code';
import { lambdaDate } from './lifecycle';
import type { LambdaInput } from './rest';
import { invalidParameter, json, object, page, required, text, texts } from './rest';

/** Always makes a new version, even of the same bytes. */
export function publishLayerVersion(context: Context, { layer, body }: LambdaInput): AwsResponse {
  const { state, region, now } = context;
  const name = readName(context, layer);
  const stored = readLayer(context, name) ?? { name, region, versions: [], nextVersion: 1 };
  const code = takeCode(context, required(object(body, 'Content'), 'content'));
  checkCodeStorage(context, code);
  const architectures = texts(body, 'CompatibleArchitectures');
  const runtimes = texts(body, 'CompatibleRuntimes');
  const licenseInfo = text(body, 'LicenseInfo');
  const version: LayerVersion = {
    version: stored.nextVersion,
    code,
    description: text(body, 'Description') ?? '',
    created: lambdaDate(now),
    ...(architectures && { architectures }),
    ...(runtimes && { runtimes }),
    ...(licenseInfo !== undefined && { licenseInfo }),
  };
  state.write('layers', regionalId(region, name), {
    ...stored,
    versions: [...stored.versions, version],
    nextVersion: stored.nextVersion + 1,
  });
  return json(201, whole(context, name, version));
}

export function getLayerVersion(context: Context, { layer, version }: LambdaInput): AwsResponse {
  const name = readName(context, layer);
  if (!/^[1-9]\d*$/.test(version)) throw invalidParameter('Layer Version Cannot be less than 1.');
  const versions = readLayer(context, name)?.versions ?? [];
  const match = versions.find((one) => one.version === Number(version));
  if (match !== undefined) return json(200, whole(context, name, match));
  const message = 'The resource you requested does not exist.';
  throw new AwsError(404, 'ResourceNotFoundException', message);
}

/** Newest first; a layer that does not exist has none. */
export function listLayerVersions(context: Context, { layer, query }: LambdaInput): AwsResponse {
  const name = readName(context, layer);
  for (const filter of ['CompatibleArchitecture', 'CompatibleRuntime']) {
    if (query.has(filter)) throw notSimulated(`${filter} in ListLayerVersions`);
  }
  const { items, ...next } = page((readLayer(context, name)?.versions ?? []).toReversed(), query);
  return json(200, {
    LayerVersions: items.map((version) => summary(context, name, version)),
    ...next,
  });
}

/** A name, or the ARN of the layer. */
function readName(context: Context, layer: string): string {
  const prefix = layerArn(context, '');
  const name = layer.startsWith(prefix) ? layer.slice(prefix.length) : layer;
  if (/^[A-Za-z0-9_-]{1,140}$/.test(name)) return name;
  throw invalidParameter(`Invalid Layer name: ${layer}`);
}

function layerArn({ account, region }: Context, name: string): string {
  return `arn:aws:lambda:${region}:${account.accountId}:layer:${name}`;
}

function readLayer({ state, region }: Context, name: string): StoredLayer | undefined {
  return state.read('layers', regionalId(region, name));
}

function whole(context: Context, name: string, version: LayerVersion): Record<string, unknown> {
  return {
    ...summary(context, name, version),
    LayerArn: layerArn(context, name),
    Content: {
      ...codeSource(context, version.code),
      CodeSha256: hexToBase64(version.code.sha256),
      CodeSize: version.code.size,
    },
  };
}

function summary(context: Context, name: string, version: LayerVersion): Record<string, unknown> {
  const { architectures, runtimes, licenseInfo } = version;
  return {
    LayerVersionArn: `${layerArn(context, name)}:${version.version}`,
    Version: version.version,
    Description: version.description,
    CreatedDate: version.created,
    ...(architectures && { CompatibleArchitectures: architectures }),
    ...(runtimes && { CompatibleRuntimes: runtimes }),
    ...(licenseInfo !== undefined && { LicenseInfo: licenseInfo }),
  };
}
