import { planPrune, type StoredItem, type StoredKind } from './prune-plan';

const DAY = 24 * 60 * 60 * 1000;
const NOW = 1000 * DAY;

function item(
  kind: StoredKind,
  path: string,
  daysUnused: number,
  more: Partial<StoredItem> = {},
): StoredItem {
  return { kind, path, size: 100, lastUsed: NOW - daysUnused * DAY, ...more };
}

const removedFrom = (items: StoredItem[], limits: { maxAgeDays?: number; maxSize?: number } = {}) =>
  planPrune(items, { now: NOW, maxAgeDays: 30, maxSize: undefined, ...limits }).remove.map(
    ({ path }) => path,
  );

describe('planPrune', () => {
  it('removes what was unused for too long, and wheels with the last set that needs them', () => {
    const items = [
      item('wheel', 'old', 90),
      item('wheel', 'shared', 90),
      item('wheel set', 'a', 31, { wheels: ['old', 'shared'] }),
      item('wheel set', 'b', 29, { wheels: ['shared'] }),
      item('dependency part', 'p', 40),
      item('installed tree', 't', 31),
      item('record', 'r', 31),
      item('pip cache', 'c', 2),
    ];
    expect(removedFrom(items)).toEqual(['a', 'p', 't', 'r', 'old']);
    expect(removedFrom(items, { maxAgeDays: 365 })).toEqual([]);
  });

  it('removes the least recently used first where the store is too large', () => {
    const items = [
      item('wheel', 'w', 9),
      item('wheel set', 'a', 3, { wheels: ['w'] }),
      item('dependency part', 'p', 2),
      item('pip cache', 'c', 1),
    ];
    expect(removedFrom(items, { maxSize: 400 })).toEqual([]);
    // With the set goes its wheel, and that is enough.
    expect(removedFrom(items, { maxSize: 399 })).toEqual(['a', 'w']);
    expect(removedFrom(items, { maxSize: 199 })).toEqual(['a', 'p', 'w']);
    expect(removedFrom(items, { maxSize: 0 })).toEqual(['a', 'p', 'c', 'w']);
  });

  it('removes nothing that is in use, nor what was used within the last hour', () => {
    const items = [
      item('wheel set', 'a', 90, { inUse: true, wheels: ['w'] }),
      item('wheel', 'w', 90),
      item('wheel', 'just fetched', 0.01),
      item('dependency part', 'p', 0.01),
      item('unfinished work', 'u', 0.01),
    ];
    expect(removedFrom(items, { maxAgeDays: 0, maxSize: 0 })).toEqual([]);
  });

  it('removes unfinished work, what is unknown and stores of older formats', () => {
    const items = [
      item('unfinished work', 'u', 1),
      item('unknown', 'x', 0),
      item('old store', '../v0', 0),
    ];
    expect(removedFrom(items)).toEqual(['u', 'x', '../v0']);
  });

  it('keeps what it does not remove', () => {
    const items = [item('record', 'r', 31), item('record', 's', 1)];
    const { keep } = planPrune(items, { now: NOW, maxAgeDays: 30, maxSize: undefined });
    expect(keep.map(({ path }) => path)).toEqual(['s']);
  });
});
