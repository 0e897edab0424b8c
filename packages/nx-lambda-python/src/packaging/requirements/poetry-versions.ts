/** Poetry's own syntax for versions: `^3.11`, `~3.11`, `3.11.*`, `>=3.9 <4.0`, alternatives with `||`. */

import { parseSpecifier, satisfies, type Clause } from '../wheel/versions';

/** The clauses of each alternative; undefined for one that is none of these. */
export function poetryConstraint(text: string): (Clause[] | undefined)[] {
  return text.split(/\|\|?/).map((alternative) => {
    const terms = alternative
      .split(/,|(?<![\^~<>=!\s])\s+(?=[\^~<>=!\d])/)
      .map((term) => term.trim());
    const clauses = terms.filter((term) => term !== '' && term !== '*').map(poetryTerm);
    return parseSpecifier(clauses.join(','));
  });
}

/** What cannot be decided is allowed. */
export function poetryAllows(text: string, version: string): boolean {
  return poetryConstraint(text).some(
    (clauses) => clauses === undefined || satisfies(version, clauses) !== false,
  );
}

function poetryTerm(term: string): string {
  const [, sign = '', version = ''] = /^([\^~]?)\s*(.*)$/.exec(term) ?? [];
  if (sign === '' || version.startsWith('=')) return /^\d/.test(term) ? `==${term}` : term;
  const numbers = (/^\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
  // `^` keeps the first number that is not 0, `~` the minor version; each keeps less if less is given.
  const first = numbers.findIndex((number) => number > 0);
  const last = numbers.length - 1;
  const kept = sign === '~' ? Math.min(1, last) : first < 0 ? last : first;
  const limit = numbers.slice(0, kept + 1).map((number, at) => (at === kept ? number + 1 : number));
  return `>=${version},<${limit.join('.')}`;
}
