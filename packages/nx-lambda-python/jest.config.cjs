const { swcTransform } = require('../../tools/test/swc-transform.cjs');

module.exports = {
  displayName: 'nx-lambda-python',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  // Two cores: jest would leave one of them free.
  maxWorkers: 2,
  transform: { '^.+\\.ts$': swcTransform },
  reporters: ['default', '<rootDir>/../../tools/test/summary-reporter.cjs'],
};
