import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { renderError } from '../../report/error-text';
import { cutMarkdown, type OutputFormat } from '../../report/render';
import type { FunctionOutcome } from '../model/function-state';
import type { DeployPlan } from '../model/plan';
import type { ReleaseRecord } from '../records/record';
import { NEW_SHA, planned, planOf } from '../release.fixtures';
import {
  deployReport,
  isSuccess,
  renderReport,
  reportDocument,
  type ReportCommands,
} from './deploy-report';
import { HOSTILE, planOfSize, reportOfSize } from './documents.fixtures';
import { renderPlan } from './plan-document';
import { renderReleases } from './release-list';

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

describe.each([3, 40])('with %i functions', (count) => {
  // JSON does not fold: its rows are the same however many there are.
  const formats = FORMATS.filter((format) => format !== 'json' || count === 3);

  it.each(formats)('shows the plan as %s', (format) => {
    expectGolden(`plan-${count}.${EXTENSIONS[format]}`, renderPlan(planOfSize(count), format));
  });

  it.each(formats)('shows the report as %s', (format) => {
    const text = renderReport(reportOfSize(count), format);
    expectGolden(`report-${count}.${EXTENSIONS[format]}`, text);
  });
});

describe.each([3, 40, 300])('of %i functions', (count) => {
  const plan = planOfSize(count);
  const report = reportOfSize(count);

  it('JSON has a row for each, with all that is known of it, and the right counts', () => {
    for (const [text, { functions }] of [
      [renderPlan(plan, 'json'), plan],
      [renderReport(report, 'json'), report],
    ] as const) {
      const shown = JSON.parse(text);
      expect(shown.functions).toEqual(JSON.parse(JSON.stringify(functions)));
      expect(functions).toHaveLength(count);
      for (const [status, counted] of Object.entries(shown.counts)) {
        expect(functions.filter((one) => one.status === status)).toHaveLength(Number(counted));
      }
    }
    expect(report.functions).toContainEqual(expect.objectContaining({ error: HOSTILE }));
  });

  it.each(FORMATS)('lets no terminal escape through as %s', (format) => {
    // Newlines alone may be there.
    const text = renderReport(report, format).replaceAll('\n', '');
    expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
  });

  it('a terminal gets a short text, which counts the names of long lists', () => {
    const text = renderReport(report, 'table');
    expect(text.split('\n').length).toBeLessThan(60);
    for (const status of ['updated', 'skipped'] as const) {
      const folded = new RegExp(`\n${status} \\((\\d+)\\).*(?:\n  .+){2}\n  and (\\d+) more\n`);
      const [, all, more] = folded.exec(text) ?? [];
      expect(Number(more)).toBe(count === 300 ? Number(all) - 6 : NaN);
    }
    expect(text.match(/ExpiredTokenException/g) ?? []).toHaveLength(count === 300 ? 1 : 0);
  });

  it('Markdown names every function, and folds long lists', () => {
    const text = renderReport(report, 'markdown');
    for (const { name } of report.functions) expect(text).toContain(name);
    expect(text.match(/<details>/g) ?? []).toHaveLength({ 3: 0, 40: 1, 300: 4 }[count] ?? NaN);
  });

  it('what runs the same is one line', () => {
    const lines = reportDocument(report).live.map((line) => line.replace(/^svc\S+/, 'one'));
    const [size] = lines.flatMap((line) => /^(\d+) functions run/.exec(line)?.[1] ?? []);
    expect(lines.length).toBe({ 3: 2, 40: 3, 300: 5 }[count]);
    expect(Number(size ?? 2)).toBeGreaterThan(1);
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

it('JSON of a way back names the release, and nothing that is only ours', () => {
  const facts = planOf([planned('alpha')]);
  const none = { source: null, package: null, aliasWeight: null, layer: null };
  const back = { of: 12, description: 'undo release 12' };
  const plan = { ...facts, ...none, ...back, kind: 'back' as const, goals: new Map() };
  const shown = JSON.parse(renderPlan(plan, 'json'));
  const { accounts, service, alias, runtime, architecture, region, stage, storageMode } = facts;
  expect(shown).toEqual({
    ...{ format: 1, accounts, service, alias, runtime, architecture, region, stage, storageMode },
    ...{ ...none, ...back, functions: facts.functions, counts: expect.anything() },
  });
  expect(renderPlan(plan, 'table')).toContain('release  undo release 12\npackage  020202020202\n');
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

/** What a terminal obeys, or shows as something else; ends of lines may be there. */
const CONTROLS = /[\0-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/;

/** Whoever can write to the bucket can write this. */
const RECORD: ReleaseRecord = {
  ...{ format: 1, number: 1, kind: 'deploy', of: null, status: 'succeeded' },
  ...{ service: HOSTILE, stage: null, region: HOSTILE, account: null, alias: null },
  by: { user: HOSTILE, host: HOSTILE, run: HOSTILE },
  startedAt: HOSTILE,
  endedAt: HOSTILE,
  source: { commit: HOSTILE, dirty: true },
  ...{ runtime: HOSTILE, architecture: 'arm64', package: null },
  functions: [
    {
      ...{ name: HOSTILE, handlerName: HOSTILE, handler: HOSTILE, status: HOSTILE as never },
      ...{ before: null, beforePackage: null, goal: null, after: null },
    },
  ],
};

describe('renderReleases', () => {
  it.each(['table', 'markdown', 'json'] as const)(
    'lets nothing of a record command the terminal as %s',
    (format) => {
      const facts = { subject: `\`svc\` ${HOSTILE}`, place: 'eu-west-1', format };
      const text = renderReleases([RECORD, { ...RECORD, number: 2, endedAt: null }], facts);
      expect(text).not.toMatch(CONTROLS);
      // One record, one line.
      if (format === 'table') expect(text.split('\n')).toHaveLength(5);
      if (format === 'markdown') expect(text).not.toMatch(/<b>|[^\\]\| `x`/);
      if (format === 'json') expect(JSON.parse(text).releases[1]).toEqual(RECORD);
    },
  );
});

it.each([
  new LambdaPythonError('RELEASE_NOT_FOUND', { message: HOSTILE, hint: HOSTILE }),
  new TypeError(HOSTILE),
  HOSTILE,
])('lets nothing that an error quotes command the terminal', (error) => {
  expect(renderError(error)).not.toMatch(CONTROLS);
});
