/** To be imported before any executor. */

import type * as Clock from '../release/model/clock';

/** Waits are as many as ever, and shorter. */
jest.mock('../release/model/clock', () => {
  const actual = jest.requireActual<typeof Clock>('../release/model/clock');
  const { now, sleep } = actual.systemClock;
  return {
    ...actual,
    systemClock: { now, sleep: (milliseconds: number) => sleep(milliseconds / 10) },
  };
});
