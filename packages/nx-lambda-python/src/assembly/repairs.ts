/** A build that found its files changed, or the store damaged, is tried again. */

import { LambdaPythonError } from '../errors';
import { DamagedFileError, SourceChangedError } from '../packaging/package';

/**
 * A dependency part, then the wheels that it is made of: more than these two cannot be found damaged in turn. As often
 * files may change that the package was to have.
 */
const REPAIRS = 2;

/** Takes what an attempt has begun and may not come to wait for. */
export type Begin = <T>(work: Promise<T>) => Promise<T>;

/**
 * What was found damaged in the store has been removed, and each attempt reads the service: the next one gets it
 * again. It starts when all that the one before has begun is at its end: both would ask the engine, and run pip, for
 * the same.
 */
export async function withRepairs<T>(build: (begin: Begin) => Promise<T>): Promise<T> {
  for (let repairs = 0; ; repairs += 1) {
    const begun: Promise<unknown>[] = [];
    try {
      return await build((work) => {
        begun.push(work);
        // Heard by whoever waits for it; where nobody does, it must not count as unhandled.
        work.catch(() => undefined);
        return work;
      });
    } catch (error) {
      if (error instanceof SourceChangedError) {
        if (repairs === REPAIRS) throw sourceChanged(error);
        console.warn(`${error.message}; reading it again`);
      } else if (error instanceof DamagedFileError && repairs < REPAIRS) {
        console.warn(`${error.message}; repairing it`);
      } else throw error;
      await Promise.allSettled(begun);
    }
  }
}

function sourceChanged(cause: SourceChangedError): LambdaPythonError {
  return new LambdaPythonError('SOURCE_CHANGED', {
    message: `\`${cause.path}\` changes again and again while the package is written`,
    hint: 'end what writes it (a generator, a watcher), or leave it out by `exclude` in pyproject.toml, and run the same command again',
    cause,
  });
}
