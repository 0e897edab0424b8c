/** The suite on the simulated account, and that nothing which is sent to AWS is without a check. */

import { PERMISSIONS } from '../../release/model/permissions';
import type { SimulatedAccount } from '../account';
import { startSimulatedAccount } from '../account';
import { LAMBDA_OPERATIONS } from '../lambda/route';
import { S3_OPERATIONS } from '../s3/route';
import { describeConformance } from './conformance.fixtures';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const UNLIMITED = { writesPerSecond: 1e6, readsPerSecond: 1e6 };

/** Most checks wait for updates; a slow one is long enough for three calls on a busy machine. */
const QUICK_UPDATE = 20;
const SLOW_UPDATE = 1_000;

const accounts: SimulatedAccount[] = [];
describeConformance('The simulated account', async (needs) => {
  const account = await startSimulatedAccount({
    updateMilliseconds: needs === 'slow updates' ? SLOW_UPDATE : QUICK_UPDATE,
    ...(needs !== 'quota' && { quota: UNLIMITED }),
  });
  accounts.push(account);
  return account;
});

/** Of the checks above, with success. */
function operationsSeen(): Set<string> {
  const requests = accounts.flatMap((account) => account.requests);
  const done = requests.filter(({ status = 0 }) => status >= 200 && status < 300);
  return new Set(done.map(({ operation }) => operation));
}

test('every operation that the plugin sends is checked', () => {
  const seen = operationsSeen();
  expect(Object.keys(PERMISSIONS).filter((operation) => !seen.has(operation))).toEqual([]);
});

test('every operation that the simulated account has is checked', () => {
  const seen = operationsSeen();
  const simulated = [...S3_OPERATIONS, ...LAMBDA_OPERATIONS];
  expect(simulated.filter((operation) => !seen.has(operation))).toEqual([]);
});
