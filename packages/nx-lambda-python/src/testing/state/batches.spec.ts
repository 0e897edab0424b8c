import { setTimeout as sleep } from 'node:timers/promises';
import { inBatches } from './stores';

test('works that wait are done together, in order, each with its own outcome', async () => {
  let locks = 0;
  const run = inBatches(async (work) => {
    locks += 1;
    await sleep(1);
    work();
  });
  const order: number[] = [];
  const works = Array.from({ length: 40 }, (_, index) =>
    run(() => {
      order.push(index);
      if (index === 3) throw new Error('three');
      return index;
    }),
  );
  const outcomes = await Promise.allSettled(works);
  expect(order).toEqual(Array.from({ length: 40 }, (_, index) => index));
  expect(outcomes.map(({ status }) => status).indexOf('rejected')).toBe(3);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  // Not all at once: other processes wait, too.
  expect(locks).toBe(2);
});

test('without the lock none is done, and the next may try again', async () => {
  let locked = true;
  const run = inBatches(async (work) => {
    if (locked) throw new Error('locked');
    work();
  });
  const outcomes = await Promise.allSettled([run(() => 1), run(() => 2)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  locked = false;
  expect(await run(() => 3)).toBe(3);
});
