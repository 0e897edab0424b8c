/** Lambda's layers through the AWS SDK. */

import {
  GetLayerVersionCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
  type LambdaClient,
  type Runtime,
} from '@aws-sdk/client-lambda';
import type { LayerService } from '../../release/calls/function-service';
import { call } from './call';

export function lambdaLayers(client: LambdaClient): LayerService {
  return {
    async newest(name) {
      const listed = await call('ListLayerVersions', async () => {
        // The newest comes first; an unknown layer has none.
        const { LayerVersions } = await client.send(
          new ListLayerVersionsCommand({ LayerName: name, MaxItems: 1 }),
        );
        return LayerVersions?.[0]?.Version ?? null;
      });
      if (!listed.ok || listed.value === null) {
        return listed.ok ? { ok: true, value: null } : absentAsNull(listed);
      }
      const version = listed.value;
      return call('GetLayerVersion', async () => {
        const { Content, LayerVersionArn } = await client.send(
          new GetLayerVersionCommand({ LayerName: name, VersionNumber: version }),
        );
        return { arn: LayerVersionArn ?? '', sha256: Content?.CodeSha256 ?? '' };
      });
    },

    publish: ({ name, bucket, key, runtime, architecture }) =>
      call('PublishLayerVersion', async () => {
        const { Content, LayerVersionArn } = await client.send(
          new PublishLayerVersionCommand({
            LayerName: name,
            Content: { S3Bucket: bucket, S3Key: key },
            CompatibleRuntimes: [runtime as Runtime],
            CompatibleArchitectures: [architecture],
          }),
        );
        return { arn: LayerVersionArn ?? '', sha256: Content?.CodeSha256 ?? '' };
      }),
  };
}

function absentAsNull<T extends { ok: false; failure: { kind: string } }>(
  listed: T,
): T | { ok: true; value: null } {
  return listed.failure.kind === 'not-found' ? { ok: true, value: null } : listed;
}
