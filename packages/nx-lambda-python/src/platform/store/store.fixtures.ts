import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PLAIN_PART, writePart } from '../../packaging/dependency-part';
import type { Admit, StoredWheel } from '../../packaging/wheel-set';
import { buildWheel } from '../../packaging/wheel/wheel.fixtures';
import type { DiskWheelStore, WriteWheels } from './wheel-store';

/** Takes any wheel for what its file name says. */
const admit: Admit = (path) => {
  const [name = '', version = ''] = basename(path).split('-');
  return Promise.resolve({ name, version });
};

/** A wheel of one module, in the store. */
export function admitWheel(store: DiskWheelStore, name = 'demo'): Promise<StoredWheel> {
  return store.withDirectory((directory) => {
    const { filename, bytes } = buildWheel({ name, files: { [`${name}.py`]: 'x = 1\n' } });
    writeFileSync(join(directory, filename), bytes);
    return store.admit(join(directory, filename), admit);
  });
}

export const writePlain: WriteWheels = (wheels, sink) => writePart(wheels, PLAIN_PART, sink);
