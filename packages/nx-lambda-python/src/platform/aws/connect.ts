/** Opens the connections that upload and deploy use. Import it lazily: it loads the SDK. */

import type { Lambda } from '@aws-sdk/client-lambda';
import type { S3 } from '@aws-sdk/client-s3';
import { LambdaPythonError } from '../../errors';
import type { AwsPlace } from '../../release/calls/failure-error';
import { credentialsSource, ignoredVariables, markCredentialsStage } from './credentials';
import { invokeRemote, type RemoteCall } from './invoke';
import {
  createInvocationClient,
  createLambdaClient,
  lambdaFunctions,
  lambdaLayers,
  lambdaVersions,
} from './lambda';
import { createS3Client, s3Parts, s3Texts, s3Storage } from './s3';
import type { AwsSettings } from './settings';

/** @throws REGION_NOT_SET */
export async function connectStorage(settings: AwsSettings) {
  const client = await createS3Client(settings);
  const place = await resolvePlace(client, settings);
  return {
    storage: s3Storage(client),
    parts: s3Parts(client),
    records: s3Texts(client),
    place,
    close: () => client.destroy(),
  };
}

/** @throws REGION_NOT_SET */
export async function connectFunctions(settings: AwsSettings) {
  const client = await createLambdaClient(settings);
  const place = await resolvePlace(client, settings);
  const invocations = await createInvocationClient(settings);
  markCredentialsStage(invocations);
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

/** @throws REGION_NOT_SET */
export async function connectInvocations(settings: AwsSettings) {
  const client = await createInvocationClient(settings);
  const place = await resolvePlace(client, settings);
  return {
    invoke: (call: RemoteCall) => invokeRemote(client, call),
    place,
    close: () => Promise.resolve(client.destroy()),
  };
}

async function resolvePlace(client: S3 | Lambda, settings: AwsSettings): Promise<AwsPlace> {
  markCredentialsStage(client);
  const profile = settings.profile ?? process.env['AWS_PROFILE'];
  try {
    const region = await client.config.region();
    const credentials = await credentialsSource(settings);
    return { region, credentials, ignored: ignoredVariables(settings, credentials) };
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
