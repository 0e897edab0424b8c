/** Encodings by the names that Python has for them. */

/**
 * A strict decoder, which throws for bytes that are not of its encoding.
 * @returns undefined for an encoding that only Python knows
 */
export function decoderOf(encoding: string): ((bytes: Buffer) => string) | undefined {
  // Python's spelling is free: `latin_1`, `utf_8`, `cp1252`. WHATWG's labels have dashes.
  const label = encoding
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/^(latin|iso)-?(\d+)/, '$1$2')
    .replace(/^cp(125\d|874)$/, 'windows-$1')
    .replace(/^(utf-?8)-sig$/, '$1')
    .replace(/^(utf-16)-([bl]e)$/, '$1$2');
  // WHATWG means Windows' encoding by these two, which has other characters in 0x80–0x9f.
  if (/^(latin1|l1|iso8859-1)$/.test(label)) return (bytes) => bytes.toString('latin1');
  if (/^(us-)?ascii$/.test(label)) return decodeAscii;
  try {
    const decoder = new TextDecoder(label, { fatal: true });
    return (bytes) => decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeAscii(bytes: Buffer): string {
  if (bytes.some((byte) => byte > 0x7f)) throw new TypeError('not ASCII');
  return bytes.toString('latin1');
}
