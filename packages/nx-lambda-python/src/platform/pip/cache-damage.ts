/** pip's cache of downloads for one build image: entries that may be damaged are dropped, and pip runs again. */

import { createHash } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withoutCredentials } from '../../packaging/requirements/parse';
import type { ExecResult } from '../process/exec';

/**
 * True if pip may have failed because of an earlier download in its cache: it checks what it reads from there as it
 * checks what it fetches, and blames the index for it.
 */
export function mayBeCacheDamage({ exitCode, output }: ExecResult): boolean {
  return exitCode !== 0 && CACHE_DAMAGE.test(output);
}

const CACHE_DAMAGE =
  /DO NOT MATCH THE HASHES|is invalid\.|BadZipFile|zlib\.error|has an invalid wheel|Error -\d while decompressing/;

/** Without pip's cache. */
export const NO_CACHE = { PIP_NO_CACHE_DIR: '1' };

/**
 * Runs pip, and again if its cache may be to blame. Others use it at the same time, and a wrong hash in a
 * requirements file looks just like damage: only entries that pip named are dropped, and fetched again. Where it
 * named none, or then fails because of others, it runs without its cache.
 */
export async function withSoundCache(
  cache: string,
  run: (environment: Readonly<Record<string, string>>) => Promise<ExecResult>,
): Promise<ExecResult> {
  const first = await run({});
  if (!mayBeCacheDamage(first)) return first;
  const blamed = mismatched(first.output);
  if (dropEntries(cache, blamed)) {
    const second = await run({});
    const isSame = mismatched(second.output).join() === blamed.join();
    // Fetched again with the same wrong hash: the index does not have what the requirements want.
    if (!mayBeCacheDamage(second) || isSame) return second;
  }
  return run(NO_CACHE);
}

/** URLs of what did not have its hash: `six==1.17.0 from https://…/six.whl#sha256=… (from -r …):`. */
function mismatched(output: string): string[] {
  const found = output.matchAll(/ from (https?:\/\/[^\s#]+)\S*(?: \(from [^\n]*)?\n\s+Expected /gi);
  return [...new Set([...found].map(([, url = '']) => url.replace(/:$/, '')))];
}

/** True if one of these was in the cache. */
function dropEntries(cache: string, urls: readonly string[]): boolean {
  const files = urls.flatMap((url) => entryFiles(cache, url));
  const existing = files.filter((file) => statSync(file, { throwIfNoEntry: false }));
  for (const file of existing) rmSync(file, { force: true });
  return existing.length > 0;
}

/**
 * As `SafeFileCache` and CacheControl name them: by the SHA-224 of the URL, whose host they spell small and which
 * has no credentials, in `http` until pip 23.2 and in `http-v2` since.
 */
function entryFiles(cache: string, url: string): string[] {
  const name = withoutCredentials(url).replace(/^[^:]+:\/\/[^/]+/, (place) => place.toLowerCase());
  const digest = createHash('sha224').update(name).digest('hex');
  const path = join(...digest.slice(0, 5), digest);
  return [join('http', path), join('http-v2', path), join('http-v2', `${path}.body`)].map((file) =>
    join(cache, file),
  );
}
