/** To be imported before any executor. */

import type * as Settings from '../../platform/aws/settings';

/** How long the client waits for an answer; all else of it is the product's. */
export const mockSocket = { timeout: 60_000 };
jest.mock('../../platform/aws/settings', () => {
  const actual = jest.requireActual<typeof Settings>('../../platform/aws/settings');
  return {
    ...actual,
    clientConfiguration: (...given: Parameters<typeof actual.clientConfiguration>) => {
      const { requestHandler, ...rest } = actual.clientConfiguration(...given);
      return { ...rest, requestHandler: { ...requestHandler, socketTimeout: mockSocket.timeout } };
    },
  };
});
