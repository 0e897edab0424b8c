const { swcTransform } = require('../../tools/test/swc-transform.cjs');

module.exports = {
  displayName: 'nx-lambda-python',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  transform: { '^.+\\.ts$': swcTransform },
  reporters: ['default', '<rootDir>/../../tools/test/summary-reporter.cjs'],
};
