import { layOut } from './treemap';

const WHOLE = { x: 0, y: 0, width: 6, height: 4 };

it('lays out the example of the paper', () => {
  const rounded = layOut([6, 6, 4, 3, 2, 2, 1], WHOLE).map((box) =>
    Object.values(box).map((value: number) => Math.round(value * 100) / 100),
  );
  expect(rounded).toEqual([
    [0, 0, 3, 2],
    [0, 2, 3, 2],
    [3, 0, 1.71, 2.33],
    [4.71, 0, 1.29, 2.33],
    [3, 2.33, 1.2, 1.67],
    [4.2, 2.33, 1.2, 1.67],
    [5.4, 2.33, 0.6, 1.67],
  ]);
});

it.each([
  ['one', [5]],
  ['equal ones', Array<number>(100).fill(1)],
  ['one that is nearly all', [1e9, 1, 1, 1]],
  ['many magnitudes', Array.from({ length: 300 }, (_, index) => 1e9 / (index + 1) ** 3)],
])('fills the whole without overlap, in proportion: %s', (_, sizes) => {
  const boxes = layOut(sizes, WHOLE);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  boxes.forEach(({ x, y, width, height }, index) => {
    expect((width * height) / 24).toBeCloseTo((sizes[index] ?? 0) / total, 9);
    for (const side of [x, y, 6 - x - width, 4 - y - height]) expect(side).toBeGreaterThan(-1e-6);
    for (const other of boxes.slice(index + 1)) {
      const across = Math.min(x + width, other.x + other.width) - Math.max(x, other.x);
      const down = Math.min(y + height, other.y + other.height) - Math.max(y, other.y);
      expect(Math.min(across, down)).toBeLessThan(1e-6);
    }
  });
});

it('has nothing to lay out', () => expect(layOut([], WHOLE)).toEqual([]));
