import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Machine from './machine';
import type * as Owner from './owner';
import type * as Identity from './process-identity';
import { machineId, storedId, type MachineFacts } from './machine';

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
    const directory = mkdtempSync(join(tmpdir(), 'machine-'));
    try {
      const path = join(directory, 'id');
      const first = storedId(path);
      expect(storedId(path)).toBe(first);
      expect(storedId(join(directory, 'other'))).not.toBe(first);
      const unwritable = join(directory, 'nowhere', 'id');
      expect(storedId(unwritable)).not.toBe(storedId(unwritable));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

/** The modules as another machine of this name has them: same number of a namespace, another start. */
function elsewhere<T extends object>(path: string): T {
  let loaded: T | undefined;
  jest.isolateModules(() => {
    jest.doMock('./machine', () => {
      const actual = jest.requireActual<typeof Machine>('./machine');
      const id = actual.machineId({ ...actual.HERE, bootId: () => 'another start' });
      return { ...actual, thisMachine: () => id };
    });
    loaded = jest.requireActual<T>(path);
  });
  jest.dontMock('./machine');
  return loaded as T;
}

it("never takes what lives on another machine of the same name for a dead process's", () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const owner = elsewhere<typeof Owner>('./owner');
  const identity = elsewhere<typeof Identity>('./process-identity');
  const here = jest.requireActual<typeof Owner>('./owner');
  const { isGone } = jest.requireActual<typeof Identity>('./process-identity');

  expect(here.isAbandoned(here.ownedName(pid))).toBe(true);
  expect(here.isAbandoned(owner.ownedName(pid))).toBe(false);
  expect(owner.isAbandoned(owner.ownedName(pid))).toBe(true);
  expect(owner.isAbandoned(here.ownedName(pid))).toBe(false);
  expect(isGone(identity.processIdentity(pid))).toBe(false);
});
