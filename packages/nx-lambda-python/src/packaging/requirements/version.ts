/** Versions in their order, and which of them a specifier takes (PEP 440), as pip's `packaging` decides it. */

import { PRE_NAMES, versionParts } from '../wheel/names';

export type Operator = '==' | '!=' | '<=' | '>=' | '<' | '>' | '~=' | '===';

/** One clause: `>=1.2`, `==1.*`. */
export interface Clause {
  operator: Operator;
  version: string;
}

interface Version {
  epoch: number;
  release: number[];
  pre: readonly [name: string, number: number] | undefined;
  post: number | undefined;
  dev: number | undefined;
  local: string | undefined;
}

/** Clauses of `>=1.2, !=1.4`; undefined for what is no specifier. */
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

/** Whether the version meets all clauses; undefined where one of them cannot be read. Pre-releases count. */
export function satisfies(version: string, clauses: readonly Clause[]): boolean | undefined {
  const answers = clauses.map((clause) => satisfiesClause(version, clause));
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

/** Negative, zero or positive; undefined where one of them is no version. */
export function compareVersions(a: string, b: string): number | undefined {
  const [left, right] = [parse(a), parse(b)];
  return left && right ? compare(left, right) : undefined;
}

function satisfiesClause(text: string, { operator, version: wanted }: Clause): boolean | undefined {
  if (operator === '===') return text.toLowerCase() === wanted.toLowerCase();
  const version = parse(text);
  const isPrefix = wanted.endsWith('.*');
  const limit = parse(isPrefix ? wanted.slice(0, -2) : wanted);
  if (!version || !limit || (isPrefix && operator !== '==' && operator !== '!=')) return undefined;
  // > Local version identifiers are NOT permitted in this version specifier.
  if (limit.local !== undefined && operator !== '==' && operator !== '!=') return undefined;
  // > Local version identifiers are ignored unless the specifier has one.
  const release = limit.local === undefined ? { ...version, local: undefined } : version;
  switch (operator) {
    case '==':
      return isPrefix ? startsWith(version, limit) : compare(release, limit) === 0;
    case '!=':
      return isPrefix ? !startsWith(version, limit) : compare(release, limit) !== 0;
    case '~=':
      if (limit.release.length < 2) return undefined;
      return (
        compare(release, limit) >= 0 &&
        startsWith(version, { ...bare(limit), release: limit.release.slice(0, -1) })
      );
    case '>=':
      return compare({ ...version, local: undefined }, limit) >= 0;
    case '<=':
      return compare({ ...version, local: undefined }, limit) <= 0;
    case '<':
      // > MUST NOT allow a pre-release of the specified version unless that is one itself.
      return (
        compare(version, limit) < 0 &&
        !(isPrerelease(version) && !isPrerelease(limit) && sameBase(version, limit))
      );
    case '>':
      // > MUST NOT allow a post-release or a local version of the given version.
      return (
        compare(version, limit) > 0 &&
        !(version.post !== undefined && limit.post === undefined && sameBase(version, limit)) &&
        !(version.local !== undefined && sameBase(version, limit))
      );
  }
}

function parse(text: string): Version | undefined {
  const parts = versionParts(text);
  if (!parts) return undefined;
  const { epoch, release = '', preName, pre, implicitPost, postName, post, devName, dev } = parts;
  return {
    epoch: Number(epoch ?? 0),
    release: release.split('.').map(Number),
    pre: preName === undefined ? undefined : [PRE_NAMES[preName] ?? preName, Number(pre ?? 0)],
    post:
      implicitPost !== undefined
        ? Number(implicitPost)
        : postName === undefined
          ? undefined
          : Number(post ?? 0),
    dev: devName === undefined ? undefined : Number(dev ?? 0),
    local: parts['local'],
  };
}

function compare(a: Version, b: Version): number {
  return (
    a.epoch - b.epoch ||
    compareReleases(a.release, b.release) ||
    compareRanks(preRank(a), preRank(b)) ||
    compareRanks([a.post ?? -1], [b.post ?? -1]) ||
    compareRanks([a.dev ?? Infinity], [b.dev ?? Infinity]) ||
    compareLocals(a.local, b.local)
  );
}

function compareReleases(a: readonly number[], b: readonly number[]): number {
  const length = Math.max(a.length, b.length);
  return compareRanks(padded(a, length), padded(b, length));
}

/** `1.0.dev1` < `1.0a1` < `1.0`. */
function preRank({ pre, post, dev }: Version): number[] {
  if (pre) return [['a', 'b', 'rc'].indexOf(pre[0]), pre[1]];
  return post === undefined && dev !== undefined ? [-1, 0] : [3, 0];
}

/** Numbers are newer than words, and more parts than fewer. */
function compareLocals(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const [left, right] = [a.split(/[-_.]/), b.split(/[-_.]/)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [one, other] = [left[index], right[index]];
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    const [isNumber, isOther] = [/^\d+$/.test(one), /^\d+$/.test(other)];
    if (isNumber !== isOther) return isNumber ? 1 : -1;
    const order = isNumber
      ? Number(one) - Number(other)
      : Number(one > other) - Number(one < other);
    if (order !== 0) return order;
  }
  return 0;
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : (a[index] ?? 0) < (b[index] ?? 0) ? -1 : 1;
}

/** Prefix matching: pre-, post- and development releases of the prefix match, too. */
function startsWith(version: Version, prefix: Version): boolean {
  if (version.epoch !== prefix.epoch) return false;
  const given = padded(version.release, prefix.release.length).slice(0, prefix.release.length);
  return compareRanks(given, prefix.release) === 0;
}

function sameBase(a: Version, b: Version): boolean {
  return a.epoch === b.epoch && compareReleases(a.release, b.release) === 0;
}

function isPrerelease({ pre, dev }: Version): boolean {
  return pre !== undefined || dev !== undefined;
}

function bare({ epoch, release }: Version): Version {
  return { epoch, release, pre: undefined, post: undefined, dev: undefined, local: undefined };
}

function padded(release: readonly number[], length: number): number[] {
  return Array.from({ length: Math.max(length, release.length) }, (_, at) => release[at] ?? 0);
}
