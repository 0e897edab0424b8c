import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type * as Files from 'node:fs';
import type * as Owner from './owner';
import * as here from './owner';
import { isAbandoned, machineId, storedId, type MachineFacts } from './owner';
import { temporaryDirectory } from '../../temporary.fixtures';

const facts = (bootId: string | undefined, namespace: string | undefined): MachineFacts => ({
  bootId: () => bootId,
  processNamespace: () => namespace,
  storedId: () => 'ci 5c1b',
});

/** The first namespace of every kernel has this number. */
const INITIAL = 'pid:[4026531836]';

describe('a machine', () => {
  it('differs from others of its name, and from its own containers', () => {
    const ids = [
      facts('boot-1', INITIAL),
      facts('boot-2', INITIAL),
      facts('boot-1', 'pid:[4026532201]'),
      facts(undefined, undefined),
      { ...facts(undefined, undefined), storedId: () => 'ci 77d0' },
    ].map(machineId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('keeps an id of its own where the kernel has none', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'id');
    const first = storedId(path);
    expect(storedId(path)).toBe(first);
    expect(storedId(join(directory, 'other'))).not.toBe(first);
    const unwritable = join(directory, 'nowhere', 'id');
    expect(storedId(unwritable)).not.toBe(storedId(unwritable));
  });
});

/** The module as another machine of this name has it: same number of a namespace, another start. */
function elsewhere(): typeof Owner {
  let loaded: typeof Owner | undefined;
  jest.isolateModules(() => {
    jest.doMock('node:fs', () => {
      const actual = jest.requireActual<typeof Files>('node:fs');
      const readFileSync = (path: string, encoding: 'utf8') =>
        path.endsWith('boot_id') ? 'another start' : actual.readFileSync(path, encoding);
      return { ...actual, readFileSync };
    });
    loaded = jest.requireActual<typeof Owner>('./owner');
  });
  jest.dontMock('node:fs');
  return loaded as typeof Owner;
}

it.each(['ownedName', 'processIdentity'] as const)(
  "%s: what lives on another machine of the same name is never taken for a dead process's",
  (name) => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const there = elsewhere();
    expect(isAbandoned(here[name]())).toBe(false);
    expect(isAbandoned(here[name](pid))).toBe(true);
    expect(isAbandoned(there[name](pid))).toBe(false);
    expect(there.isAbandoned(there[name](pid))).toBe(true);
    expect(there.isAbandoned(here[name](pid))).toBe(false);
    expect(isAbandoned('')).toBe(false);
  },
);
