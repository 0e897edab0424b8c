/** The corpus as files: `zip/<reason>.<what is wrong>.zip` and `wheel/<reason>.<what is wrong>.whl`. */

import { buildWheel } from '../wheel/wheel.fixtures';
import { ARCHIVES } from './archives.fixtures';
import { WHEELS } from './wheels.fixtures';

/** Path below this folder to content. */
export function corpusFiles(): Map<string, Buffer> {
  return new Map([
    ...filesOf('zip', 'zip', ARCHIVES, (bytes) => bytes),
    ...filesOf('wheel', 'whl', WHEELS, (wheel) => buildWheel(wheel).bytes),
  ]);
}

function filesOf<T>(
  folder: string,
  extension: string,
  corpus: Record<string, Record<string, T>>,
  bytesOf: (one: T) => Buffer,
): [path: string, bytes: Buffer][] {
  return Object.entries(corpus).flatMap(([reason, cases]) =>
    Object.entries(cases).map(([what, one]): [string, Buffer] => {
      const variant = what.toLowerCase().replace(/[^a-z0-9]+/g, '-');
      return [`${folder}/${reason}.${variant}.${extension}`, bytesOf(one)];
    }),
  );
}
