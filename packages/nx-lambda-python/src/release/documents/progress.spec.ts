import type { ReleasePhase } from '../apply/apply';
import { Progress } from './progress';

function at(milliseconds: number) {
  const clock = { time: milliseconds, now: () => clock.time, sleep: async () => undefined };
  return clock;
}

/** The lines of a deploy in a log. */
function lines(total: number): string[] {
  const progress = new Progress('orders', at(0));
  const run = (phase: ReleasePhase, count: number): string[] => {
    progress.begin(phase, count);
    return Array.from({ length: count }, (_, n) => progress.step(`f${n}`, false) ?? []).flat();
  };
  return [
    ...run('canary', 1),
    ...run('code', total - 1),
    ...run('publish', total),
    ...run('aliases', total),
  ];
}

it('gives about ten lines however many functions there are, and names the phases', () => {
  for (const total of [40, 300, 1000]) expect(lines(total).length).toBeLessThanOrEqual(11);
  expect(lines(300)).toEqual([
    'canary: 1 of 1 done',
    ...[50, 100, 150, 200, 250, 299].map((done) => `code: ${done} of 299 done`),
    ...['publish', 'aliases'].flatMap((phase) =>
      [150, 300].map((done) => `${phase}: ${done} of 300 done`),
    ),
  ]);
});

it('shows phase, count, rate, seconds left and failures in one line', () => {
  const clock = at(5000);
  const progress = new Progress('orders', clock);
  progress.begin('code', 100);
  expect(progress.live()).toBe('orders  code  0 of 100  0.0 s');
  clock.time += 2000;
  for (let n = 0; n < 24; n += 1) progress.step(`f${n}`, n === 3);
  expect(progress.live()).toBe('orders  code  24 of 100  12.0/s  7 s left  1 failed');
});
