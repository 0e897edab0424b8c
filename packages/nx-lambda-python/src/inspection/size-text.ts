/** A size report as tables for a terminal. */

import type { Row, Section } from '../report/document';
import { renderDocument } from '../report/render';
import { counted, renderBytes } from '../report/text';
import { REST, signedBytes, versionsOf } from './size-growth';
import type { Growth, SizeReport, Sizes } from './size-report';

/** The JSON and the HTML have all. */
const MAX_ROWS = 20;

export function renderSizeText(report: SizeReport): string {
  const { project, total, own, unrecorded, bytecode, growth, handlers, directories } = report;
  const row = ({ size, unpackedSize }: Sizes): Row => [
    renderBytes(unpackedSize),
    share(unpackedSize, total),
    renderBytes(size),
  ];
  const distributions = [
    ...report.distributions.map((one) => ({ ...one, name: `${one.name} ${one.version}` })),
    { name: 'own files', bytecode: 0, ...own },
    ...(unrecorded.files > 0 ? [{ name: 'in no RECORD', bytecode: 0, ...unrecorded }] : []),
  ].sort((a, b) => b.unpackedSize - a.unpackedSize);
  const whole = `${renderBytes(total.unpackedSize)} unzipped, ${share(total.unpackedSize, total)} of Lambda's ${renderBytes(total.limit)}, ${renderBytes(total.size)} as zip`;
  return renderDocument(
    {
      title: `${project}: ${counted(total.files, 'file')}, ${whole}`,
      facts: [],
      sections: [
        table('handlers, with all they reach', handlers, [
          ['handler', ...SIZES, 'distributions'],
          (one) => [one.name, ...row(one), reached(one)],
        ]),
        table('top directories', directories, [
          ['directory', ...SIZES],
          (one) => [one.name, ...row(one)],
        ]),
        table('distributions', distributions, [
          ['distribution', ...SIZES, 'of it bytecode'],
          (one) => [one.name, ...row(one), one.bytecode > 0 ? renderBytes(one.bytecode) : ''],
        ]),
        ...(growth ? [growthSection(growth)] : []),
      ],
      live: [],
      summary: [
        whole,
        ...(bytecode.files > 0 ? [`bytecode ${renderBytes(bytecode.unpackedSize)}`] : []),
        ...(growth ? [`${signedBytes(growth.unpackedSize)} since ${growth.since}`] : []),
      ].join('; '),
      next: [],
    },
    'table',
  );
}

const SIZES = ['unzipped', 'of limit', 'zip'];

function table<T extends Sizes>(
  title: string,
  items: readonly T[],
  [head, row]: readonly [Row, (item: T) => Row],
): Section {
  const rest = items.slice(MAX_ROWS);
  const more = rest.length > 0 ? [[`and ${rest.length} more`]] : [];
  return { title, head, rows: [...items.slice(0, MAX_ROWS).map(row), ...more] };
}

function reached({ isEverything, distributions }: SizeReport['handlers'][number]): string {
  return isEverything ? 'everything' : String(distributions.length);
}

function growthSection({ since, unpackedSize, changes }: Growth): Section {
  const rows = (changes ?? []).map((change) => [
    change.name,
    change.name === REST ? '' : versionsOf(change),
    signedBytes(change.unpackedSize),
  ]);
  const title = `since ${since}: ${signedBytes(unpackedSize)}`;
  const more = rows.length > MAX_ROWS ? [[`and ${rows.length - MAX_ROWS} more`]] : [];
  return {
    title,
    head: ['what', 'version', 'unzipped'],
    rows: [...rows.slice(0, MAX_ROWS), ...more],
  };
}

/** `12.4 %` */
export function share(bytes: number, { limit }: SizeReport['total']): string {
  return `${((100 * bytes) / limit).toFixed(1)} %`;
}
