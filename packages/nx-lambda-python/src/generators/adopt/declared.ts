/** Functions as infrastructure declares them, whatever its language: the same facts out of each. */

import { posix } from 'node:path';
import { asTable, type TomlTable } from '../../service/pyproject';

/** Paths are relative to the workspace. Undefined is what the file does not say, or computes. */
export interface DeclaredFunction {
  /** In the file that declares it. */
  key: string;
  /** As Lambda gets it: `app.lambda_handler`. */
  handler: string | undefined;
  /** Directory that is the top of its package. */
  code: string | undefined;
  runtime: string | undefined;
  architecture: string | undefined;
  /** In AWS. */
  name: string | undefined;
  /** The file that declares it. */
  source: string;
  /** In that file, where it is known. */
  line?: number;
}

/** @throws for a text that cannot be read */
export type ReadDeclared = (text: string, path: string) => DeclaredFunction[];

export function tableOf(value: unknown): TomlTable {
  return asTable(value) ?? {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What stands in a file's directory, or in one that is named from there; undefined outside of the workspace. */
export function placeOf(directory: string, path: string): string | undefined {
  const joined = posix.join(directory, path).replace(/(?<=.)\/$/, '');
  return posix.isAbsolute(path) || joined === '..' || joined.startsWith('../') ? undefined : joined;
}

/** Of text from an opening bracket on: what stands between it and the one that closes it. */
export function bracketed(text: string, open: number): string {
  const pairs: Record<string, string> = { '(': ')', '{': '}' };
  const [opening, closing] = [text[open] ?? '', pairs[text[open] ?? ''] ?? ''];
  const pattern = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[(){}]/g;
  pattern.lastIndex = open;
  let depth = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    if (match[0] === opening) depth += 1;
    if (match[0] === closing) depth -= 1;
    if (depth === 0) return text.slice(open + 1, match.index);
  }
  return text.slice(open + 1);
}
