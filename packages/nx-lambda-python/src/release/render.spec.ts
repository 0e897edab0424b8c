import type { FunctionOutcome } from './outcome';
import { planned, planOf } from './release.fixtures';
import { renderPlan, renderReport } from './render';
import { deployReport, isSuccess } from './report';

const plan = planOf([
  planned('alpha', 'unchanged'),
  { ...planned('beta', 'mismatch'), detail: 'runtime is python3.9, expected python3.13' },
  planned('gamma'),
]);

function outcome(name: string, more: Partial<FunctionOutcome>): FunctionOutcome {
  const handler = `svc.handlers.${name}.handler`;
  return { name, handlerName: name, handler, status: 'updated', seconds: 1.234, ...more };
}

const report = deployReport(
  plan,
  [
    outcome('alpha', { status: 'unchanged', seconds: 0 }),
    outcome('beta', { status: 'failed', error: 'GetFunction: X: a | b\nc' }),
    outcome('gamma', { version: '7' }),
  ],
  2.5,
);

describe('renderPlan', () => {
  it('has a row for each function, the unusual ones last', () => {
    expect(renderPlan(plan, 'table')).toBe(
      [
        'Plan: svc to 111122223333/eu-west-1',
        'package s3://packages/p/svc/2.zip (version v1)',
        '',
        'function  handler  status     detail',
        'alpha     alpha    unchanged',
        'gamma     gamma    update',
        'beta      beta     mismatch   runtime is python3.9, expected python3.13',
        '',
        '1 unchanged, 1 update, 1 mismatch; nothing was changed',
      ].join('\n'),
    );
  });

  it('gives the same value as JSON', () => {
    expect(JSON.parse(renderPlan(plan, 'json'))).toMatchObject({
      format: 1,
      service: 'svc',
      functions: [{ name: 'alpha' }, { name: 'beta', status: 'mismatch' }, { name: 'gamma' }],
      counts: { unchanged: 1, update: 1, mismatch: 1, missing: 0, busy: 0, failed: 0 },
    });
  });

  it('drops the detail column where nothing is to say', () => {
    expect(renderPlan(planOf([planned('a')]), 'table')).toContain('function  handler  status\n');
  });
});

describe('renderReport', () => {
  it('has the time of what was done', () => {
    expect(renderReport(report, 'table').split('\n').slice(3)).toEqual([
      'function  handler  status               time   error',
      'alpha     alpha    unchanged',
      'gamma     gamma    updated (version 7)  1.2 s',
      'beta      beta     failed               1.2 s  GetFunction: X: a | b c',
      '',
      '1 unchanged, 1 updated, 1 failed in 2.5 s',
    ]);
  });

  it('keeps a Markdown table whole whatever AWS says', () => {
    const row = renderReport(report, 'markdown')
      .split('\n')
      .find((line) => line.includes('beta'));
    expect(row).toBe('| beta | beta | failed | 1.2 s | GetFunction: X: a \\| b c |');
  });

  it('gives the promised fields as JSON', () => {
    expect(JSON.parse(renderReport(report, 'json'))).toMatchObject({
      service: 'svc',
      account: '111122223333',
      package: { bucket: 'packages', key: 'p/svc/2.zip', versionId: 'v1' },
      functions: [
        { name: 'alpha', status: 'unchanged', seconds: 0 },
        { name: 'beta', status: 'failed', error: expect.any(String) },
        { name: 'gamma', status: 'updated', seconds: 1.234, version: '7' },
      ],
      counts: { updated: 1, unchanged: 1, skipped: 0, failed: 1 },
    });
  });

  it('is a success only without failures', () => {
    expect(isSuccess(report)).toBe(false);
    expect(isSuccess(deployReport(plan, [outcome('a', {})], 1))).toBe(true);
  });
});
