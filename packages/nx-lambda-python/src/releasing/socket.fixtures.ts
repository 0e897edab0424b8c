/** To be imported before any executor. */

import type * as Settings from '../platform/aws/settings';
import type { Fault, SimulatedAccount } from '../testing';

/** How long the client waits for an answer; all else of it is the product's. */
const mockSocket = { timeout: 60_000 };
jest.mock('../platform/aws/settings', () => {
  const actual = jest.requireActual<typeof Settings>('../platform/aws/settings');
  return {
    ...actual,
    clientConfiguration: async (...given: Parameters<typeof actual.clientConfiguration>) => {
      const { requestHandler, ...rest } = await actual.clientConfiguration(...given);
      return { ...rest, requestHandler: { ...requestHandler, socketTimeout: mockSocket.timeout } };
    },
  };
});

/** What `work` does while the account has this fault; a call that nobody answers ends soon. */
export async function meeting<T>(
  account: SimulatedAccount,
  fault: Fault,
  work: () => Promise<T>,
): Promise<T> {
  if (fault.kind === 'timeout') mockSocket.timeout = 500;
  account.inject(fault);
  try {
    return await work();
  } finally {
    account.heal();
    mockSocket.timeout = 60_000;
  }
}
