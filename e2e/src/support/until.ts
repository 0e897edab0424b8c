/** Waits for what another process does; the suites never wait for time to pass. */

/** On a machine that does ten other things; a test itself may take 180 s. */
const LONGEST_MILLISECONDS = 150_000;

/** Resolves with the first answer that is not undefined or false; `what` names it when it never comes. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + LONGEST_MILLISECONDS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited too long: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
