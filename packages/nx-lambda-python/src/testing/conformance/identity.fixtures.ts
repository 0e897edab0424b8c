/** STS's GetCallerIdentity, as the plugin asks: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */

import { callerAccount } from '../../platform/aws/caller-identity';
import type { Check } from './check.fixtures';
import { idle, newFunction } from './check.fixtures';

export const IDENTITY_CHECKS: readonly Check[] = [
  {
    name: 'GetCallerIdentity tells the account that is in the ARNs of functions',
    async run(bench) {
      const configuration = await idle(bench, await newFunction(bench));
      const { endpoint, region, credentials } = bench;
      expect(await callerAccount({ endpoint, region, credentials })).toEqual({
        ok: true,
        value: configuration?.FunctionArn?.split(':')[4],
      });
    },
  },
];
