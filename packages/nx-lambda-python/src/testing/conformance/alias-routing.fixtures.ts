/** Aliases that split their calls between two versions, as AWS documents them. */

import { DeleteFunctionCommand, GetAliasCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda';
import type { Check } from './check.fixtures';
import { failure } from './check.fixtures';
import { createAlias, publish, update, withTwoVersions } from './published.fixtures';

const INVALID = { name: 'InvalidParameterValueException', status: 400 };

export const ALIAS_ROUTING_CHECKS: readonly Check[] = [
  {
    name: 'An alias may split calls between two versions',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      const RoutingConfig = { AdditionalVersionWeights: { '2': 0.1 } };
      await createAlias(bench, FunctionName, { FunctionVersion: '1', RoutingConfig });
      const get = () => bench.lambda.send(new GetAliasCommand({ FunctionName, Name: 'live' }));
      expect((await get()).RoutingConfig).toEqual(RoutingConfig);
      const input = { FunctionName, Name: 'live', FunctionVersion: '2' };
      const clear = { ...input, RoutingConfig: { AdditionalVersionWeights: {} } };
      await bench.lambda.send(new UpdateAliasCommand(clear));
      expect((await get()).RoutingConfig?.AdditionalVersionWeights ?? {}).toEqual({});
    },
  },
  {
    name: 'UpdateAlias begins a split, and keeps it where it is not told of it',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      await createAlias(bench, FunctionName, { FunctionVersion: '1' });
      const alias = { FunctionName, Name: 'live' };
      const RoutingConfig = { AdditionalVersionWeights: { '2': 0.25 } };
      await bench.lambda.send(new UpdateAliasCommand({ ...alias, RoutingConfig }));
      await bench.lambda.send(new UpdateAliasCommand({ ...alias, Description: 'canary' }));
      expect(await bench.lambda.send(new GetAliasCommand(alias))).toMatchObject({
        FunctionVersion: '1',
        Description: 'canary',
        RoutingConfig,
      });
    },
  },
  {
    name: '$LATEST cannot share an alias with a version',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      const RoutingConfig = { AdditionalVersionWeights: { '1': 0.5 } };
      const input = { FunctionVersion: '$LATEST', RoutingConfig };
      const refused = await failure(createAlias(bench, FunctionName, input));
      expect(refused).toEqual({ name: 'InvalidParameterValueException', status: 400 });
    },
  },
  {
    name: 'A weight above 1 is 400',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      const RoutingConfig = { AdditionalVersionWeights: { '2': 1.5 } };
      const input = { FunctionVersion: '1', RoutingConfig };
      expect((await failure(createAlias(bench, FunctionName, input))).status).toBe(400);
    },
  },
  {
    name: 'A version that an alias gives a share of its calls to cannot be deleted',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      const RoutingConfig = { AdditionalVersionWeights: { '2': 0.1 } };
      await createAlias(bench, FunctionName, { FunctionVersion: '1', RoutingConfig });
      const remove = new DeleteFunctionCommand({ FunctionName, Qualifier: '2' });
      expect(await failure(bench.lambda.send(remove))).toEqual({
        name: 'ResourceConflictException',
        status: 409,
      });
    },
  },
  {
    name: 'Calls cannot be split with the alias’s own version, nor among three',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      await update(bench, FunctionName, 'three');
      await publish(bench, FunctionName);
      const split = (AdditionalVersionWeights: Record<string, number>) => {
        const RoutingConfig = { AdditionalVersionWeights };
        return failure(createAlias(bench, FunctionName, { FunctionVersion: '1', RoutingConfig }));
      };
      expect(await split({ '1': 0.5 })).toEqual(INVALID);
      expect(await split({ '2': 0.3, '3': 0.3 })).toEqual(INVALID);
    },
  },
  {
    name: 'Calls cannot be split with a version that does not exist: 404',
    async run(bench) {
      const FunctionName = await withTwoVersions(bench);
      const RoutingConfig = { AdditionalVersionWeights: { '9': 0.5 } };
      const input = { FunctionVersion: '1', RoutingConfig };
      const refused = await failure(createAlias(bench, FunctionName, input));
      expect(refused).toEqual({ name: 'ResourceNotFoundException', status: 404 });
    },
  },
];
