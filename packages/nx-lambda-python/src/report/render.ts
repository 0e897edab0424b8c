/** Documents as tables for terminals and logs, and as Markdown for step summaries and comments. */

import { withoutEmptyColumns, type Document, type Row, type Section } from './document';
import { displayWidth, escapeMarkdown, oneLine, padEnd } from './text';

export type OutputFormat = 'table' | 'json' | 'markdown';

export function renderDocument(document: Document, format: 'table' | 'markdown'): string {
  return format === 'table' ? renderTable(document) : renderMarkdown(document);
}

const WIDTH = 100;

/** Longer lists of names are cut and counted. */
const MAX_NAMES = 40;

/** One table under a title; the first row is its head. */
export function renderList(
  title: string,
  table: readonly Row[],
  format: 'table' | 'markdown',
): string {
  if (table.length < 2) return `${title}: none`;
  if (format === 'markdown') return `### ${escapeMarkdown(title)}\n\n${markdownTable(table)}\n`;
  return [oneLine(title), '', ...alignColumns(table)].join('\n');
}

function renderTable(document: Document): string {
  const { title, facts, sections, live, summary, next } = document;
  return [
    oneLine(title),
    ...alignColumns(facts),
    ...sections.flatMap((section) => ['', ...sectionLines(section)]),
    ...(live.length > 0 ? ['', 'live now', ...live.map((line) => `  ${oneLine(line)}`)] : []),
    '',
    summary,
    ...next.map((line) => `next: ${oneLine(line)}`),
  ].join('\n');
}

function sectionLines(section: Section): string[] {
  const title = oneLine(section.title);
  const lines =
    'names' in section
      ? nameLines(section.names, section.isWhole ? Infinity : MAX_NAMES)
      : alignColumns(withoutEmptyColumns([section.head, ...section.rows]));
  return [title, ...lines.map((line) => `  ${line}`)];
}

function nameLines(names: readonly string[], most: number): string[] {
  const shown = names.slice(0, names.length > most ? 6 : most);
  const more = names.length - shown.length;
  const lines = inColumns(shown.map(oneLine));
  return more > 0 ? [...lines, `and ${more} more`] : lines;
}

/** Down each column first, as ls does. */
function inColumns(names: readonly string[]): string[] {
  const width = Math.max(...names.map(displayWidth), 1) + 2;
  const columns = Math.max(1, Math.floor(WIDTH / width));
  const height = Math.ceil(names.length / columns);
  return Array.from({ length: height }, (_, line) =>
    names
      .filter((_, index) => index % height === line)
      .map((name) => padEnd(name, width))
      .join('')
      .trimEnd(),
  );
}

/** Cells as they can be shown, below each other. */
function alignColumns(table: readonly Row[]): string[] {
  const rows = table.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach(
      (cell, column) => (widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell))),
    );
  }
  return rows.map((row) =>
    row
      .map((cell, column) => padEnd(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** As many rows as a page bears; JSON has the rest. */
const MAX_ROWS = 300;

function renderMarkdown(document: Document): string {
  const { title, facts, sections, live, summary, next } = document;
  const blocks = [
    `### ${escapeMarkdown(title)}`,
    `**${escapeMarkdown(summary)}**`,
    list(facts.map(([label, value]) => `${label}: ${escapeMarkdown(value)}`)),
    live.length > 0 ? `Live now:\n\n${list(live.map(escapeMarkdown))}` : '',
    next.length > 0 ? `Next:\n\n${list(next.map(commandLine))}` : '',
    ...[...sections].reverse().map(renderSection),
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

/**
 * At most `limit` bytes, cut between lines: GitHub throws away a step summary that is too long.
 * Null where not even the head fits.
 */
export function cutMarkdown(markdown: string, limit: number, rest: string): string | null {
  if (Buffer.byteLength(markdown) <= limit) return markdown;
  const ending = `\n\n${rest}\n`;
  let room = limit - Buffer.byteLength(ending) - Buffer.byteLength('\n</details>');
  const kept: string[] = [];
  for (const line of markdown.split('\n')) {
    room -= Buffer.byteLength(line) + 1;
    if (room < 0) break;
    kept.push(line);
  }
  if (kept.length < 4) return null;
  const isOpen = kept.lastIndexOf('<details>') > kept.lastIndexOf('</details>');
  return `${kept.join('\n')}${isOpen ? '\n</details>' : ''}${ending}`;
}

function renderSection(section: Section): string {
  const title = escapeMarkdown(section.title);
  if ('names' in section) {
    const names = section.names.map(escapeMarkdown).join(', ');
    // GitHub reads Markdown in it only after an empty line.
    return `<details>\n<summary>${summaryText(section.title)}</summary>\n\n${names}\n\n</details>`;
  }
  const [head = [], ...rows] = withoutEmptyColumns([section.head, ...section.rows]);
  const shown = rows.slice(0, MAX_ROWS);
  const more = rows.length > shown.length ? `\n\nand ${rows.length - shown.length} more` : '';
  return `**${title}**\n\n${markdownTable([head, ...shown])}${more}`;
}

function markdownTable([head = [], ...rows]: readonly Row[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(escapeMarkdown))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Inside of HTML, where no Markdown is read. */
function summaryText(title: string): string {
  return escapeMarkdown(title).replace(/\\(?=[\\`*_[\]|~#])/g, '');
}

/** Commands keep their code spans: they are ours, and their names are AWS's or Nx's. */
function commandLine(line: string): string {
  return line
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `\`${part}\`` : withSpaces(part)))
    .join('');
}

/** The spaces beside a code span must stay. */
function withSpaces(part: string): string {
  const [, before = '', text = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(part) ?? [];
  return before + escapeMarkdown(text) + after;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}
