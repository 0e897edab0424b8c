/** Versions in their order, and which of them a specifier takes (PEP 440), as pip's `packaging` decides it. */

export type Operator = '==' | '!=' | '<=' | '>=' | '<' | '>' | '~=' | '===';

/** One clause: `>=1.2`, `==1.*`. */
export interface Clause {
  operator: Operator;
  version: string;
}

interface Version {
  epoch: number;
  release: readonly number[];
  pre: readonly [name: string, number: number] | undefined;
  post: number | undefined;
  dev: number | undefined;
  local: readonly (number | string)[] | undefined;
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

/** Other spellings of pre-releases. */
const PRE_NAMES: Readonly<Record<string, string>> = {
  alpha: 'a',
  beta: 'b',
  c: 'rc',
  pre: 'rc',
  preview: 'rc',
};

/** Clauses of `>=1.2, !=1.4`; undefined for text that is not a specifier. */
export function parseSpecifier(text: string): Clause[] | undefined {
  const clauses: Clause[] = [];
  for (const part of text.split(',').map((clause) => clause.trim())) {
    if (part === '') continue;
    const match = /^(===|==|!=|<=|>=|~=|<|>)\s*([^\s,;)]+)$/.exec(part);
    if (!match) return undefined;
    clauses.push({ operator: match[1] as Operator, version: match[2] ?? '' });
  }
  return clauses;
}

/**
 * Whether the version meets all clauses, pre-releases included; undefined if one of them cannot be read, or if
 * pip's answer depends on its version.
 */
export function satisfies(version: string, clauses: readonly Clause[]): boolean | undefined {
  const answers = clauses.map((clause) => satisfiesClause(version, clause));
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

/** Negative, zero or positive; undefined if one of them is not a version. */
export function compareVersions(a: string, b: string): number | undefined {
  const [left, right] = [parse(a), parse(b)];
  return left && right ? compare(left, right) : undefined;
}

/** False for text that is not a version. */
export function isPrerelease(version: string): boolean {
  const parsed = parse(version);
  return parsed !== undefined && isBeforeRelease(parsed);
}

/**
 * A key that is the same for versions that PEP 440 calls equal: `1.0`, `1.0.0` and `v1`.
 * Text that is not a PEP 440 version (`2004d`) is only equal to itself.
 */
export function versionKey(version: string): string {
  const parsed = parse(version);
  if (!parsed) return version.trim().toLowerCase().replace(/_/g, '-');
  const release = parsed.release.join('.').replace(/(?:\.0)+$/, '');
  const { epoch, pre, post, dev, local } = parsed;
  return JSON.stringify([epoch, release, pre, post, dev, local]);
}

function satisfiesClause(text: string, { operator, version: wanted }: Clause): boolean | undefined {
  if (operator === '===') return text.toLowerCase() === wanted.toLowerCase();
  const version = parse(text);
  const isPrefix = wanted.endsWith('.*');
  const limit = parse(isPrefix ? wanted.slice(0, -2) : wanted);
  if (!version || !limit) return undefined;
  const isEquality = operator === '==' || operator === '!=';
  if (isPrefix && !(isEquality && isRelease(limit))) return undefined;
  // > Local version identifiers are NOT permitted in this version specifier.
  if (limit.local && !isEquality) return undefined;
  // > Local version identifiers are ignored unless the specifier has one.
  const order = compare(limit.local ? version : { ...version, local: undefined }, limit);
  const isSameRelease =
    version.epoch === limit.epoch && compareNumbers(version.release, limit.release) === 0;
  switch (operator) {
    case '==':
      return isPrefix ? startsWith(version, limit, limit.release.length) : order === 0;
    case '!=':
      return isPrefix ? !startsWith(version, limit, limit.release.length) : order !== 0;
    case '~=':
      if (limit.release.length < 2) return undefined;
      return order >= 0 && startsWith(version, limit, limit.release.length - 1);
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '<':
      // > MUST NOT allow a pre-release of the specified version unless that is one itself.
      if (order >= 0) return false;
      if (!isSameRelease || isBeforeRelease(limit) || !isBeforeRelease(version)) return true;
      // pip takes `1.0a1` for `<1.0.post1` since its `packaging` 26.
      return limit.post === undefined ? false : undefined;
    case '>': {
      // > MUST NOT allow a post-release or a local version of the given version.
      if (compare(version, limit) <= 0) return false;
      const isPost = version.post !== undefined && limit.post === undefined;
      if (!isSameRelease || !(isPost || version.local)) return true;
      // pip takes `1.0+local` for `>1.0a1` since its `packaging` 26.
      return isBeforeRelease(limit) ? undefined : false;
    }
  }
}

/** Undefined for text that is not a version, and for numbers that JavaScript would round. */
function parse(text: string): Version | undefined {
  const parts = /\d{16}/.test(text) ? null : VERSION.exec(text.trim().toLowerCase());
  if (!parts?.groups) return undefined;
  const {
    epoch = '',
    release = '',
    preName,
    pre,
    implicitPost,
    postName,
    post,
    devName,
    dev,
  } = parts.groups;
  const postNumber = implicitPost ?? (postName === undefined ? undefined : post);
  return {
    epoch: Number(epoch),
    release: release.split('.').map(Number),
    pre: preName === undefined ? undefined : [PRE_NAMES[preName] ?? preName, Number(pre)],
    post: postNumber === undefined ? undefined : Number(postNumber),
    dev: devName === undefined ? undefined : Number(dev),
    local: parts.groups['local']
      ?.split(/[-_.]/)
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
  };
}

function compare(a: Version, b: Version): number {
  return (
    a.epoch - b.epoch ||
    compareNumbers(a.release, b.release) ||
    compareNumbers(stages(a), stages(b)) ||
    compareLocals(a.local, b.local)
  );
}

/** `1.0.dev1` < `1.0a1` < `1.0` < `1.0.post1`. */
function stages({ pre, post, dev }: Version): number[] {
  const isOnlyDev = pre === undefined && post === undefined && dev !== undefined;
  const stage = pre ? ['a', 'b', 'rc'].indexOf(pre[0]) : isOnlyDev ? -1 : 3;
  return [stage, pre?.[1] ?? 0, post ?? -1, dev ?? Infinity];
}

/** Missing numbers count as 0. */
export function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [one = 0, other = 0] = [a[at], b[at]];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** Numbers are newer than words, and more parts than fewer. */
function compareLocals(a: Version['local'], b: Version['local']): number {
  if (!a || !b) return Number(a !== undefined) - Number(b !== undefined);
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [one, other] = [a[at], b[at]];
    if (one === other) continue;
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    if (typeof one !== typeof other) return typeof one === 'number' ? 1 : -1;
    return one < other ? -1 : 1;
  }
  return 0;
}

/** Prefix matching: pre-, post- and development releases of the prefix match, too. */
function startsWith(version: Version, { epoch, release }: Version, length: number): boolean {
  const own = Array.from({ length }, (_, at) => version.release[at] ?? 0);
  return version.epoch === epoch && compareNumbers(own, release.slice(0, length)) === 0;
}

function isBeforeRelease({ pre, dev }: Version): boolean {
  return pre !== undefined || dev !== undefined;
}

/** Numbers only: what `.*` may follow. */
function isRelease({ pre, post, dev, local }: Version): boolean {
  return [pre, post, dev, local].every((part) => part === undefined);
}
