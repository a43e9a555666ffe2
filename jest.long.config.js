import shared from './jest.config.js';

/** The storms: minutes long, for when something deep has changed. */
export default {
  ...shared,
  testMatch: ['<rootDir>/test/long/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 600_000,
};
