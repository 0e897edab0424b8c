/** Plans and reports as table, JSON and Markdown. */

import type { FunctionOutcome, OutcomeStatus } from './outcome';
import { countPlan, PLAN_STATUSES, type Plan } from './plan';
import type { DeployReport } from './report';

export type OutputFormat = 'table' | 'json' | 'markdown';

/** What failed comes last, where the eye is. */
const OUTCOME_STATUSES: readonly OutcomeStatus[] = ['unchanged', 'updated', 'skipped', 'failed'];

type Row = readonly string[];

export function renderPlan(plan: Plan, format: OutputFormat): string {
  if (format === 'json')
    return renderJson({ format: 1, ...plan, counts: countPlan(plan.functions) });
  const rows = byStatus(plan.functions, PLAN_STATUSES).map(
    ({ name, handlerName, status, detail }) => [name, handlerName, status, detail ?? ''],
  );
  const place = [plan.accounts.join('+'), plan.region].filter(Boolean).join('/');
  return renderDocument(
    {
      title: `Plan: ${plan.service} to ${place}`,
      head: ['function', 'handler', 'status', 'detail'],
      rows,
      summary: `${planSummary(plan)}; nothing was changed`,
      package: packageLine(plan.package),
    },
    format,
  );
}

export function renderReport(report: DeployReport, format: OutputFormat): string {
  if (format === 'json') return renderJson(report);
  const rows = byStatus(report.functions, OUTCOME_STATUSES).map((one) => [
    one.name,
    one.handlerName,
    one.version === undefined ? one.status : `${one.status} (version ${one.version})`,
    time(one),
    oneLine(one.error ?? ''),
  ]);
  const summary = summarize(report.counts, OUTCOME_STATUSES);
  const place = [report.account, report.region].filter(Boolean).join('/');
  return renderDocument(
    {
      title: `Deploy: ${report.service} to ${place}`,
      head: ['function', 'handler', 'status', 'time', 'error'],
      rows,
      summary: `${summary} in ${seconds(report.seconds)}`,
      package: packageLine(report.package),
    },
    format,
  );
}

/** `38 update, 2 unchanged` */
export function planSummary({ functions }: Plan): string {
  return summarize(countPlan(functions), PLAN_STATUSES);
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

interface Document {
  title: string;
  package: string;
  head: Row;
  rows: readonly Row[];
  summary: string;
}

function renderDocument(document: Document, format: 'table' | 'markdown'): string {
  const { title, head, rows, summary } = withoutEmptyColumns(document);
  if (format === 'markdown') {
    const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(escapeMarkdown))];
    const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
    return `### ${title}\n\n${summary}\n\nPackage: \`${document.package}\`\n\n${table}\n`;
  }
  return [
    title,
    `package ${document.package}`,
    '',
    ...alignColumns([head, ...rows]),
    '',
    summary,
  ].join('\n');
}

/** Detail and error columns exist only where a row has something to say. */
function withoutEmptyColumns(document: Document): Document {
  const isKept = document.head.map((_, column) => document.rows.some((row) => row[column]));
  const keep = (row: Row): Row => row.filter((_, column) => isKept[column]);
  return { ...document, head: keep(document.head), rows: document.rows.map(keep) };
}

function alignColumns(rows: readonly Row[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Zeroes are left out, but for the counts that everybody looks for. */
function summarize<S extends string>(counts: Record<S, number>, order: readonly S[]): string {
  const shown = order.filter((status) => counts[status] > 0);
  return shown.map((status) => `${counts[status]} ${status}`).join(', ') || 'no functions';
}

function byStatus<S extends string, T extends { status: S }>(
  rows: readonly T[],
  order: readonly S[],
): T[] {
  return order.flatMap((status) => rows.filter((row) => row.status === status));
}

function packageLine({ bucket, key, versionId }: Plan['package']): string {
  const version = versionId === null ? '' : ` (version ${versionId})`;
  return `s3://${bucket}/${key}${version}`;
}

function time(one: FunctionOutcome): string {
  return one.status === 'updated' || one.status === 'failed' ? seconds(one.seconds) : '';
}

/** AWS's messages may have several. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function escapeMarkdown(cell: string): string {
  return cell.replace(/[\\|<]/g, (character) => `\\${character}`);
}

function renderJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
