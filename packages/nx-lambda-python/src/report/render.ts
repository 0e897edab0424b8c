/** Plans and reports as table, JSON and Markdown. */

import type { Document } from './document';
import { countPlan, type Plan } from '../release/plan/plan';
import { planDocument, type PlannedBack } from '../release/report/plan-document';
import { renderMarkdown } from './render-markdown';
import { renderTable } from './render-table';
import type { DeployReport } from '../release/report/report';
import { reportDocument } from '../release/report/report-document';
import { renderJson } from './text';

export { planSummary, type PlannedBack } from '../release/report/plan-document';

export type OutputFormat = 'table' | 'json' | 'markdown';

/** @param back of a rollback */
export function renderPlan(plan: Plan, format: OutputFormat, back?: PlannedBack): string {
  if (format === 'json') {
    const about = back && { of: back.of, description: back.description };
    return renderJson({ format: 1, ...about, ...plan, counts: countPlan(plan.functions) });
  }
  return renderDocument(planDocument(plan, back), format);
}

export function renderReport(report: DeployReport, format: OutputFormat): string {
  return format === 'json' ? renderJson(report) : renderDocument(reportDocument(report), format);
}

function renderDocument(document: Document, format: 'table' | 'markdown'): string {
  return format === 'table' ? renderTable(document) : renderMarkdown(document);
}
