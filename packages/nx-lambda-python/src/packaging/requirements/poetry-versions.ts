/** Poetry's versions: `^1.2`, `~1.2`, `1.*`, `>=3.9 <4.0`, alternatives with `||`. */

import { parseSpecifier, satisfies } from '../wheel/versions';

/**
 * Poetry's syntax for versions as specifiers of PEP 440, one for each alternative: `>=1.2,<2.0`, empty for `*`.
 * @see https://python-poetry.org/docs/dependency-specification/#version-constraints
 */
export function poetrySpecifiers(text: string): string[] {
  return text.split(/\|\|?/).map((alternative) => {
    const joined = alternative.trim().replace(/([\^~<>=!])\s+/g, '$1');
    const terms = joined.split(/\s*,\s*|\s+/);
    return terms
      .filter((term) => term !== '' && term !== '*')
      .map(poetryTerm)
      .join(',');
  });
}

/** Whether they allow the version; what cannot be decided is allowed. */
export function poetryAllows(text: string, version: string): boolean {
  return poetrySpecifiers(text).some((specifier) => {
    const clauses = parseSpecifier(specifier);
    return clauses === undefined || satisfies(version, clauses) !== false;
  });
}

function poetryTerm(term: string): string {
  const [, sign = '', version = ''] = /^([\^]|~(?!=))(.*)$/.exec(term) ?? [];
  if (sign === '') return /^\d/.test(term) ? `==${term}` : term.replace(/^=(?!=)/, '==');
  const numbers = (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
  // `^` allows what does not change the first number that is not 0, `~` what does not change the second.
  const first = numbers.findIndex((number) => number > 0);
  const kept =
    sign === '~' ? Math.min(1, numbers.length - 1) : first < 0 ? numbers.length - 1 : first;
  const limit = numbers.slice(0, kept + 1).map((number, at) => (at === kept ? number + 1 : number));
  return `>=${version},<${limit.join('.')}`;
}
