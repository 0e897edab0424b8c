const { swcTransform } = require('../../tools/test/swc-transform.cjs');

/** Whole suites that only `LONG=1` runs, as CI does: each call met with each fault, each point of a kill, other stand-ins. */
const LONG_SUITES = [
  ...['crash', 'fault-matrix', 'fault-matrix-create', 'fault-matrix-layers'],
  ...['rollback-fault-matrix', 'upload-crash', 'upload-fault-matrix'],
].map((name) => `releasing/${name}`);

module.exports = {
  displayName: 'nx-lambda-python',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  testPathIgnorePatterns: process.env.LONG
    ? []
    : [...LONG_SUITES, 'testing/conformance/ministack'].map((name) => `/${name}\\.spec\\.ts$`),
  // Two cores: jest would leave one of them free.
  maxWorkers: 2,
  // No spec proves how long something takes: on a busy machine all of it takes ten times as long.
  testTimeout: 120_000,
  testSequencer: '<rootDir>/../../tools/test/longest-first.cjs',
  transform: { '^.+\\.ts$': swcTransform },
  reporters: ['default', '<rootDir>/../../tools/test/summary-reporter.cjs'],
};
