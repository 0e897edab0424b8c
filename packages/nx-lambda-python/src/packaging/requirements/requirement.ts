/** One requirement (PEP 508), as it stands in a requirements file or in a wheel's METADATA. */

import { normalizeName } from '../wheel/names';
import { parseSpecifier, type Clause } from './version';

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
  /** `sha256:<hex>`, sorted; any of them may be the file's. */
  hashes: string[];
  /** Other options of the line, such as `--config-settings=…`. */
  options: string[];
}

const NAME = /^([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\s*(?:\[([^\]]*)\])?\s*/i;

/** Undefined for what is no named requirement: a bare URL, a path, an editable one. */
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

/** The one version that a requirement takes: `==1.2.3`. */
export function pinnedVersion({ clauses }: Requirement): string | undefined {
  const [clause, another] = clauses;
  if (!clause || another || clause.version.endsWith('.*')) return undefined;
  return clause.operator === '==' || clause.operator === '===' ? clause.version : undefined;
}

/** pip: options of a line start at the first word that begins with a dash. */
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
