import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderReport } from '../release/documents/deploy-report';
import { HOSTILE, reportOfSize } from '../release/documents/documents.fixtures';
import { appendStepSummary, deployOutput } from './output';

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
    const output = deployOutput('table');
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
  deployOutput('table').alarm(`failed: ${HOSTILE}`);
  expect(log).toHaveBeenCalledWith('failed: bad layer | <b>層</b> `x` end');
});
