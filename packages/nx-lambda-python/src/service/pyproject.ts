/** pyproject.toml as text: the table of the marker with its faults by line, the declared name, and whether it has dependencies. */

import { posix } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { LambdaPythonError, type ErrorCode } from '../errors';
import { codeList, didYouMean } from '../report/nearest';

const TOOL = 'nx-lambda-python';
const HEADER =
  /^\s*\[\s*(?:tool|"tool"|'tool')\s*\.\s*(?:nx-lambda-python|"nx-lambda-python"|'nx-lambda-python')\s*[.\]]/m;

export type TomlTable = Record<string, unknown>;

/**
 * True for a pyproject.toml that has the marker, and for one that is not valid TOML but has the marker's header:
 * its project must stay, so that its own targets can report what is wrong.
 */
export function hasMarker(text: string): boolean {
  if (!text.includes(TOOL)) return false;
  const document = tryParse(text);
  return document instanceof TomlError
    ? HEADER.test(text)
    : toolTable(document)?.[TOOL] !== undefined;
}

/** The `name` that `[project]` or `[tool.poetry]` declares; undefined if there is none, or if the text is not valid TOML. */
export function declaredName(text: string): string | undefined {
  const document = tryParse(text);
  if (document instanceof TomlError) return undefined;
  const poetry = asTable(toolTable(document)?.['poetry']);
  const name = asTable(document['project'])?.['name'] ?? poetry?.['name'];
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Name of the project unless project.json or package.json give one: the declared one, else the directory's. */
export function inferredName(text: string, root: string): string {
  return declaredName(text) ?? (root === '.' ? 'service' : posix.basename(root));
}

/** @throws MARKER_MISSING, MARKER_INVALID */
export function readMarkerTable(text: string, path: string): MarkerTable {
  const marker = toolTable(parseDocument(text, path))?.[TOOL];
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

  /** @param inner a table below it instead, with the key that messages place it at, and what they call it */
  onlyKeys(
    known: readonly string[],
    inner?: { values: TomlTable; at?: string; name: string },
  ): void {
    for (const key of Object.keys(inner?.values ?? this.values)) {
      if (known.includes(key)) continue;
      throw this.invalid(
        inner?.at ?? key,
        `${inner ? `${inner.name} has the ` : ''}unknown key \`${key}\`${didYouMean(key, known)}`,
        `use only ${codeList(known)} ${inner ? 'in it' : `under [tool.${TOOL}]`}`,
      );
    }
  }

  string(key: string): string | undefined {
    const value = this.values[key];
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value !== '') return value;
    throw this.wrongType(key, value, 'a non-empty string', `${key} = "…"`);
  }

  strings(key: string): string[] | undefined {
    const value = this.values[key];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')) {
      return value as string[];
    }
    throw this.wrongType(key, value, 'an array of non-empty strings', `${key} = ["…"]`);
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

  /** @param example of a right value, as TOML */
  wrongType(key: string, value: unknown, expected: string, example: string): LambdaPythonError {
    return this.invalid(
      key,
      `\`${key}\` is ${kindOf(value)}, expected ${expected}`,
      `write it as \`${example}\``,
    );
  }

  /** Where a key stands: `` `services/orders/pyproject.toml:7` ``, without the line if it cannot be told. */
  at(key: string): string {
    const line = lineOf(this.text, key);
    return `\`${this.path}${line === undefined ? '' : `:${line}`}\``;
  }
}

/**
 * Whether pyproject.toml says what its project requires, under [project] or [tool.poetry], and whether that is anything.
 * A text that is not valid TOML says nothing: reading the marker in it reports what is wrong.
 */
export function declaredDependencies(text: string): 'none' | 'some' | undefined {
  const document = tryParse(text);
  if (document instanceof TomlError) return undefined;
  const { dependencies, dynamic } = asTable(document['project']) ?? {};
  if (Array.isArray(dependencies)) return dependencies.length > 0 ? 'some' : 'none';
  if (Array.isArray(dynamic) && dynamic.includes('dependencies')) return 'some';
  const poetry = asTable(asTable(toolTable(document)?.['poetry'])?.['dependencies']);
  if (poetry === undefined) return undefined;
  return Object.keys(poetry).some((name) => name !== 'python') ? 'some' : 'none';
}

/** A key as TOML writes it: bare if it may be. */
export function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
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

/**
 * @param otherwise what the hint adds
 * @throws an error with that code, and the line that TOML refuses
 */
export function parseDocument(
  text: string,
  path: string,
  code: ErrorCode = 'MARKER_INVALID',
  otherwise = '',
): TomlTable {
  const document = tryParse(text);
  if (!(document instanceof TomlError)) return document;
  throw new LambdaPythonError(code, {
    message: `\`${path}:${document.line}:${document.column}\` is not valid TOML: ${reason(document)}`,
    hint: `correct line ${document.line} of \`${path}\`${otherwise}`,
    cause: document,
  });
}

export function tryParse(text: string): TomlTable | TomlError {
  try {
    return parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof TomlError) return error;
    throw error;
  }
}

// After the reason, smol-toml's message draws the source.
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
