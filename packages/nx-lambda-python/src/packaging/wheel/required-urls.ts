/** The URLs that a wheel requires directly: `Requires-Dist: common @ file:///…`. */

import type { ByteSource } from '../zip/byte-source';
import { parseHeaders } from './headers';
import { readMetadataText, readWheel } from './read';

/** Without markers and fragments. */
export function requiredUrls(source: ByteSource, filename: string): string[] {
  const text = readMetadataText(source, readWheel(source, filename));
  return (parseHeaders(text)?.get('requires-dist') ?? []).flatMap((requirement) => {
    const url = /^[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*([^\s;#]+)/.exec(requirement)?.[1];
    return url === undefined ? [] : [url];
  });
}
