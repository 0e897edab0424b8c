import { setTimeout as delay } from 'node:timers/promises';
import { DamagedFileError, SourceChangedError } from '../packaging/package';
import { withRepairs } from './repairs';

beforeEach(() => {
  jest.spyOn(console, 'warn').mockImplementation();
});
afterEach(() => jest.restoreAllMocks());

describe('withRepairs', () => {
  it.each([
    ['a file changes', new SourceChangedError('a.py')],
    ['a wheel is damaged', new DamagedFileError('damaged: a.whl')],
  ])('starts again where %s, once what was begun has ended', async (_, error) => {
    const events: string[] = [];
    let attempts = 0;
    const built = await withRepairs(async (begin) => {
      const name = `attempt ${(attempts += 1)}`;
      events.push(name);
      void begin(
        delay(20).then(() => {
          events.push(`pip of ${name} ended`);
          // As pip does when it is the service that cannot be built.
          if (attempts === 1) throw error;
        }),
      );
      await delay(1);
      if (attempts === 1) throw error;
      await delay(30);
      return name;
    });
    expect(built).toBe('attempt 2');
    expect(events).toEqual([
      'attempt 1',
      'pip of attempt 1 ended',
      'attempt 2',
      'pip of attempt 2 ended',
    ]);
  });

  it('tells every other fault at once', async () => {
    let isOver = false;
    const failing = withRepairs(async (begin) => {
      void begin(delay(1_000, undefined, { ref: false }).then(() => (isOver = true)));
      await delay(1);
      throw new Error('a fault of the service');
    });
    await expect(failing).rejects.toThrow('a fault of the service');
    expect(isOver).toBe(false);
  });

  it('gives up after two repairs', async () => {
    let attempts = 0;
    const failing = withRepairs(() => {
      attempts += 1;
      return Promise.reject(new SourceChangedError('a.py'));
    });
    await expect(failing).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    expect(attempts).toBe(3);
  });
});
