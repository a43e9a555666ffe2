// @ts-check
import { HeavyliftError, JobFailed, Unavailable } from '../src/index.js';
import { toLine } from './text.js';

/** What a command's exit status says; `bin/heavylift` of the server has more. */
export const EXIT = /** @type {const} */ ({ ok: 0, failed: 1, usage: 2, notReached: 3, interrupted: 130 });

/** Ends a command: its message is one line for people. */
export class CommandError extends Error {
  /**
   * Makes an error of its line and of the exit status.
   * @param {string} message
   * @param {number} [exitCode]
   */
  constructor(message, exitCode = EXIT.failed) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/**
 * What is said of a failure: one line, of a job with its id.
 * @param {unknown} error
 * @returns {string}
 */
export function tell(error) {
  const { message } = /** @type {Error} */ (error);
  return toLine(error instanceof JobFailed ? `${error.job.id} ${error.job.state}: ${message}` : message);
}

/**
 * The exit status of a failure. Throws what is a bug of ours.
 * @param {unknown} error
 * @returns {number}
 */
export function exitCodeOf(error) {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof Unavailable && error.status === 0) return EXIT.notReached;
  const isExpected =
    error instanceof HeavyliftError || typeof (/** @type {NodeJS.ErrnoException} */ (error).syscall) === 'string';
  if (isExpected || error instanceof TypeError) return EXIT.failed;
  throw error;
}
