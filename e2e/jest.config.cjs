const { swcTransform } = require('../tools/test/swc-transform.cjs');

/** Whole suites that only `LONG=1` runs, as CI does: without them `npm test` ends within six minutes. */
const LONG_SUITES = `
  adopting affected aliases bytecode distribution-files engines install interrupt invoke layer
  layouts library-edits library-git lock node-versions nxlv-python oracle pip-failures poetry-lock
  reached requirement-forms requirement-locks rollback runner secrets serve shell size-report sources
  storage-mode store store-disk store-kill uv-lock verify
`
  .trim()
  .split(/\s+/);

module.exports = {
  displayName: 'e2e',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  testPathIgnorePatterns: process.env.LONG
    ? []
    : LONG_SUITES.map((name) => `<rootDir>/src/${name}\\.test\\.ts$`),
  testSequencer: '<rootDir>/../tools/test/longest-first.cjs',
  transform: { '^.+\\.ts$': swcTransform },
  globalSetup: '<rootDir>/src/support/prepare-template.ts',
  globalTeardown: '<rootDir>/src/support/remove-run.ts',
  // Two cores: more would only wait for each other.
  maxWorkers: 2,
  // Each test starts Nx and, on a cold cache, a package installer.
  testTimeout: 180_000,
  reporters: ['default', '<rootDir>/../tools/test/summary-reporter.cjs'],
};
