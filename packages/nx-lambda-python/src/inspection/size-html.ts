/** A size report as one page that needs no script and no other file: a treemap, and the same figures in tables. */

import { counted, oneLine, renderBytes } from '../report/text';
import { REST, signedBytes, versionsOf } from './size-growth';
import type { Part, SizeReport, Sizes } from './size-report';
import { share } from './size-text';
import { layOut, type Box } from './treemap';

/** What the map has a box for, and the first table a row. */
interface Item extends Sizes {
  name: string;
  bytecode: number;
  parts: readonly Part[];
}

export function renderSizeHtml(report: SizeReport): string {
  const { project, total, growth, handlers, directories } = report;
  const items = itemsOf(report);
  const title = `Size of ${project}`;
  const figures = (sizes: Sizes): string[] => [
    renderBytes(sizes.unpackedSize),
    share(sizes.unpackedSize, total),
    renderBytes(sizes.size),
  ];
  return `${[
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    // Whatever a name holds, the page loads and runs nothing.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${text(title)}</title>`,
    `<style>\n${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${text(title)}</h1>`,
    `<p>${text(`${renderBytes(total.unpackedSize)} unzipped in ${counted(total.files, 'file')}, ${share(total.unpackedSize, total)} of the ${renderBytes(total.limit)} that Lambda allows; ${renderBytes(total.size)} as zip.`)}</p>`,
    '<h2 id="map">Map</h2>',
    '<p id="about-map">The area of a box is its size unzipped. Each box links to its row in the table below, which has the same figures.</p>',
    `<ul class="map" role="list" aria-labelledby="map" aria-describedby="about-map">`,
    ...mapOf(items, total.unpackedSize),
    '</ul>',
    '<h2 id="distributions">Distributions</h2>',
    ...tableOf(
      'distributions',
      ['distribution', ...SIZES, 'of it bytecode', 'largest folders'],
      items.map((item, index) => ({
        id: rowId(index),
        name: item.name,
        cells: [
          ...figures(item),
          item.bytecode > 0 ? renderBytes(item.bytecode) : '',
          { html: detailsOf(item) },
        ],
      })),
    ),
    '<h2 id="handlers">Handlers, with all they reach</h2>',
    ...tableOf(
      'handlers',
      ['handler', ...SIZES, 'distributions'],
      handlers.map((one) => ({
        name: one.name,
        cells: [...figures(one), one.isEverything ? 'everything' : one.distributions.join(', ')],
      })),
    ),
    '<h2 id="directories">Top directories</h2>',
    ...tableOf(
      'directories',
      ['directory', ...SIZES],
      directories.map((one) => ({ name: one.name, cells: figures(one) })),
    ),
    ...(growth
      ? [
          `<h2 id="growth">${text(`Since ${growth.since}: ${signedBytes(growth.unpackedSize)}`)}</h2>`,
          ...tableOf(
            'growth',
            ['what', 'version', 'unzipped'],
            (growth.changes ?? []).map((change) => ({
              name: change.name,
              cells: [
                change.name === REST ? '' : versionsOf(change),
                signedBytes(change.unpackedSize),
              ],
            })),
          ),
        ]
      : []),
    '</main>',
    '</body>',
    '</html>',
  ].join('\n')}\n`;
}

const SIZES = ['unzipped', 'of limit', 'zip'];

function itemsOf({ distributions, own, unrecorded }: SizeReport): Item[] {
  return [
    ...distributions.map((one) => ({ ...one, name: `${one.name} ${one.version}` })),
    { ...own, name: 'own files', bytecode: 0 },
    { ...unrecorded, name: 'in no RECORD', bytecode: 0, parts: [] },
  ]
    .filter(({ unpackedSize }) => unpackedSize > 0)
    .sort((a, b) => b.unpackedSize - a.unpackedSize);
}

/** Its ratio of sides is the map's on a page; on others, boxes are only less square. */
const MAP: Box = { x: 0, y: 0, width: 160, height: 90 };
/** Smaller boxes have no room for what is in them. */
const LEAST_AREA = 0.02;

function mapOf(items: readonly Item[], total: number): string[] {
  const boxes = layOut(
    items.map(({ unpackedSize }) => unpackedSize),
    MAP,
  );
  return items.map((item, index) => {
    const { name, unpackedSize, parts } = item;
    const box = boxes[index] ?? MAP;
    const percent = `${((100 * unpackedSize) / total).toFixed(1)} %`;
    const label = `${name}: ${renderBytes(unpackedSize)}, ${percent}`;
    const inner = unpackedSize / total < LEAST_AREA ? [] : parts;
    return [
      `<li class="c${index % COLOURS.length}" style="${placed(box, MAP)}">`,
      `<a href="#${rowId(index)}" title="${text(label)}">${text(name)}<small>${text(`: ${renderBytes(unpackedSize)}, ${percent}`)}</small></a>`,
      // The table has them as text.
      `<div aria-hidden="true">${partBoxes(inner, box)}</div>`,
      '</li>',
    ].join('');
  });
}

function partBoxes(parts: readonly Part[], whole: Box): string {
  const inside = { ...whole, x: 0, y: 0 };
  const sorted = [...parts].sort((a, b) => b.unpackedSize - a.unpackedSize);
  const boxes = layOut(
    sorted.map(({ unpackedSize }) => unpackedSize),
    inside,
  );
  return sorted
    .map(({ name, unpackedSize }, index) => {
      const title = `${name}: ${renderBytes(unpackedSize)}`;
      return `<span title="${text(title)}" style="${placed(boxes[index] ?? inside, inside)}">${text(name)}</span>`;
    })
    .join('');
}

/** A box in percent of the whole. */
function placed({ x, y, width, height }: Box, whole: Box): string {
  const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(3)}%`;
  return [
    `left:${percent(x, whole.width)}`,
    `top:${percent(y, whole.height)}`,
    `width:${percent(width, whole.width)}`,
    `height:${percent(height, whole.height)}`,
  ].join(';');
}

