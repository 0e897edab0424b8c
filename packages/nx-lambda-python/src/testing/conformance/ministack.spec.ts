/** The same suite on MiniStack, which others wrote. */

import { describeConformance } from './conformance.fixtures';
import type { StartedServer } from './conformance.fixtures';
import { MINISTACK_DIFFERENCES } from './ministack-differences.fixtures';
import { ministackMissing, startMinistack } from './ministack.fixtures';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

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
