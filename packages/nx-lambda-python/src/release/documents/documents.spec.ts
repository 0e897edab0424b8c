import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cutMarkdown, type OutputFormat } from '../../report/render';
import type { FunctionOutcome } from '../model/function-state';
import type { DeployPlan } from '../model/plan';
import { NEW_SHA, planned, planOf } from '../release.fixtures';
import { deployReport, isSuccess, renderReport, type ReportCommands } from './deploy-report';
import { HOSTILE, planOfSize, reportOfSize } from './documents.fixtures';
import { renderPlan } from './plan-document';

const COMMANDS = { again: 'nx deploy svc', rollback: 'nx rollback svc' };
const EXTENSIONS = { table: 'txt', markdown: 'md', json: 'json' };
const FORMATS: OutputFormat[] = ['table', 'markdown', 'json'];

/** `UPDATE_GOLDEN=1` writes them anew; read them then. */
function expectGolden(name: string, text: string): void {
  const path = join(__dirname, '__golden__', name);
  if (process.env['UPDATE_GOLDEN']) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${text.trimEnd()}\n`);
  }
  expect(`${text.trimEnd()}\n`).toBe(readFileSync(path, 'utf8'));
}

function outcome(name: string, more: Partial<FunctionOutcome> = {}): FunctionOutcome {
  const handler = `svc.handlers.${name}.handler`;
  const after = { codeSha256: NEW_SHA, storageMode: 'COPY' as const, layers: [], alias: null };
  return { name, handlerName: name, handler, status: 'updated', seconds: 1.234, after, ...more };
}

describe.each([3, 40, 300])('with %i functions', (count) => {
  // The rows of JSON do not depend on their number.
  const formats = FORMATS.filter((format) => format !== 'json' || count <= 40);

  it.each(formats)('shows the plan as %s', (format) => {
    expectGolden(`plan-${count}.${EXTENSIONS[format]}`, renderPlan(planOfSize(count), format));
  });

  it.each(formats)('shows the report as %s', (format) => {
    const text = renderReport(reportOfSize(count), format);
    expectGolden(`report-${count}.${EXTENSIONS[format]}`, text);
  });

  it.each(FORMATS)('lets no terminal escape through as %s', (format) => {
    const text = renderReport(reportOfSize(count), format);
    // Newlines alone may be there.
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
  });

  it('stays short in a terminal and whole in JSON', () => {
    expect(renderReport(reportOfSize(count), 'table').split('\n').length).toBeLessThan(60);
    const { functions } = JSON.parse(renderReport(reportOfSize(count), 'json'));
    expect(functions).toHaveLength(count);
    expect(functions).toContainEqual(expect.objectContaining({ error: HOSTILE }));
  });
});

describe('renderPlan', () => {
  it('gives every reason that a function does not fit', () => {
    const beta = { ...planned('beta', 'mismatch'), detail: 'runtime is python3.9' };
    expect(
      renderPlan(planOf([planned('alpha'), beta]), 'table')
        .split('\n')
        .slice(-6),
    ).toEqual([
      '',
      'mismatch (1)',
      '  function  reason',
      '  beta      runtime is python3.9',
      '',
      '1 update, 1 mismatch; nothing was changed',
    ]);
  });
});

describe('renderReport', () => {
  const plan = planOf([planned('alpha'), planned('beta')]);

  it('says nothing of live states or next steps after a success', () => {
    const report = deployReport(plan, [outcome('alpha'), outcome('beta')], 1, COMMANDS);
    expect(isSuccess(report)).toBe(true);
    expect(report.live).toMatchObject([{ kind: 'package', functions: ['alpha', 'beta'] }]);
    expect(renderReport(report, 'table')).not.toMatch(/live now|next/);
  });

  it('names the way on, and the way back where something is left to bring back', () => {
    const failed = outcome('beta', {
      status: 'failed',
      error: 'no',
      after: plan.functions[1]?.before,
    });
    const skipped = { ...outcome('alpha'), status: 'skipped' as const, after: failed.after };
    const next = (
      one: FunctionOutcome,
      more: Partial<DeployPlan> = {},
      commands: ReportCommands = COMMANDS,
    ) =>
      deployReport({ ...plan, ...more }, [one, failed], 1, commands).next.map(
        (line) => /`(nx .*?)`/.exec(line)?.[1],
      );
    const both = ['nx deploy svc', 'nx rollback svc'];
    expect(next(outcome('alpha'))).toEqual(both);
    expect(next({ ...failed, name: 'alpha', after: undefined })).toEqual(both);
    // Nothing was changed, or all was brought back, or callers never saw it, or nothing is recorded.
    expect(next(skipped)).toEqual(['nx deploy svc']);
    expect(next({ ...skipped, after: outcome('alpha').after }, { alias: 'live' })).toEqual([
      'nx deploy svc',
    ]);
    expect(next({ ...failed, after: undefined }, { alias: 'live' })).toEqual(['nx deploy svc']);
    expect(next(outcome('alpha'), {}, { again: 'nx deploy svc', rollback: null })).toEqual([
      'nx deploy svc',
    ]);
    expect(next(outcome('alpha'), {}, { again: null, releases: 'nx releases svc' })).toEqual([
      'nx releases svc',
    ]);
  });

  it('says nothing of a way back for what was created', () => {
    const created = planOf([{ ...planned('alpha', 'missing'), creates: true }, planned('beta')]);
    const failed = outcome('beta', { status: 'failed', after: planned('beta').before });
    const outcomes = [outcome('alpha', { status: 'created' }), failed];
    expect(deployReport(created, outcomes, 1, COMMANDS).next).toHaveLength(1);
  });

  it('names a function that is slow beside the others, not one that took what all took', () => {
    const many = Array.from({ length: 9 }, (_, n) => outcome(`f${n}`, { seconds: 6 }));
    const shown = (slowest: number): string =>
      renderReport(
        deployReport(plan, [...many, outcome('slow', { seconds: slowest })], 9, COMMANDS),
        'table',
      );
    expect(shown(19)).toContain('slow (1)');
    expect(shown(17)).not.toContain('slow (1)');
  });

  it('folds many failures that share one reason, and names each', () => {
    const failed = Array.from({ length: 60 }, (_, n) =>
      outcome(`f${n}`, { status: 'failed', error: 'AccessDenied' }),
    );
    const text = renderReport(deployReport(plan, failed, 1, COMMANDS), 'table');
    expect(text.match(/AccessDenied/g)).toHaveLength(1);
    for (const { name } of failed) expect(text).toMatch(new RegExp(`\\b${name}\\b`));
    expect(isSuccess(deployReport(plan, failed, 1, COMMANDS))).toBe(false);
  });
});

describe('cutMarkdown', () => {
  it('keeps to the limit, closes what it opened and says where the rest is', () => {
    const text = renderReport(reportOfSize(300), 'markdown');
    for (const limit of [1500, 3000, 6000]) {
      const cut = cutMarkdown(text, limit, 'The rest is elsewhere.') ?? '';
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
      expect(cut.match(/<details>/g)?.length).toBe(cut.match(/<\/details>/g)?.length);
      expect(cut.endsWith('The rest is elsewhere.\n')).toBe(true);
    }
    expect(cutMarkdown(text, 1e6, '')).toBe(text);
    expect(cutMarkdown(text, 100, '')).toBeNull();
  });
});
