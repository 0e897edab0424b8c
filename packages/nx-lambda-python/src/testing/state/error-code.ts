/**
 * `ENOENT` and the like. Not by `instanceof Error`: under jest, errors of Node's own modules come
 * from outside the test's realm, and are none there.
 */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return String(error.code);
}