function detailsOf({ name, parts }: Item): string {
  if (parts.length === 0) return '';
  const list = parts.map(
    (one) => `<li>${text(`${one.name}: ${renderBytes(one.unpackedSize)}`)}</li>`,
  );
  return `<details><summary aria-label="${text(`largest folders of ${name}`)}">${parts.length}</summary><ul>${list.join('')}</ul></details>`;
}

interface TableRow {
  id?: string;
  name: string;
  /** Text, or markup of this file. */
  cells: readonly (string | { html: string })[];
}

/** It may be scrolled by keys where it is wider than the page. */
function tableOf(label: string, head: readonly string[], rows: readonly TableRow[]): string[] {
  return [
    `<div class="table" role="region" aria-labelledby="${label}" tabindex="0">`,
    `<table aria-labelledby="${label}">`,
    `<thead><tr>${head.map((cell) => `<th scope="col">${text(cell)}</th>`).join('')}</tr></thead>`,
    '<tbody>',
    ...rows.map(({ id, name, cells }) => {
      const data = cells.map(
        (cell) => `<td>${typeof cell === 'string' ? text(cell) : cell.html}</td>`,
      );
      const start = id === undefined ? '<tr>' : `<tr id="${id}" tabindex="-1">`;
      return `${start}<th scope="row">${text(name)}</th>${data.join('')}</tr>`;
    }),
    '</tbody>',
    '</table>',
    '</div>',
  ];
}

function rowId(index: number): string {
  return `row-${index}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Literal text, also in an attribute: names of files and distributions may hold anything. */
function text(given: string): string {
  return oneLine(given).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** Hues of boxes. Text on them has a contrast of at least 7 to 1, light and dark. */
const COLOURS = [212, 150, 32, 280, 350, 185, 95, 250];

const STYLE = `:root { color-scheme: light dark; --page: #fff; --text: #1a1a1a; --line: #767676; --light: 86%; --part: 93%; }
@media (prefers-color-scheme: dark) { :root { --page: #151515; --text: #f2f2f2; --line: #8a8a8a; --light: 20%; --part: 14%; } }
body { background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 80rem; padding: 1rem; }
.map { aspect-ratio: 16 / 9; list-style: none; margin: 0; min-height: 24rem; padding: 0; position: relative; width: 100%; }
.map li { background: hsl(var(--hue) 55% var(--light)); border: 1px solid var(--page); box-sizing: border-box; overflow: hidden; position: absolute; }
.map a { color: inherit; display: block; font-size: 0.8rem; height: 100%; overflow: hidden; padding: 0.1rem 0.25rem; white-space: nowrap; }
.map div { bottom: 2px; left: 2px; pointer-events: none; position: absolute; right: 2px; top: 1.6rem; }
.map span { background: hsl(var(--hue) 55% var(--part)); border: 1px solid hsl(var(--hue) 55% var(--light)); box-sizing: border-box; font-size: 0.7rem; overflow: hidden; padding: 0 0.2rem; pointer-events: auto; position: absolute; white-space: nowrap; }
.map li:focus-within { border: 3px solid var(--text); z-index: 1; }
${COLOURS.map((hue, index) => `.c${index} { --hue: ${hue}; }`).join('\n')}
.table { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid var(--line); padding: 0.2rem 0.8rem 0.2rem 0; text-align: left; vertical-align: top; }
td { font-variant-numeric: tabular-nums; }
:target, :focus-visible { outline: 3px solid var(--text); outline-offset: -3px; }
details ul { margin: 0; padding-left: 1.2rem; }
`;
