/** Layers: numbered archives that functions share. */

import { AwsError } from '../aws-error';
import type { AwsResponse, Context } from '../protocol';
import { emptyResponse } from '../protocol';
import { hexToBase64 } from '../state/state';
import { readLayerVersionArn } from './attached-layers';
import { takeCode } from './code';
import { checkCodeStorage } from './code-storage';
import type { LambdaInput } from './input';
import { invalidParameter, object, required, text, texts } from './input';
import type { LayerVersion, StoredLayer } from './layer-model';
import { layerArn, layerId } from './layer-model';
import { lambdaDate } from './model';
import { codeSource, json, page } from './responses';

/** Always makes a version, also of the same bytes. */
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
  state.write('layers', layerId(region, name), {
    ...stored,
    versions: [...stored.versions, version],
    nextVersion: stored.nextVersion + 1,
  });
  return json(201, whole(context, name, version));
}

export function getLayerVersion(context: Context, { layer, version }: LambdaInput): AwsResponse {
  const name = readName(context, layer);
  return json(200, whole(context, name, requireVersion(context, name, readNumber(version))));
}

/** The path is ListLayers'; the query makes it this. */
export function getLayerVersionByArn(context: Context, { query }: LambdaInput): AwsResponse {
  const { name, version } = readLayerVersionArn(query.get('Arn') ?? '');
  return json(200, whole(context, name, requireVersion(context, name, version)));
}

/** Newest first; a layer that does not exist has none. */
export function listLayerVersions(context: Context, { layer, query }: LambdaInput): AwsResponse {
  const name = readName(context, layer);
  const versions = newestFirst(readLayer(context, name), query);
  const { items, ...next } = page(versions, query);
  return json(200, {
    LayerVersions: items.map((version) => summary(context, name, version)),
    ...next,
  });
}

export function listLayers(context: Context, { query }: LambdaInput): AwsResponse {
  const { state, region, account } = context;
  const layers = state
    .list('layers')
    .filter((stored) => stored.region === region)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((stored) => {
      const [newest] = newestFirst(stored, query);
      if (newest === undefined) return [];
      return {
        LayerName: stored.name,
        LayerArn: layerArn(account.accountId, region, stored.name),
        LatestMatchingVersion: summary(context, stored.name, newest),
      };
    });
  const { items, ...next } = page(layers, query);
  return json(200, { Layers: items, ...next });
}

/** Functions keep what they have attached; deleting one that does not exist succeeds, as on AWS. */
export function deleteLayerVersion(context: Context, { layer, version }: LambdaInput): AwsResponse {
  const name = readName(context, layer);
  const number = readNumber(version);
  const stored = readLayer(context, name);
  if (stored !== undefined) {
    const versions = stored.versions.filter((candidate) => candidate.version !== number);
    context.state.write('layers', layerId(context.region, name), { ...stored, versions });
  }
  return emptyResponse(204);
}

/** A name, or the ARN of the layer. */
function readName({ account, region }: Context, layer: string): string {
  const prefix = layerArn(account.accountId, region, '');
  const name = layer.startsWith(prefix) ? layer.slice(prefix.length) : layer;
  if (/^[A-Za-z0-9_-]{1,140}$/.test(name)) return name;
  throw invalidParameter(`Invalid Layer name: ${layer}`);
}

function readNumber(version: string): number {
  if (/^[1-9]\d*$/.test(version)) return Number(version);
  throw invalidParameter('Layer Version Cannot be less than 1.');
}

function readLayer({ state, region }: Context, name: string): StoredLayer | undefined {
  return state.read('layers', layerId(region, name));
}

function requireVersion(context: Context, name: string, number: number): LayerVersion {
  const versions = readLayer(context, name)?.versions ?? [];
  const found = versions.find(({ version }) => version === number);
  if (found !== undefined) return found;
  throw new AwsError(
    404,
    'ResourceNotFoundException',
    'The resource you requested does not exist.',
  );
}

function newestFirst(stored: StoredLayer | undefined, query: URLSearchParams): LayerVersion[] {
  const fits = (offered: string[] | undefined, wanted: string | null) =>
    wanted === null || (offered ?? []).includes(wanted);
  return [...(stored?.versions ?? [])]
    .reverse()
    .filter(
      ({ architectures, runtimes }) =>
        fits(architectures, query.get('CompatibleArchitecture')) &&
        fits(runtimes, query.get('CompatibleRuntime')),
    );
}

function whole(context: Context, name: string, version: LayerVersion): Record<string, unknown> {
  return {
    ...summary(context, name, version),
    LayerArn: layerArn(context.account.accountId, context.region, name),
    Content: {
      ...codeSource(context, version.code),
      CodeSha256: hexToBase64(version.code.sha256),
      CodeSize: version.code.size,
    },
  };
}

function summary(
  { account, region }: Context,
  name: string,
  version: LayerVersion,
): Record<string, unknown> {
  const { architectures, runtimes, licenseInfo } = version;
  return {
    LayerVersionArn: `${layerArn(account.accountId, region, name)}:${version.version}`,
    Version: version.version,
    Description: version.description,
    CreatedDate: version.created,
    ...(architectures && { CompatibleArchitectures: architectures }),
    ...(runtimes && { CompatibleRuntimes: runtimes }),
    ...(licenseInfo !== undefined && { LicenseInfo: licenseInfo }),
  };
}
