/** Squarified treemaps (Bruls, Huizing, van Wijk, 2000): boxes by area, as near to squares as they can be. */

/** In any unit, from the top left. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * One box for each size, in their order; together they fill the whole.
 * @param sizes positive, the largest first
 */
export function layOut(sizes: readonly number[], whole: Box): Box[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const areas = sizes.map((size) => (size / total) * whole.width * whole.height);
  const boxes: Box[] = [];
  let rest = whole;
  while (boxes.length < areas.length) {
    const row = firstRow(areas.slice(boxes.length), Math.min(rest.width, rest.height));
    const [placed, left] = placeRow(row, rest);
    boxes.push(...placed);
    rest = left;
  }
  return boxes;
}

/** As many as make the longest of them no longer. */
function firstRow(areas: readonly number[], side: number): readonly number[] {
  let length = 1;
  while (length < areas.length && worst(areas, length + 1, side) <= worst(areas, length, side)) {
    length += 1;
  }
  return areas.slice(0, length);
}

/** The highest ratio of sides in a row of the first `length` areas along a side. */
function worst(areas: readonly number[], length: number, side: number): number {
  const row = areas.slice(0, length);
  const thickness = row.reduce((sum, area) => sum + area, 0) / side;
  return Math.max(...row.map((area) => Math.max(thickness ** 2 / area, area / thickness ** 2)));
}

/** Along the shorter side. */
function placeRow(row: readonly number[], { x, y, width, height }: Box): [Box[], Box] {
  const area = row.reduce((sum, one) => sum + one, 0);
  let done = 0;
  if (width >= height) {
    const thickness = area / height;
    const boxes = row.map((one) => {
      const box = { x, y: y + done, width: thickness, height: one / thickness };
      done += box.height;
      return box;
    });
    return [boxes, { x: x + thickness, y, width: width - thickness, height }];
  }
  const thickness = area / width;
  const boxes = row.map((one) => {
    const box = { x: x + done, y, width: one / thickness, height: thickness };
    done += box.width;
    return box;
  });
  return [boxes, { x, y: y + thickness, width, height: height - thickness }];
}
