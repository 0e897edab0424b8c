/**
 * Every check of the repository, in one run: format, generated files, lint, types, unit specs and, from the
 * packed tarball, the e2e suites. Ends with one line `N passed, N failed` summed over all suites.
 *
 * `LONG=1` switches on the long suites; `REQUIRE_ENGINE=1` makes a missing container engine a failure.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../workspace-root';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const summaries = mkdtempSync(join(tmpdir(), 'nx-lambda-python-test-'));
const environment = {
  ...process.env,
  TEST_SUMMARY_DIR: summaries,
  NX_DAEMON: 'false',
  // Jest loads ES modules, execa among them, by `import()` only with this.
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`.trim(),
};

const checks: [name: string, command: string[]][] = [
  ['format', ['npx', 'prettier', '--check', '--log-level=warn', '.']],
  ['generated files', ['node', 'tools/run.mjs', 'generate/generate.ts', '--check']],
  ['lint and types', nx('run-many', '-t', 'lint', 'typecheck')],
  ['package', ['node', 'tools/run.mjs', 'pack.ts']],
  ['unit', nx('run-many', '-t', 'test', '--skip-nx-cache')],
  ['e2e', nx('run-many', '-t', 'e2e', '--skip-nx-cache')],
];

const failedChecks = checks.filter(([name, [file = '', ...args]]) => {
  console.log(`\n── ${name}`);
  return spawnSync(file, args, { cwd: ROOT, stdio: 'inherit', env: environment }).status !== 0;
});

const counts = sum();
for (const [name] of failedChecks) console.error(`failed: ${name}`);
// A check that failed without a failing test (lint, say) counts as one failure.
const failed = Math.max(counts.failed, failedChecks.length);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
rmSync(summaries, { recursive: true, force: true });
console.log(`\n${counts.passed} passed, ${failed} failed${skipped}`);
process.exit(failed > 0 || counts.passed === 0 ? 1 : 0);

function nx(...args: string[]): string[] {
  return ['npx', 'nx', ...args, '--output-style=stream', '--parallel=1'];
}

function sum(): Counts {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const name of existsSync(summaries) ? readdirSync(summaries) : []) {
    const counts = JSON.parse(readFileSync(join(summaries, name), 'utf8')) as Counts;
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  return total;
}
