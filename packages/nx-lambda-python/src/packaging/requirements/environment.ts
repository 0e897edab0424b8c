/** What PEP 508 markers see in a runtime, and what they come to there, whatever machine this is. */

import type { Architecture, Runtime } from '../../service/runtimes';
import { normalizeName } from '../wheel/names';
import { compareVersions, satisfies, type Clause, type Operator } from './version';

export interface MarkerEnvironment {
  /** Variables with a known value. */
  known: Readonly<Record<string, string>>;
  /** Variables of which only the range is known: the patch version changes under a running service. */
  ranges: Readonly<Record<string, readonly [lowest: string, highest: string]>>;
}

/** True, false, or undefined where it depends on what only the runtime itself knows. */
export type Verdict = boolean | undefined;

export function runtimeEnvironment(
  runtime: Runtime,
  architecture: Architecture,
): MarkerEnvironment {
  const version = runtime.python.join('.');
  const range = [`${version}.0`, `${version}.999`] as const;
  return {
    known: {
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
 * @param extra the extra at hand; empty for a requirement that stands in a file
 * @returns undefined, too, for what is no marker: pip says what it thinks of it
 */
export function evaluateMarker(
  marker: string,
  environment: MarkerEnvironment,
  extra = '',
): Verdict {
  const tokens = tokenize(marker);
  if (!tokens) return undefined;
  const parser = new MarkerParser(tokens, environment, extra);
  const verdict = parser.alternatives();
  return parser.isAtEnd() ? verdict : undefined;
}

/** Whether the runtime's Python is one of those that a wheel's `Requires-Python` takes. */
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
    private readonly extra: string,
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
      return compareStrings(normalizeName(this.extra), operator, normalizeName(right.literal));
    }
    const range = 'variable' in left ? this.environment.ranges[left.variable] : undefined;
    if (range && 'literal' in right) return compareRange(range, operator, right.literal);
    const [one, other] = [this.valueOf(left), this.valueOf(right)];
    if (one === undefined || other === undefined) return undefined;
    return compareValues(one, operator, other);
  }

  private valueOf(operand: Operand): string | undefined {
    return 'literal' in operand ? operand.literal : this.environment.known[operand.variable];
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

/** The verdict of two where none of them settles it alone. */
function unless(settled: boolean, one: Verdict, other: Verdict): Verdict {
  return one === settled && other === settled ? settled : undefined;
}

/** As versions where both sides are, else as text, as pip does. */
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

/** What holds at both ends holds between them, unless the limit itself lies there and equality is asked. */
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
