/** Documents for terminals and logs. */

import { withoutEmptyColumns, type Document, type Row, type Section } from './document';
import { displayWidth, oneLine, padEnd } from './text';

const WIDTH = 100;
/** Names beyond it are a count: three hundred that did well are no news. */
const MAX_NAMES = 40;

export function renderTable(document: Document): string {
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
export function alignColumns(table: readonly Row[]): string[] {
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
