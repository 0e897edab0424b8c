/** Requests of one process take the lock together: one file created and read for many of them. */

/** So many at once; then other processes have their turn. */
const MOST = 32;

/**
 * @param exclusively runs what it is given while nobody else touches the state
 * @returns a function that runs works in the order in which they came
 */
export function inBatches(
  exclusively: (work: () => void) => Promise<void>,
): <T>(work: () => T) => Promise<T> {
  const waiting: { run: () => void; fail: (reason: unknown) => void }[] = [];
  let draining = false;

  const drain = async (): Promise<void> => {
    draining = true;
    while (waiting.length > 0) {
      try {
        await exclusively(() => waiting.splice(0, MOST).forEach(({ run }) => run()));
      } catch (error) {
        // The lock could not be had: all that wait are told, none has run.
        waiting.splice(0).forEach(({ fail }) => fail(error));
      }
    }
    draining = false;
  };

  return <T>(work: () => T) =>
    new Promise<T>((resolve, reject) => {
      const run = () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      waiting.push({ run, fail: reject });
      if (!draining) void drain();
    });
}
