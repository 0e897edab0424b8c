/** Findings of an inspection: what is wrong with a package, with whom, and what to do about it. */

import { compareText, normalizeName } from '../packaging/wheel/names';
import { didYouMean } from '../report/nearest';

export const LEVELS = ['error', 'warning', 'note'] as const;
export type Level = (typeof LEVELS)[number];

/** Each has a heading in docs/executors/verify.md. */
export const KINDS = [
  // compiled files
  'wrong-architecture',
  'elf-damaged',
  'library-missing',
  'library-not-in-runtime',
  'library-elsewhere',
  'glibc-too-new',
  'libstdcxx-too-new',
  'wheel-tag-wrong',
  // names
  'metadata-missing',
  'entry-point-missing',
  'unrequired-import',
  'unreached-distribution',
  // imports
  'import-failed',
  'import-cycle',
  'exits-at-import',
  'import-hangs',
  'import-crashes',
  'handler-missing',
  'writes-own-directory',
  'prints-binary',
  'many-descriptors',
  'runtime-module-missing',
  'not-imported',
  // limits
  'package-too-large',
  'over-budget',
  'name-too-long',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Finding {
  level: Level;
  kind: Kind;
  /** Name of the handler that has it. */
  handler?: string;
  /** The distribution that has it, as it spells its name; absent for the service's own files. */
  distribution?: string;
  /** In the package. */
  file?: string;
  message: string;
  /** What to do. */
  hint: string;
}

/** With `accepted`, the option `accept` names it: it does not count. */
export interface JudgedFinding extends Finding {
  accepted?: true;
}

/**
 * Sorted: errors first, then by kind, owner, file and text.
 * @param accept kinds, each alone or with a distribution or handler: `library-missing:opencv-python`
 */
export function judge(findings: readonly Finding[], accept: readonly string[]): JudgedFinding[] {
  const accepted = new Set(accept.map(acceptKey));
  const keyOf = (one: Finding): string =>
    [
      LEVELS.indexOf(one.level),
      KINDS.indexOf(one.kind) + 100,
      ...subjects(one),
      one.file,
      one.message,
    ].join('\0');
  return [...findings]
    .sort((a, b) => compareText(keyOf(a), keyOf(b)))
    .map((finding) =>
      names(finding).some((name) => accepted.has(name)) ? { ...finding, accepted: true } : finding,
    );
}

/** Entries of `accept` that name none of the findings: what they were for is gone, or they are mistyped. */
export function idleAccepts(findings: readonly Finding[], accept: readonly string[]): string[] {
  const present = new Set(findings.flatMap(names));
  return accept
    .filter((entry) => !present.has(acceptKey(entry)))
    .map((entry) => {
      const isKind = KINDS.some((kind) => kind === entry.split(':')[0]);
      const known = isKind ? [...present] : KINDS;
      return `\`accept\` names \`${entry}\`, which is not among the findings${didYouMean(entry, known)}`;
    });
}

/** How a finding can be named in `accept`. */
function names(finding: Finding): string[] {
  const { kind } = finding;
  return [kind, ...subjects(finding).map((subject) => `${kind}:${normalizeName(subject)}`)];
}

function subjects({ distribution, handler }: Finding): string[] {
  return [distribution, handler].filter((one) => one !== undefined);
}

function acceptKey(entry: string): string {
  const [kind = '', ...subject] = entry.split(':');
  return subject.length === 0 ? kind : `${kind}:${normalizeName(subject.join(':'))}`;
}
