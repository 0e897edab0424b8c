/** The `Key: value` headers of WHEEL and METADATA (core metadata specification). */

/** Keys in lower case, each with all its values; undefined where a line is no header. */
export type Headers = ReadonlyMap<string, readonly string[]>;

/** Reads up to the first empty line; a description may follow there. */
export function parseHeaders(text: string): Headers | undefined {
  const headers = new Map<string, string[]>();
  let values: string[] | undefined;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    if (line === '') break;
    if (/^[ \t]/.test(line)) {
      // RFC 5322 2.2.3: a folded line continues the one before.
      if (!values) return undefined;
      values.push(`${values.pop() ?? ''}\n${line.trim()}`);
      continue;
    }
    const match = /^([^\s:]+)[ \t]*:(.*)$/.exec(line);
    if (!match) return undefined;
    const key = (match[1] ?? '').toLowerCase();
    values = headers.get(key) ?? [];
    values.push((match[2] ?? '').trim());
    headers.set(key, values);
  }
  return headers;
}
