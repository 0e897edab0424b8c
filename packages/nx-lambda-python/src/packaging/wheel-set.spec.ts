import {
  ensureWheelSet,
  type Admit,
  type StoredWheel,
  type WheelSet,
  type WheelStore,
} from './wheel-set';

/** A store in memory; a wheel is named by its path. */
class MemoryWheels implements WheelStore {
  readonly sets = new Map<string, WheelSet>();
  readSet = (key: string) => this.sets.get(key);
  writeSet = (set: WheelSet) => void this.sets.set(set.requirementsKey, set);
  async admit(path: string, admit: Admit): Promise<StoredWheel> {
    const { name, version } = await admit(path, '');
    return { name, version, file: path, sha256: 'aa', size: 1 };
  }
  whileResolving = <T>(_key: string, work: () => Promise<T>) => work();
  withDirectory = <T>(work: (directory: string) => Promise<T>) => work('/work');
}

const admit = (path: string) => Promise.resolve({ name: path, version: '1' });
const resolved =
  (...files: string[]) =>
  () =>
    Promise.resolve({ files, image: 'image@sha256:aa', engine: 'docker' });
const never = () => Promise.reject(new Error('should not resolve'));

describe('ensureWheelSet', () => {
  it('resolves once, sorts, and remembers', async () => {
    const store = new MemoryWheels();
    const first = await ensureWheelSet('key', store, resolved('b', 'a'), admit);
    expect(first.hit).toBe(false);
    expect(first.value.wheels.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await ensureWheelSet('key', store, never, admit)).toEqual({
      value: first.value,
      hit: true,
    });
  });

  it('takes what another build resolved while this one waited', async () => {
    const store = new MemoryWheels();
    const set: WheelSet = { requirementsKey: 'key', image: null, engine: 'host', wheels: [] };
    store.whileResolving = async (_key, work) => {
      store.writeSet(set);
      return work();
    };
    expect(await ensureWheelSet('key', store, never, admit)).toEqual({ value: set, hit: true });
  });

  it('remembers nothing when a wheel is refused', async () => {
    const store = new MemoryWheels();
    const refuse = () => Promise.reject(new Error('refused'));
    await expect(ensureWheelSet('key', store, resolved('a'), refuse)).rejects.toThrow('refused');
    expect(store.sets.size).toBe(0);
  });
});
