import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderReport } from '../release/documents/deploy-report';
import { HOSTILE, reportOfSize } from '../release/documents/documents.fixtures';
import { appendStepSummary, isColoured, isLive, LiveLine, releaseOutput } from './output';

describe('the step summary', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nx-lambda-python-'));
  const file = join(directory, 'summary.md');
  const MIB = 1024 * 1024;

  beforeEach(() => void (process.env['GITHUB_STEP_SUMMARY'] = file));
  afterAll(() => {
    delete process.env['GITHUB_STEP_SUMMARY'];
    rmSync(directory, { recursive: true });
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

describe('LiveLine', () => {
  it('leaves nothing behind, and never wraps', () => {
    const screen = terminal(10);
    const line = new LiveLine(screen, () => 'orders  code  12 of 300');
    line.start();
    line.clear();
    line.stop();
    expect(screen.written).toEqual(['\r\u001b[2Korders  c', '\r\u001b[2K']);
  });

  it('takes a terminal without a size for an ordinary one', () => {
    const screen = terminal(0);
    const line = new LiveLine(screen, () => 'orders  code');
    line.start();
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
