/** One suite, two servers: the simulated account, and MiniStack, which others wrote. */

import { startSimulatedAccount } from '../account';
import type { StartedServer } from './conformance.fixtures';
import { describeConformance } from './conformance.fixtures';
import { MINISTACK_DIFFERENCES } from './ministack-differences.fixtures';
import { ministackMissing, startMinistack } from './ministack.fixtures';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const UNLIMITED = { writesPerSecond: 1e6, readsPerSecond: 1e6 };

/** Long enough for three calls on a machine that does other things, too. */
const UPDATE_MILLISECONDS = 1_000;

describeConformance('The simulated account', ({ quota }) =>
  startSimulatedAccount({
    updateMilliseconds: UPDATE_MILLISECONDS,
    ...(!quota && { quota: UNLIMITED }),
  }),
);

const missing = ministackMissing();
if (missing === undefined) {
  let running: Promise<StartedServer> | undefined;
  const shared = async (): Promise<StartedServer> => {
    running ??= startMinistack();
    return { ...(await running), stop: async () => undefined };
  };
  afterAll(async () => (await running)?.stop());
  describeConformance('MiniStack', shared, MINISTACK_DIFFERENCES);
} else if (process.env['REQUIRE_STAND_INS'] === '1') {
  test('MiniStack is there, since REQUIRE_STAND_INS=1 asks for it', () => {
    throw new Error(missing);
  });
} else {
  test.skip(`MiniStack conforms to AWS (not run: ${missing})`, () => undefined);
}
