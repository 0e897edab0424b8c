/** Requirements and their markers (PEP 508), from requirements files or a wheel's METADATA. */

import type { Architecture, Runtime } from '../../service/runtimes';
import { normalizeName } from '../wheel/names';
import {
  compareVersions,
  parseSpecifier,
  satisfies,
  type Clause,
  type Operator,
} from '../wheel/versions';

export interface Requirement {
  /** Normalized. */
  name: string;
  /** Normalized, sorted. */
  extras: string[];
  clauses: Clause[];
  /** After `@`, without a fragment that only states a hash. */
  url: string | undefined;
  /** After `;` */
  marker: string | undefined;
  /** `sha256:<hex>`, sorted; the file has one of them. */
  hashes: string[];
  /** Other options of the line, such as `--config-settings=…`. */
  options: string[];
}

const NAME = /^([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\s*(?:\[([^\]]*)\])?\s*/i;

/** Undefined for a requirement without a name: a bare URL, a path, an editable one. */
export function parseRequirement(text: string): Requirement | undefined {
  const { body, options } = splitOptions(text);
  const match = NAME.exec(body);
  if (!match) return undefined;
  const [whole, name = '', extras = ''] = match;
  const target = readTarget(body.slice(whole.length));
  if (!target) return undefined;
  const hashes = options.filter((option) => option.startsWith('--hash=')).map(hashOf);
  return {
    name: normalizeName(name),
    extras: extras
      .split(',')
      .map((extra) => normalizeName(extra.trim()))
      .filter((extra) => extra !== '')
      .sort(),
    clauses: target.clauses,
    url: target.url,
    marker: target.marker,
    hashes: [...new Set([...hashes, ...target.hashes])].sort(),
    options: options.filter((option) => !option.startsWith('--hash=')),
  };
}

/** The version of a requirement that allows only one: `==1.2.3`. */
export function pinnedVersion({ clauses }: Requirement): string | undefined {
  const [clause, another] = clauses;
  if (!clause || another || clause.version.endsWith('.*')) return undefined;
  return clause.operator === '==' || clause.operator === '===' ? clause.version : undefined;
}

/** Pinned by hash to one version or URL: what pip accepts with `--require-hashes`. */
export function isHashed(requirement: Requirement): boolean {
  return requirement.hashes.length > 0 && isPinned(requirement);
}

/** One version, or one URL; version control moves unless its revision is a commit. */
export function isPinned(requirement: Requirement): boolean {
  const { url } = requirement;
  if (url === undefined) return pinnedVersion(requirement) !== undefined;
  return !/^[a-z]+\+/i.test(url) || /@[0-9a-f]{40}(#|$)/i.test(url);
}

/** As in pip, the options of a line start at the first word that begins with a dash. */
function splitOptions(text: string): { body: string; options: string[] } {
  const words = text.trim().split(/\s+/);
  const first = words.findIndex((word) => word.startsWith('-'));
  if (first < 0) return { body: text.trim(), options: [] };
  const options: string[] = [];
  for (const word of words.slice(first)) {
    const last = options.at(-1);
    if (word.startsWith('-') || last === undefined) options.push(word);
    else options[options.length - 1] = `${last}${last.includes('=') ? ' ' : '='}${word}`;
  }
  return { body: words.slice(0, first).join(' '), options };
}

function hashOf(option: string): string {
  return option.slice('--hash='.length).toLowerCase();
}

function readTarget(
  rest: string,
): Pick<Requirement, 'clauses' | 'url' | 'marker' | 'hashes'> | undefined {
  if (rest.startsWith('@')) {
    // A URL may hold semicolons: the marker's has a space before it.
    const [address = '', marker] = splitAt(rest.slice(1).trim(), /\s+;\s*/);
    const [url = '', fragment] = splitAt(address, /#/);
    const hash = /^sha256=([0-9a-f]{64})$/i.exec(fragment ?? '')?.[1];
    return {
      clauses: [],
      url: hash || fragment === undefined ? url : address,
      marker,
      hashes: hash ? [`sha256:${hash.toLowerCase()}`] : [],
    };
  }
  const [specifier = '', marker] = splitAt(rest, /\s*;\s*/);
  // METADATA of older wheels has parentheses: `six (>=1.9)`.
  const clauses = parseSpecifier(specifier.trim().replace(/^\((.*)\)$/, '$1'));
  return clauses && { clauses, url: undefined, marker, hashes: [] };
}

function splitAt(text: string, separator: RegExp): [string, string | undefined] {
  const match = separator.exec(text);
  if (!match) return [text, undefined];
  return [text.slice(0, match.index), text.slice(match.index + match[0].length)];
}

export interface MarkerEnvironment {
  /** Values of variables. */
  values: Readonly<Record<string, string>>;
  /** Variables with a range of values: the patch version changes under a running service. */
  ranges: Readonly<Record<string, readonly [lowest: string, highest: string]>>;
}

/** Undefined if it depends on what only the runtime itself knows. */
type Verdict = boolean | undefined;

export function runtimeEnvironment(
  runtime: Runtime,
  architecture: Architecture,
): MarkerEnvironment {
  const version = runtime.python.join('.');
  const range = [`${version}.0`, `${version}.999`] as const;
  return {
    values: {
      implementation_name: 'cpython',
      os_name: 'posix',
      platform_machine: architecture === 'arm64' ? 'aarch64' : 'x86_64',
      platform_python_implementation: 'CPython',
      platform_system: 'Linux',
      python_version: version,
      sys_platform: 'linux',
    },
    ranges: { implementation_version: range, python_full_version: range },
  };
}

/** Names from before PEP 508, which pip still reads. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'os.name': 'os_name',
  'platform.machine': 'platform_machine',
  'platform.python_implementation': 'platform_python_implementation',
  'platform.version': 'platform_version',
  python_implementation: 'platform_python_implementation',
  'sys.platform': 'sys_platform',
};

type Operand = { literal: string } | { variable: string };

const TOKEN =
  /\s*(?:(?<string>'[^']*'|"[^"]*")|(?<operator>===|==|!=|<=|>=|~=|<|>|not\s+in\b|in\b)|(?<word>[a-z_][\w.]*)|(?<bracket>[()]))/giy;

/**
 * Evaluates a marker such as `python_version < "3.9" and extra == "socks"`.
 *
 * @param extra the requested extra, empty for a requirement in a file; a set where several count at once
 * @returns undefined, too, for text that is not a marker: pip reports it
 */
export function evaluateMarker(
  marker: string,
  environment: MarkerEnvironment,
  extra: string | ReadonlySet<string> = '',
): Verdict {
  const tokens = tokenize(marker);
  if (!tokens) return undefined;
  const parser = new MarkerParser(tokens, environment, extra);
  const verdict = parser.alternatives();
  return parser.isAtEnd() ? verdict : undefined;
}

/** Whether a wheel's `Requires-Python` accepts the runtime's Python. */
export function supportsPython(clauses: readonly Clause[], { ranges }: MarkerEnvironment): Verdict {
  const range = ranges['python_full_version'];
  const verdicts = clauses.map(
    ({ operator, version }) => range && compareRange(range, operator, version),
  );
  return verdicts.includes(false) ? false : verdicts.includes(undefined) ? undefined : true;
}

function tokenize(marker: string): string[] | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (marker.slice(TOKEN.lastIndex).trim() !== '') {
    const match = TOKEN.exec(marker);
    if (!match) return undefined;
    tokens.push(match[0].trim());
  }
  return tokens;
}

class MarkerParser {
  private at = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly environment: MarkerEnvironment,
    private readonly extra: string | ReadonlySet<string>,
  ) {}

  isAtEnd(): boolean {
    return this.at === this.tokens.length;
  }

  alternatives(): Verdict {
    let verdict = this.conjunction();
    while (this.takes('or')) {
      const other = this.conjunction();
      verdict = verdict === true || other === true ? true : unless(false, verdict, other);
    }
    return verdict;
  }

  private conjunction(): Verdict {
    let verdict = this.term();
    while (this.takes('and')) {
      const other = this.term();
      verdict = verdict === false || other === false ? false : unless(true, verdict, other);
    }
    return verdict;
  }

  private term(): Verdict {
    if (this.takes('(')) {
      const verdict = this.alternatives();
      return this.takes(')') ? verdict : this.fail();
    }
    const left = this.operand();
    const operator = this.tokens[this.at++];
    const right = this.operand();
    if (!left || !right || !operator) return this.fail();
    return this.compare(left, operator.replace(/\s+/g, ' '), right);
  }

  private operand(): Operand | undefined {
    const token = this.tokens[this.at++];
    if (token === undefined) return undefined;
    if (/^['"]/.test(token)) return { literal: token.slice(1, -1) };
    return /^[a-z_]/i.test(token) ? { variable: OLD_NAMES[token] ?? token } : undefined;
  }

  private compare(left: Operand, operator: string, right: Operand): Verdict {
    if ('variable' in left && left.variable === 'extra' && 'literal' in right) {
      return this.compareExtra(operator, normalizeName(right.literal));
    }
    const range = 'variable' in left ? this.environment.ranges[left.variable] : undefined;
    if (range && 'literal' in right) return compareRange(range, operator, right.literal);
    const [one, other] = [this.valueOf(left), this.valueOf(right)];
    if (one === undefined || other === undefined) return undefined;
    return compareValues(one, operator, other);
  }

  private compareExtra(operator: string, name: string): Verdict {
    if (typeof this.extra === 'string') {
      return compareStrings(normalizeName(this.extra), operator, name);
    }
    if (operator !== '==' && operator !== '!=') return undefined;
    return this.extra.has(name) === (operator === '==');
  }

  private valueOf(operand: Operand): string | undefined {
    return 'literal' in operand ? operand.literal : this.environment.values[operand.variable];
  }

  private takes(word: string): boolean {
    if (this.tokens[this.at] !== word) return false;
    this.at += 1;
    return true;
  }

  /** Leaves the rest unread, so that the whole marker counts as unreadable. */
  private fail(): undefined {
    this.at = -1;
    return undefined;
  }
}

/** The verdict of two if neither settles it alone. */
function unless(settled: boolean, one: Verdict, other: Verdict): Verdict {
  return one === settled && other === settled ? settled : undefined;
}

/** As in pip: as versions if both sides are versions, else as text. */
function compareValues(left: string, operator: string, right: string): Verdict {
  if (operator === 'in') return right.includes(left);
  if (operator === 'not in') return !right.includes(left);
  const asVersions = satisfies(left, [{ operator: operator as Operator, version: right }]);
  return operator === '===' || asVersions === undefined
    ? compareStrings(left, operator, right)
    : asVersions;
}

function compareStrings(left: string, operator: string, right: string): Verdict {
  if (operator === '==' || operator === '===') return left === right;
  return operator === '!=' ? left !== right : undefined;
}

/** What holds at both ends holds between them, except equality with a limit between them. */
function compareRange(
  [lowest, highest]: readonly [string, string],
  operator: string,
  limit: string,
): Verdict {
  if (operator === 'in' || operator === 'not in') return undefined;
  const [low, high] = [lowest, highest].map((end) => compareValues(end, operator, limit));
  if (low !== high || low === undefined) return undefined;
  if (/^(<|>|<=|>=)$/.test(operator)) return low;
  const isPrefix = limit.endsWith('.*');
  if (isPrefix && low === (operator === '==')) return low;
  const base = isPrefix ? limit.slice(0, -2) : limit;
  const [fromLow, fromHigh] = [compareVersions(lowest, base), compareVersions(base, highest)];
  const isOutside = (fromLow ?? 0) > 0 || (fromHigh ?? 0) > 0;
  return isOutside || (operator === '~=' && low) ? low : undefined;
}
