/** The `Key: value` headers of WHEEL and METADATA (core metadata specification). */

/** Keys in lower case, each with all its values; undefined where a line is no header. */
export type Headers = ReadonlyMap<string, readonly string[]>;

/** A distribution with many extras has some thousands. */
const MAX_LINES = 100_000;

/** Reads up to the first empty line; a description may follow there. */
export function parseHeaders(text: string): Headers | undefined {
  const headers = new Map<string, string[]>();
  let values: string[] | undefined;
  let lines = 0;
  for (const [, line = ''] of text.replace(/^\uFEFF/, '').matchAll(/([^\r\n]*)(?:\r\n|\n|\r|$)/g)) {
    if (line === '') break;
    lines += 1;
    if (lines > MAX_LINES) return undefined;
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
