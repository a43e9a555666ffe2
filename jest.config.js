import { availableParallelism } from 'node:os';

/** Tells the processes of this run from those of another one in the same checkout. */
const runId = String(process.pid);

/** Node runs the tests as they stand (`run-file.js`); the tiers are folders below `test`. */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/long/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'cjs', 'mjs', 'json', 'node'],
  testRunner: '<rootDir>/test/support/jest/run-file.js',
  transform: {},
  globals: { TEST_RUN: runId },
  // Limits are for tests that hang: on a busy machine a worker alone may take 20 s to start.
  testTimeout: 90_000,
  // Most tests wait for other processes: with a worker for each core these stand idle for a third of the time.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  modulePathIgnorePatterns: ['<rootDir>/var/'],
  reporters: ['default', ['<rootDir>/test/support/jest/reporter.js', { runId }]],
  testSequencer: '<rootDir>/test/support/jest/sequencer.js',
};
