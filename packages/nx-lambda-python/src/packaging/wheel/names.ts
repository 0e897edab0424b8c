/** Distribution names and versions in the one spelling in which they can be compared. */

/** PEP 503: lower case, runs of `-`, `_` and `.` are one dash. */
export function normalizeName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

// PEP 440, appendix B.
const VERSION = new RegExp(
  [
    '^v?(?:(?<epoch>\\d+)!)?(?<release>\\d+(?:\\.\\d+)*)',
    '(?:[-_.]?(?<preName>alpha|beta|preview|pre|a|b|c|rc)[-_.]?(?<pre>\\d*))?',
    '(?:-(?<implicitPost>\\d+)|[-_.]?(?<postName>post|rev|r)[-_.]?(?<post>\\d*))?',
    '(?:[-_.]?(?<devName>dev)[-_.]?(?<dev>\\d*))?',
    '(?:\\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$',
  ].join(''),
);

/** PEP 440 spells these pre-release names another way. */
export const PRE_NAMES: Readonly<Record<string, string>> = {
  alpha: 'a',
  beta: 'b',
  c: 'rc',
  pre: 'rc',
  preview: 'rc',
};

/** The parts of a PEP 440 version by name, as written in lower case; undefined for what is none. */
export function versionParts(version: string): Record<string, string | undefined> | undefined {
  return VERSION.exec(version.trim().toLowerCase())?.groups;
}

/**
 * A key that is the same for versions that PEP 440 calls equal: `1.0`, `1.0.0` and `v1`.
 * What is no PEP 440 version (`2004d`) is only equal to itself.
 */
export function versionKey(version: string): string {
  const text = version.trim().toLowerCase();
  const groups = versionParts(text);
  if (!groups) return text.replace(/_/g, '-');
  const { epoch, release = '', preName, pre, implicitPost, postName, post, devName, dev } = groups;
  const local = groups['local']?.split(/[-_.]/).map(withoutZeros).join('.');
  return [
    epoch && Number(epoch) !== 0 ? `${withoutZeros(epoch)}!` : '',
    release
      .split('.')
      .map(withoutZeros)
      .join('.')
      .replace(/(?:\.0)+$/, ''),
    preName ? `${PRE_NAMES[preName] ?? preName}${withoutZeros(pre)}` : '',
    implicitPost ? `.post${withoutZeros(implicitPost)}` : '',
    postName ? `.post${withoutZeros(post)}` : '',
    devName ? `.dev${withoutZeros(dev)}` : '',
    local ? `+${local}` : '',
  ].join('');
}

/** A missing number counts as 0; parts that are no numbers stay. */
function withoutZeros(part: string | undefined): string {
  if (!part) return '0';
  return /^\d+$/.test(part) ? part.replace(/^0+(?=\d)/, '') : part;
}

/** Code units, whatever the machine's locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
