/** Plans and reports as table, JSON and Markdown. */

import type { Document } from './document';
import { countPlan, type Plan } from '../plan/plan';
import { planDocument } from './plan-document';
import { renderMarkdown } from './render-markdown';
import { renderTable } from './render-table';
import type { DeployReport } from './report';
import { reportDocument } from './report-document';
import { renderJson } from './text';

export { planSummary } from './plan-document';

export type OutputFormat = 'table' | 'json' | 'markdown';

export function renderPlan(plan: Plan, format: OutputFormat): string {
  if (format === 'json') {
    return renderJson({ format: 1, ...plan, counts: countPlan(plan.functions) });
  }
  return renderDocument(planDocument(plan), format);
}

export function renderReport(report: DeployReport, format: OutputFormat): string {
  return format === 'json' ? renderJson(report) : renderDocument(reportDocument(report), format);
}

function renderDocument(document: Document, format: 'table' | 'markdown'): string {
  return format === 'table' ? renderTable(document) : renderMarkdown(document);
}
