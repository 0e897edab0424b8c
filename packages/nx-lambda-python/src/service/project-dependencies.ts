/** The dependencies that a pyproject.toml declares under `[project]` (PEP 621). */

import { parse, TomlError } from 'smol-toml';
import { LambdaPythonError } from '../errors';
import { codeList, didYouMean } from '../report/nearest';

/**
 * Requirements of `dependencies`, and of the extras named.
 * @param path of the file, for messages only
 * @returns undefined where the file declares none
 * @throws MARKER_INVALID for what is no TOML or no list of texts, OPTION_INVALID for an extra that it does not have
 */
export function readProjectDependencies(
  text: string,
  path: string,
  extras: readonly string[],
): string[] | undefined {
  const project = asTable(parseToml(text, path)['project']);
  const optional = asTable(project?.['optional-dependencies']) ?? {};
  const declared = project?.['dependencies'];
  if (declared === undefined && extras.length === 0) return undefined;
  return [
    ...(declared === undefined ? [] : readTexts(declared, 'dependencies', path)),
    ...extras.flatMap((extra) => {
      const own = optional[extra];
      if (own === undefined) throw unknownExtra(extra, Object.keys(optional), path);
      return readTexts(own, `optional-dependencies.${extra}`, path);
    }),
  ];
}

function parseToml(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw new LambdaPythonError('MARKER_INVALID', {
      message: `\`${path}:${cause.line}:${cause.column}\` is not valid TOML`,
      hint: `correct line ${cause.line} of \`${path}\``,
      cause,
    });
  }
}

function readTexts(value: unknown, key: string, path: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new LambdaPythonError('MARKER_INVALID', {
    message: `\`${key}\` under [project] of \`${path}\` is no list of texts`,
    hint: `write it as \`${key.split('.').at(-1)} = ["requests>=2"]\``,
  });
}

function unknownExtra(extra: string, known: readonly string[], path: string): LambdaPythonError {
  const has = known.length > 0 ? `it has ${codeList(known)}` : 'it has none';
  return new LambdaPythonError('OPTION_INVALID', {
    message: `\`${path}\` has no optional dependencies \`${extra}\`${didYouMean(extra, known)}; ${has}`,
    hint: 'correct `extras` on the lock target, or add them under [project.optional-dependencies]',
  });
}

function asTable(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
