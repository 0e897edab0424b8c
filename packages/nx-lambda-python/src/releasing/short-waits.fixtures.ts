/** To be imported before any executor. */

import type * as SharedRate from '../platform/aws/shared-rate';
import type * as Time from '../release/model/clock';

/** Waits are as many as ever and take a fiftieth; then the clock says that all of each has passed. */
function mockSkipping({ now, sleep }: Time.Clock): Time.Clock {
  let skipped = 0;
  const ahead = () => now() + skipped;
  return {
    now: ahead,
    async sleep(milliseconds) {
      const end = ahead() + milliseconds;
      await sleep(milliseconds / 50);
      skipped += Math.max(0, end - ahead());
    },
  };
}

jest.mock('../release/model/clock', () => {
  const actual = jest.requireActual<typeof Time>('../release/model/clock');
  return { ...actual, systemClock: mockSkipping(actual.systemClock) };
});
jest.mock('../platform/aws/shared-rate', () => {
  const actual = jest.requireActual<typeof SharedRate>('../platform/aws/shared-rate');
  return { ...actual, dayClock: mockSkipping(actual.dayClock) };
});
