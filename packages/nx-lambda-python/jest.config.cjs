const { swcTransform } = require('../../tools/test/swc-transform.cjs');

module.exports = {
  displayName: 'nx-lambda-python',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  // Two cores: jest would leave one of them free.
  maxWorkers: 2,
  // No spec proves how long something takes: on a busy machine all of it takes ten times as long.
  testTimeout: 120_000,
  testSequencer: '<rootDir>/../../tools/test/longest-first.cjs',
  transform: { '^.+\\.ts$': swcTransform },
  reporters: ['default', '<rootDir>/../../tools/test/summary-reporter.cjs'],
};
