import { constants, fstatSync, openSync } from 'node:fs';
import { type Logger, pino } from 'pino';

export type Log = Logger;

/** Lines are kept for a reader that does not keep up, up to this; what comes after it is dropped. */
const MOST_KEPT_BYTES = 1_000_000;

/**
 * The process's JSON log on standard output; `role` names the process in every line.
 * Errors are logged under `err` with their stack; credentials are never passed to it.
 */
export function createLog(level: string, role: string): Log {
  const options = {
    level,
    base: { role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, openOutput());
}

/**
 * Opens standard output so that its reader can neither stop this process nor keep it from ending: a line is written at
 * once or kept for the next, and a reader that is gone is told nothing more. (What pino opens by itself waits for either
 * one when the process ends, for ever.)
 */
function openOutput(): pino.DestinationStream {
  const output = pino.destination({
    dest: openWithoutWaiting(),
    sync: true,
    maxLength: MOST_KEPT_BYTES,
    retryEAGAIN: () => false,
  } as Parameters<typeof pino.destination>[0]);
  output.on('error', () => {});
  return output;
}

/**
 * A pipe that is standard output, opened once more so that writing to it never waits; else standard output itself. (A
 * file must stay what it is: standard error may be the same.)
 */
function openWithoutWaiting(): number {
  try {
    return fstatSync(1).isFIFO() ? openSync('/dev/fd/1', constants.O_WRONLY | constants.O_NONBLOCK) : 1;
  } catch {
    return 1;
  }
}
