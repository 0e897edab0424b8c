/** The marker's TOML table: found, read, and every fault in it reported with its line. */

import { parse, TomlError } from 'smol-toml';
import { LambdaPythonError } from '../errors';
import { codeList, didYouMean } from '../report/nearest';

const TOOL = 'nx-lambda-python';
const HEADER =
  /^\s*\[\s*(?:tool|"tool"|'tool')\s*\.\s*(?:nx-lambda-python|"nx-lambda-python"|'nx-lambda-python')\s*[.\]]/m;

export type TomlTable = Record<string, unknown>;

/**
 * True for a pyproject.toml that has the marker, and for one that TOML refuses but that has the marker's header:
 * its project must stay, so that its own targets can report what is wrong.
 */
export function hasMarker(text: string): boolean {
  if (!text.includes(TOOL)) return false;
  const document = tryParse(text);
  return document instanceof TomlError
    ? HEADER.test(text)
    : toolTable(document)?.[TOOL] !== undefined;
}

/** The `name` that `[project]` or `[tool.poetry]` declares; undefined where there is none or TOML refuses. */
export function declaredName(text: string): string | undefined {
  const document = tryParse(text);
  if (document instanceof TomlError) return undefined;
  const poetry = asTable(toolTable(document)?.['poetry']);
  const name = asTable(document['project'])?.['name'] ?? poetry?.['name'];
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** @throws MARKER_MISSING, MARKER_INVALID */
export function readMarkerTable(text: string, path: string): MarkerTable {
  const document = tryParse(text);
  if (document instanceof TomlError) {
    throw new LambdaPythonError('MARKER_INVALID', {
      message: `\`${path}:${document.line}:${document.column}\` is not valid TOML: ${reason(document)}`,
      hint: `correct line ${document.line} of \`${path}\``,
      cause: document,
    });
  }
  const marker = toolTable(document)?.[TOOL];
  if (marker === undefined) {
    throw new LambdaPythonError('MARKER_MISSING', {
      message: `\`${path}\` has no \`[tool.${TOOL}]\` table, which makes a project a service`,
      hint: `add it, with \`package = "orders"\` and \`runtime = "python3.13"\`, or create a service: npx nx g ${TOOL}:project services/orders`,
    });
  }
  const table = asTable(marker);
  if (table === undefined) {
    throw new LambdaPythonError('MARKER_INVALID', {
      message: `\`${TOOL}\` under \`[tool]\` of \`${path}\` is ${kindOf(marker)}, expected a table`,
      hint: `write \`[tool.${TOOL}]\` and the keys below it`,
    });
  }
  return new MarkerTable(table, text, path);
}

/** A table's values, each checked for its type as it is read. Every method throws MARKER_INVALID. */
export class MarkerTable {
  constructor(
    readonly values: TomlTable,
    private readonly text: string,
    private readonly path: string,
  ) {}

  onlyKeys(known: readonly string[]): void {
    for (const key of Object.keys(this.values)) {
      if (known.includes(key)) continue;
      throw this.invalid(
        key,
        `unknown key \`${key}\`${didYouMean(key, known)}`,
        `use only ${codeList(known)} under [tool.${TOOL}]`,
      );
    }
  }

  string(key: string): string | undefined {
    const value = this.values[key];
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value !== '') return value;
    throw this.wrongType(key, value, 'a string that is not empty', `${key} = "…"`);
  }

  strings(key: string): string[] | undefined {
    const value = this.values[key];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')) {
      return value as string[];
    }
    throw this.wrongType(key, value, 'an array of strings that are not empty', `${key} = ["…"]`);
  }

  table(key: string): TomlTable {
    const value = this.values[key];
    if (value === undefined) return {};
    const table = asTable(value);
    if (table) return table;
    throw this.wrongType(key, value, 'a table', `[tool.${TOOL}.${key}]`);
  }

  invalid(key: string, message: string, hint: string): LambdaPythonError {
    return new LambdaPythonError('MARKER_INVALID', {
      message: `${this.at(key)}: ${message}`,
      hint,
    });
  }

  /** Where a key stands: `` `services/orders/pyproject.toml:7` ``, without the line where it cannot be told. */
  at(key: string): string {
    const line = lineOf(this.text, key);
    return `\`${this.path}${line === undefined ? '' : `:${line}`}\``;
  }

  private wrongType(key: string, value: unknown, expected: string, example: string) {
    return this.invalid(
      key,
      `\`${key}\` is ${kindOf(value)}, expected ${expected}`,
      `write it as \`${example}\``,
    );
  }
}

export function asTable(value: unknown): TomlTable | undefined {
  return typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date)
    ? (value as TomlTable)
    : undefined;
}

export function kindOf(value: unknown): string {
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return 'an array';
  if (asTable(value)) return 'a table';
  return typeof value === 'string' ? 'a string' : `\`${String(value)}\``;
}

function toolTable(document: TomlTable): TomlTable | undefined {
  return asTable(document['tool']);
}

function tryParse(text: string): TomlTable | TomlError {
  try {
    return parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof TomlError) return error;
    throw error;
  }
}

// smol-toml's message goes on with a drawing of the source: the first line is the reason.
function reason(error: TomlError): string {
  return (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
}

// TOML values carry no position: the first line after the marker's header that sets the key.
function lineOf(text: string, key: string): number | undefined {
  const lines = text.split('\n');
  const header = lines.findIndex((line) => HEADER.test(line));
  if (header === -1) return undefined;
  const start = lines.findIndex((line, index) => index >= header && setsKey(line, key));
  return start === -1 ? undefined : start + 1;
}

function setsKey(line: string, key: string): boolean {
  const [written = ''] = line.trim().split(/\s*[=.]/);
  return (
    [key, `"${key}"`, `'${key}'`].includes(written) ||
    (HEADER.test(line) && new RegExp(`\\.\\s*["']?${escapeRegExp(key)}["']?\\s*\\]`).test(line))
  );
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
