/** The requirements key: a digest of everything that decides the dependencies, and of nothing else; and what differs between two keys. */

import type { Architecture } from '../service/runtimes';
import { containerFacts, valuesWithoutCredentials, type ContainerMeaning } from './inputs/decision';
import { canonicalJson, digestOf, type Json } from './requirements/canonical-json';
import type { RequirementsMeaning } from './requirements/collect';
import { withoutCredentials } from './requirements/parse';
import { parseRequirement } from './requirements/requirement';

/** Raised when the same components result in other wheels or another wheel set. */
export const REQUIREMENTS_FORMAT = 3;

export interface KeyComponents {
  meaning: RequirementsMeaning;
  runtime: string;
  architecture: Architecture;
  /** Whether wheels are spliced or pip installs: the packages differ in some files. */
  dependencies: 'wheels' | 'install';
  /** Where wheels are resolved. Which engine runs the container makes no difference to them. */
  place: 'container' | 'host';
  /** Digest of the build image, `sha256:…`; null on the host. */
  imageDigest: string | null;
  container?: ContainerMeaning | undefined;
  pipArguments: readonly string[];
  /** pip's environment variables that choose wheels, by name. */
  pipEnvironment: Readonly<Record<string, string>>;
}

/** What is hashed: every component, without credentials, so that it may be stored and shown. */
export interface KeyContent {
  readonly [component: string]: Json;
}

export function keyContent(components: KeyComponents): KeyContent {
  const { meaning, pipArguments, pipEnvironment, container, ...others } = components;
  return {
    format: REQUIREMENTS_FORMAT,
    ...meaning,
    ...others,
    pipArguments: pipArguments.map(withoutCredentials),
    pipEnvironment: valuesWithoutCredentials(pipEnvironment),
    ...(container && containerFacts(container)),
  };
}

/** Hex, 64 characters. Credentials in URLs do not change it. */
export function requirementsKey(components: KeyComponents): string {
  return digestOf(keyContent(components));
}

/** `from` is null for what was added, `to` for what was removed. */
export interface KeyChange {
  /** `requirements`, `imageDigest`, … */
  component: string;
  from: string | null;
  to: string | null;
}

/** In words, if the component's name is not plain. */
const NAMES: Readonly<Record<string, string>> = {
  requirements: 'requirements',
  constraints: 'constraints',
  content: 'files of the workspace',
  options: 'options of requirements files',
  imageDigest: 'build image',
  pipArguments: 'pip arguments',
  pipEnvironment: 'pip configuration',
  format: 'format of this plugin',
};

/** The order of changes: the likeliest reason first. */
const ORDER = Object.keys(NAMES);

/** Characters shown of a digest: enough to tell two apart. */
const DIGEST_LENGTH = 12;

export function keyChanges(before: KeyContent, after: KeyContent): KeyChange[] {
  const components = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(
    (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
  );
  return components.flatMap((component) =>
    changesOf(before[component] ?? null, after[component] ?? null).map(([from, to]) => ({
      component,
      from,
      to,
    })),
  );
}

/** One line: `requirements: + six==1.17.0, - idna==3.7; runtime: python3.12 → python3.13`. */
export function renderChanges(changes: readonly KeyChange[], limit = Infinity): string {
  const shown = changes.slice(0, limit);
  const groups = [...new Set(shown.map(({ component }) => component))].map((component) => {
    const own = shown.filter((change) => change.component === component);
    return `${componentName(component)}: ${own.map(renderChange).join(', ')}`;
  });
  const rest = changes.length - shown.length;
  return groups.join('; ') + (rest > 0 ? ` and ${rest} more` : '');
}

export function renderChange({ from, to }: KeyChange): string {
  if (from === null) return `+ ${shorten(to ?? '')}`;
  if (to === null) return `- ${shorten(from)}`;
  const [old, next] = [shorten(from), shorten(to)];
  return old === next ? `${old} (other hashes)` : `${old} → ${next}`;
}

export function componentName(component: string): string {
  return NAMES[component] ?? component;
}

function rank(component: string): number {
  const at = ORDER.indexOf(component);
  return at < 0 ? ORDER.length : at;
}

type Table = { readonly [key: string]: Json };
type Pair = readonly [from: string | null, to: string | null];

function changesOf(from: Json, to: Json): Pair[] {
  if (canonicalJson(from) === canonicalJson(to)) return [];
  if (isTexts(from) && isTexts(to)) return listChanges(from, to);
  if (isTable(from) || isTable(to)) {
    return tableChanges(isTable(from) ? from : {}, isTable(to) ? to : {});
  }
  return [[textOf(from), textOf(to)]];
}

function tableChanges(from: Table, to: Table): Pair[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return names.flatMap((name) =>
    canonicalJson(from[name] ?? null) === canonicalJson(to[name] ?? null)
      ? []
      : [[named(name, from[name]), named(name, to[name])] as const],
  );
}

/** Lines for the same distribution are one change. */
function listChanges(from: readonly string[], to: readonly string[]): Pair[] {
  const removed = from.filter((line) => !to.includes(line));
  const added = to.filter((line) => !from.includes(line));
  // The same words in another order, which matters to pip.
  if (removed.length === 0 && added.length === 0) return [[from.join(' '), to.join(' ')]];
  const subjects = [...new Set([...removed, ...added].map(subjectOf))].sort();
  return subjects.flatMap((subject) => {
    const [old, next] = [removed, added].map((lines) =>
      lines.filter((line) => subjectOf(line) === subject),
    );
    const count = Math.max(old?.length ?? 0, next?.length ?? 0);
    return Array.from(
      { length: count },
      (_, at) => [old?.[at] ?? null, next?.[at] ?? null] as const,
    );
  });
}

function subjectOf(line: string): string {
  return parseRequirement(line)?.name ?? line;
}

function shorten(text: string): string {
  return (
    text
      // A setting may have several lines.
      .replaceAll('\n', ', ')
      .replace(/ ?--hash=\S+/g, '')
      .replace(/\b[0-9a-f]{64}\b/g, (digest) => digest.slice(0, DIGEST_LENGTH))
  );
}

function named(name: string, value: Json | undefined): string | null {
  return value === undefined ? null : `${name}=${textOf(value)}`;
}

function textOf(value: Json): string {
  if (value === null) return 'none';
  return typeof value === 'string' ? value : canonicalJson(value);
}

function isTexts(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTable(value: Json): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
