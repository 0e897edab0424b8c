/** Opens the connections that upload and deploy use; the SDK is loaded here and not before. */

import { LambdaPythonError } from '../../errors';
import type { AwsPlace } from '../../release/calls/failure-error';
import type { FunctionService, LayerService } from '../../release/calls/function-service';
import type { RecordStorage } from '../../release/records/record-store';
import type { ObjectStorage, PartStorage } from '../../release/upload/object-storage';
import type { VersionService } from '../../release/versions/version-prune';
import { markCredentialsStage } from './credentials-failure';
import { credentialsSource, ignoredVariables } from './credentials-source';
import { createInvocationClient, createLambdaClient, lambdaFunctions } from './function-service';
import { lambdaLayers } from './layer-service';
import { lambdaVersions } from './version-service';
import { createS3Client, s3Storage } from './object-storage';
import { s3Parts } from './part-storage';
import { s3Records } from './record-storage';
import type { AwsSettings } from './settings';

export interface StorageConnection {
  storage: ObjectStorage;
  parts: PartStorage;
  records: RecordStorage;
  place: AwsPlace;
  close(): void;
}

export interface FunctionConnection {
  functions: FunctionService;
  layers: LayerService;
  versions: VersionService;
  place: AwsPlace;
  close(): void;
}

/** @throws REGION_NOT_SET */
export async function connectStorage(settings: AwsSettings): Promise<StorageConnection> {
  const client = await createS3Client(settings);
  markCredentialsStage(client);
  const place = await resolvePlace(client, settings);
  return {
    storage: s3Storage(client),
    parts: s3Parts(client),
    records: s3Records(client),
    place,
    close: () => client.destroy(),
  };
}

/** @throws REGION_NOT_SET */
export async function connectFunctions(settings: AwsSettings): Promise<FunctionConnection> {
  const client = createLambdaClient(settings);
  const invocations = createInvocationClient(settings);
  for (const one of [client, invocations]) markCredentialsStage(one);
  const place = await resolvePlace(client, settings);
  return {
    functions: lambdaFunctions(client, invocations),
    layers: lambdaLayers(client),
    versions: lambdaVersions(client),
    place,
    close() {
      client.destroy();
      invocations.destroy();
    },
  };
}

async function resolvePlace(
  client: { config: { region: () => Promise<string> }; destroy(): void },
  settings: AwsSettings,
): Promise<AwsPlace> {
  const profile = settings.profile ?? process.env['AWS_PROFILE'];
  try {
    const region = await client.config.region();
    const credentials = credentialsSource(settings);
    return { region, profile, credentials, ignored: ignoredVariables(settings) };
  } catch (cause) {
    client.destroy();
    const looked = profile === undefined ? 'the default profile' : `profile \`${profile}\``;
    throw new LambdaPythonError('REGION_NOT_SET', {
      message: `no AWS region: neither \`region\`, AWS_REGION, AWS_DEFAULT_REGION nor ${looked} names one`,
      hint: 'set `"region"` on the upload target, or AWS_REGION',
      cause,
    });
  }
}
