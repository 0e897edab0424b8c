/** `excludeFiles`: gitignore patterns and presets that leave files of distributions out of a package. */

import ignore, { type Ignore } from 'ignore';
import { LambdaPythonError } from '../errors';
import { codeList, didYouMean, nearest } from '../report/nearest';

export interface FileExclusions {
  /** As the option has them. */
  patterns: readonly string[];
  /** @param path in the package, without a layer's `python/` */
  excludes: (path: string) => boolean;
  /** Warnings about patterns that match none of these paths. */
  warnings: (paths: readonly string[]) => string[];
}

/**
 * By what `excludeFiles` calls them. Of a folder of tests other modules stay: numpy.testing imports
 * `numpy._core.tests._natype`, and `django.test` is part of Django.
 */
const PRESETS: Readonly<Record<string, RegExp>> = {
  'preset:tests': /(^|\/)tests?\/(.*\/)?(test_[^/]*|[^/]*_test\.py|conftest\.py|[^/]*(?<!\.py))$/,
  'preset:headers': /\.(h|hh|hpp|hxx|cuh|pxd)$/,
};
/** What no preset excludes. */
const KEPT_BY_PRESETS = /(^|\/)(licen[cs]e|copying|notice|authors|py\.typed$)[^/]*$/i;

/** What importlib.metadata reads, and licences: no pattern excludes it. */
const METADATA = /^[^/]+\.dist-info\//;

export const NO_EXCLUSIONS: FileExclusions = fileExclusions([]);

/** @throws OPTION_INVALID for a preset that does not exist */
export function fileExclusions(patterns: readonly string[]): FileExclusions {
  const presets = patterns.filter((pattern) => pattern.startsWith('preset:'));
  const own = patterns.filter((pattern) => !presets.includes(pattern));
  const matchers = presets.map(presetNamed);
  const negated = own.flatMap((pattern) => (pattern.startsWith('!') ? pattern.slice(1) : []));
  const kept = gitignore(negated);
  const fromOwn = gitignore(own);
  return {
    patterns,
    excludes(path) {
      if (patterns.length === 0 || METADATA.test(path)) return false;
      if (fromOwn.ignores(path)) return true;
      if (!matchers.some((preset) => preset.test(path))) return false;
      return !KEPT_BY_PRESETS.test(path) && !kept.ignores(path);
    },
    warnings: (paths) => unmatched(own, paths),
  };
}

function presetNamed(preset: string): RegExp {
  const matcher = Object.hasOwn(PRESETS, preset) ? PRESETS[preset] : undefined;
  if (matcher) return matcher;
  const names = Object.keys(PRESETS);
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`excludeFiles\` names \`${preset}\`, which does not exist${didYouMean(preset, names)}`,
    hint: `use ${codeList(names)}, or patterns of gitignore`,
  });
}

function unmatched(patterns: readonly string[], paths: readonly string[]): string[] {
  const candidates = paths.filter((path) => !METADATA.test(path));
  return patterns
    .filter((pattern) => {
      if (pattern.startsWith('!')) return false;
      const matcher = gitignore([pattern]);
      return !candidates.some((path) => matcher.ignores(path));
    })
    .map(
      (pattern) =>
        `\`excludeFiles\` has \`${pattern}\`, which matches no file of a distribution${similar(pattern, candidates)}`,
    );
}

/** The same pattern with its first name that does not exist replaced by existing ones. */
function similar(pattern: string, paths: readonly string[]): string {
  const names = pattern.replace(/^\/|\/$/g, '').split('/');
  let within = paths.map((path) => path.split('/'));
  for (const [depth, name] of names.entries()) {
    if (/[*?[\]\\]/.test(name)) return '';
    // A single name matches at any depth.
    const existing = new Set(
      names.length > 1 ? within.map((path) => path[depth] ?? '') : within.flat(),
    );
    if (!existing.has(name)) {
      const found = nearest(name, existing).map((other) => names.with(depth, other).join('/'));
      return found.length > 0 ? `; did you mean ${codeList(found)}?` : '';
    }
    within = within.filter((path) => path[depth] === name);
  }
  return '';
}

function gitignore(patterns: readonly string[]): Ignore {
  // As git does on Linux, whatever the machine: the same files everywhere.
  return ignore({ ignorecase: false }).add([...patterns]);
}
