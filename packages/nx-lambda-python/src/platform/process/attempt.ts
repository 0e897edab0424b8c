/** What `work` returns, or undefined if it throws: for what may be missing, and what is done as far as possible. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
