/** A dependency in the text of a pyproject.toml: everything else stays as it is written. */

import { asTable, parseDocument, tomlKey, type TomlTable } from '../../service/pyproject';

/**
 * The text with a name under `[project] dependencies`, and its path under `[tool.uv.sources]`.
 * @returns undefined if that cannot be done by adding text
 */
export function withDependency(text: string, name: string, path: string): string | undefined {
  const before = parseDocument(text, 'pyproject.toml');
  const project = asTable(before['project']);
  const dependencies = project?.['dependencies'];
  const sources = sourcesOf(before);
  if (sources[name] !== undefined) return text;
  if (!Array.isArray(dependencies) || dependencies.some((line) => namesIt(line, name))) {
    return undefined;
  }
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const item = JSON.stringify(name);
  const listed = inTable(
    text,
    'project',
    /^([ \t]*dependencies[ \t]*=[ \t]*\[)([ \t]*\r?\n)?([ \t]*)/m,
    (_, open, line = '', indent) =>
      line === ''
        ? `${open}${indent}${item}${dependencies.length > 0 ? ', ' : ''}`
        : `${open}${line}${indent || '    '}${item},${end}${indent}`,
  );
  const source = `${tomlKey(name)} = { path = ${JSON.stringify(path)}, editable = true }`;
  const edited =
    inTable(listed ?? '', 'tool.uv.sources', /^/, () => `${source}${end}`) ??
    `${listed}${listed?.endsWith('\n') ? '' : end}${end}[tool.uv.sources]${end}${source}${end}`;
  return listed !== undefined && says(edited, before, name, path) ? edited : undefined;
}

function sourcesOf(document: TomlTable): TomlTable {
  const uv = asTable(asTable(document['tool'])?.['uv']);
  return asTable(uv?.['sources']) ?? {};
}

function namesIt(line: unknown, name: string): boolean {
  const normalized = (text: string) => text.replace(/[-_.]+/g, '-').toLowerCase();
  const [own = ''] = /^[\w.-]+/.exec(String(line)) ?? [];
  return normalized(own) === normalized(name);
}

/** Replaces the first match in the lines of a table; undefined if there is none. */
function inTable(
  text: string,
  table: string,
  pattern: RegExp,
  replace: (...groups: string[]) => string,
): string | undefined {
  const header = new RegExp(`^\\[${table.replaceAll('.', '\\.')}\\][^\\n]*\\n`, 'm').exec(text);
  if (!header) return undefined;
  const start = header.index + header[0].length;
  const next = /^\[/m.exec(text.slice(start));
  const end = next ? start + next.index : text.length;
  const body = text.slice(start, end);
  return pattern.test(body)
    ? text.slice(0, start) + body.replace(pattern, replace) + text.slice(end)
    : undefined;
}

/** Whether a text says the same as before, and that. */
function says(text: string, before: TomlTable, name: string, path: string): boolean {
  try {
    const after = parseDocument(text, 'pyproject.toml');
    const { [name]: source, ...others } = sourcesOf(after);
    const dependencies = asTable(after['project'])?.['dependencies'];
    const rest = Array.isArray(dependencies) ? dependencies.filter((line) => line !== name) : [];
    return (
      JSON.stringify(source) === JSON.stringify({ path, editable: true }) &&
      JSON.stringify(others) === JSON.stringify(sourcesOf(before)) &&
      JSON.stringify(rest) === JSON.stringify(asTable(before['project'])?.['dependencies'])
    );
  } catch {
    return false;
  }
}
