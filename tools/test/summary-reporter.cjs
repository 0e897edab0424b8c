/** Writes the counts of one suite to a file that `npm test` adds up: `{ passed, failed, skipped }`. */
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const directory = process.env.TEST_SUMMARY_DIR;
    if (!directory) return;
    mkdirSync(directory, { recursive: true });
    // A suite that fails to load has no tests of its own: it still counts as one failure.
    const summary = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests,
    };
    writeFileSync(join(directory, `${process.pid}.json`), JSON.stringify(summary));
  }
};
