/** Lambda's published versions through the AWS SDK. */

import {
  DeleteFunctionCommand,
  ExecutionStatus,
  ListAliasesCommand,
  ListDurableExecutionsByFunctionCommand,
  ListVersionsByFunctionCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import type { PublishedVersion, VersionService } from '../../release/versions/version-prune';
import { call } from './call';

const { RUNNING } = ExecutionStatus;

export function lambdaVersions(client: LambdaClient): VersionService {
  return {
    listVersions: (name, marker) =>
      call('ListVersionsByFunction', async () => {
        const { Versions = [], NextMarker } = await client.send(
          new ListVersionsByFunctionCommand({ FunctionName: name, Marker: marker }),
        );
        return {
          arn: Versions[0]?.FunctionArn,
          versions: Versions.flatMap(
            ({ Version, CodeSize = 0, CodeSha256 = null, DurableConfig }): PublishedVersion[] =>
              isNumber(Version)
                ? [
                    {
                      ...{ version: Version, size: CodeSize, codeSha256: CodeSha256 },
                      ...(DurableConfig && { isDurable: true }),
                    },
                  ]
                : [],
          ),
          marker: NextMarker || undefined,
        };
      }),

    listAliases: (name, marker) =>
      call('ListAliases', async () => {
        const { Aliases = [], NextMarker } = await client.send(
          new ListAliasesCommand({ FunctionName: name, Marker: marker }),
        );
        return {
          aliases: Aliases.map(({ Name = '', FunctionVersion, RoutingConfig }) => ({
            name: Name,
            versions: [
              ...(FunctionVersion === undefined ? [] : [FunctionVersion]),
              ...Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {}),
            ],
          })),
          marker: NextMarker || undefined,
        };
      }),

    hasRunningExecution: (name, version) =>
      call('ListDurableExecutionsByFunction', async () => {
        const running = { FunctionName: name, Qualifier: version, Statuses: [RUNNING] };
        for (let Marker: string | undefined; ;) {
          const { DurableExecutions = [], NextMarker } = await client.send(
            new ListDurableExecutionsByFunctionCommand({ ...running, Marker, MaxItems: 1 }),
          );
          if (DurableExecutions.length > 0) return true;
          if (!NextMarker) return false;
          Marker = NextMarker;
        }
      }),

    async deleteVersion(name, version) {
      // Without a qualifier this very call deletes the function and all that it has.
      if (!isNumber(version)) throw new Error(`no published version: "${version}" of ${name}`);
      return call('DeleteFunction', async () => {
        await client.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier: version }));
        return undefined;
      });
    },
  };
}

function isNumber(version: string | undefined): version is string {
  return version !== undefined && /^[1-9]\d*$/.test(version);
}
