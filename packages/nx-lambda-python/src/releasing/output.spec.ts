import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReleasePhase } from '../release/apply/apply';
import { renderReport } from '../release/documents/deploy-report';
import { HOSTILE, reportOfSize } from '../release/documents/documents.fixtures';
import { appendStepSummary, isColoured, isLive, liveLine, Progress, releaseOutput } from './output';
import { temporaryDirectory } from '../temporary.fixtures';

describe('the step summary', () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'summary.md');
  const MIB = 1024 * 1024;

  beforeEach(() => void (process.env['GITHUB_STEP_SUMMARY'] = file));
  afterAll(() => {
    delete process.env['GITHUB_STEP_SUMMARY'];
  });

  it('keeps to what GitHub takes, with what the other tasks of the step have written', () => {
    const log = jest.spyOn(console, 'log').mockImplementation();
    const output = releaseOutput('table');
    const text = renderReport(reportOfSize(300), 'markdown');
    writeFileSync(file, 'x'.repeat(MIB - 4000));
    appendStepSummary(text, output);
    expect(statSync(file).size).toBeLessThanOrEqual(MIB);
    expect(readFileSync(file, 'utf8')).toContain('The rest is in deploy-report.json');
    writeFileSync(file, 'x'.repeat(MIB));
    appendStepSummary(text, output);
    expect(statSync(file).size).toBe(MIB);
    expect(log).toHaveBeenCalledWith('warning: no step summary: its 1 MiB is used up');
  });
});

it('prints what AWS said without its escapes', () => {
  const log = jest.spyOn(console, 'log').mockImplementation();
  releaseOutput('table').alarm(`failed: ${HOSTILE}`);
  expect(log).toHaveBeenCalledWith('failed: bad layer | <b>層</b> `x` end');
});

function terminal(columns = 20) {
  const written: string[] = [];
  return { isTTY: true, columns, written, write: (text: string) => written.push(text) };
}

describe('a live line', () => {
  it('leaves nothing behind, and never wraps', () => {
    const screen = terminal(10);
    const line = liveLine(screen, () => 'orders  code  12 of 300');
    line.clear();
    line.stop();
    expect(screen.written).toEqual(['\r\u001b[2Korders  c', '\r\u001b[2K']);
  });

  it('takes a terminal without a size for an ordinary one', () => {
    const screen = terminal(0);
    const line = liveLine(screen, () => 'orders  code');
    line.stop();
    expect(screen.written[0]).toContain('orders  code');
  });

  it('is drawn only in a terminal that a person looks at', () => {
    const screen = terminal();
    expect(isLive(screen, {})).toBe(true);
    expect(isLive(screen, { CI: 'true' })).toBe(false);
    expect(isLive(screen, { TERM: 'dumb' })).toBe(false);
    expect(isLive({ ...screen, isTTY: undefined }, { FORCE_COLOR: 'true' })).toBe(false);
    expect(isColoured(screen, { FORCE_COLOR: 'true' })).toBe(true);
    expect(isColoured(screen, { NO_COLOR: '1' })).toBe(false);
  });
});

function at(milliseconds: number) {
  const clock = { time: milliseconds, now: () => clock.time, sleep: async () => undefined };
  return clock;
}

/** The lines of a deploy in a log. */
function lines(total: number): string[] {
  const progress = new Progress('orders', at(0));
  const run = (phase: ReleasePhase, count: number): string[] => {
    progress.begin(phase, count);
    return Array.from({ length: count }, (_, n) => progress.step(`f${n}`, false) ?? []).flat();
  };
  return [
    ...run('canary', 1),
    ...run('code', total - 1),
    ...run('publish', total),
    ...run('aliases', total),
  ];
}

it('gives about ten lines however many functions there are, and names the phases', () => {
  for (const total of [40, 300, 1000]) expect(lines(total).length).toBeLessThanOrEqual(11);
  expect(lines(300)).toEqual([
    'canary: 1 of 1 done',
    ...[50, 100, 150, 200, 250, 299].map((done) => `code: ${done} of 299 done`),
    ...['publish', 'aliases'].flatMap((phase) =>
      [150, 300].map((done) => `${phase}: ${done} of 300 done`),
    ),
  ]);
});

it('shows phase, count, rate, seconds left and failures in one line', () => {
  const clock = at(5000);
  const progress = new Progress('orders', clock);
  progress.begin('code', 100);
  expect(progress.live()).toBe('orders  code  0 of 100  0.0 s');
  clock.time += 2000;
  for (let n = 0; n < 24; n += 1) progress.step(`f${n}`, n === 3);
  expect(progress.live()).toBe('orders  code  24 of 100  12.0/s  7 s left  1 failed');
});
