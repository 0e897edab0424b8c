/** To be imported before any executor. */

import type * as Clock from '../../release/clock';

/** Waits are as many as ever, and shorter. */
jest.mock('../../release/clock', () => {
  const actual = jest.requireActual<typeof Clock>('../../release/clock');
  const { now, sleep } = actual.systemClock;
  return {
    ...actual,
    systemClock: { now, sleep: (milliseconds: number) => sleep(milliseconds / 10) },
  };
});
