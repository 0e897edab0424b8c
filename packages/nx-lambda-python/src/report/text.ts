/** Text that others wrote, made fit for terminals, tables and Markdown. */

/** East Asian wide and fullwidth blocks and emoji, near enough for columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** One line without terminal escapes or control characters: AWS's messages may have both. */
export function oneLine(text: string): string {
  return withoutControls(text).replace(/\s+/g, ' ').trim();
}

/** Columns of a terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  }
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** As literal text, also in the cell of a table. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]|~#]/g, (character) => `\\${character}`);
}

/** JSON that is safe to print: what JSON.stringify leaves raw may still command a terminal. */
export function renderJson(value: unknown): string {
  const escape = (characters: string): string =>
    [...characters].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const text = JSON.stringify(value, null, 2);
  return `${text.replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g, escape)}\n`;
}

/** How many have each status, all of `order` with it. */
export function countStatuses<S extends string>(
  items: readonly { status: S }[],
  order: readonly S[],
): Record<S, number> {
  const countOf = (wanted: S): number => items.filter(({ status }) => status === wanted).length;
  return Object.fromEntries(order.map((one) => [one, countOf(one)])) as Record<S, number>;
}

/** `38 update, 2 unchanged`; zeroes are left out. */
export function summarize<S extends string>(
  counts: Record<S, number>,
  order: readonly S[],
): string {
  const shown = order.filter((status) => counts[status] > 0);
  return shown.map((status) => `${counts[status]} ${status}`).join(', ') || 'no functions';
}

/** All of a few, the first of many. */
export function listed(items: readonly string[], most = 20): string {
  const shown = items.slice(0, most).join(', ');
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}

/** `1 file`, `2 files` */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

export function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

/** Twelve hex digits of a Base64 SHA-256, as the package's key begins. */
export function shortSha(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex').slice(0, 12);
}

// 7-bit and 8-bit forms of CSI (colours, cursor) and of OSC, DCS, PM, APC and SOS (titles, links), as ECMA-48 has them.
const ESCAPES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;
/** Controls but for the ends of lines, and what turns the direction of text or takes no room. */
const INVISIBLE =
  /[\0-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/** Lines without what commands a terminal: messages quote AWS, and records that others can write. */
export function withoutControls(text: string): string {
  return text.replace(ESCAPES, '').replace(INVISIBLE, ' ');
}

/** `4.7 MB`, `12.3 kB`: decimal, as AWS counts. */
export function renderBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
