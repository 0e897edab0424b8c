/** Where a deploy shows what it does: lines while it runs, one document at its end. */

import { appendFileSync } from 'node:fs';
import type { FunctionOutcome } from '../../release/outcome';
import type { Plan } from '../../release/plan';
import { countPlan } from '../../release/plan';
import type { OutputFormat } from '../../release/render';

export interface DeployOutput {
  /** A line of progress. */
  note(line: string): void;
  /** The plan or the report. */
  document(text: string): void;
}

/** Documents for programs have standard output to themselves. */
export function deployOutput(format: OutputFormat): DeployOutput {
  return {
    note: (line) => (format === 'table' ? console.log(line) : console.error(line)),
    document: (text) => console.log(text.trimEnd()),
  };
}

/** Nx hides the output of tasks that succeed in CI; the step summary of GitHub Actions is seen. */
export function appendStepSummary(markdown: string, output: DeployOutput): void {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (!file) return;
  try {
    appendFileSync(file, `${markdown}\n`);
  } catch (error) {
    // The deploy is done: a summary that cannot be written must not call it failed.
    output.note(`warning: no step summary: ${error instanceof Error ? error.message : error}`);
  }
}

/** About ten lines however many functions there are, and each failure at once. */
export function progressReporter(
  plan: Plan,
  output: DeployOutput,
): (outcome: FunctionOutcome) => void {
  const { update, busy, failed } = countPlan(plan.functions);
  const total = update + busy + failed;
  const step = Math.max(1, Math.ceil(total / 10));
  const waiting = new Set(
    plan.functions
      .filter(({ status }) => status === 'update' || status === 'busy' || status === 'failed')
      .map(({ name }) => name),
  );
  return ({ name, status, error }) => {
    if (!waiting.delete(name)) return;
    if (status === 'failed') output.note(`failed: ${name}: ${error ?? 'no reason given'}`);
    const done = total - waiting.size;
    if (done % step === 0 || done === total) output.note(`${done} of ${total} done`);
  };
}
