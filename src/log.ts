import { type Logger, pino } from 'pino';

export type Log = Logger;

/**
 * The process's JSON log on standard output; `role` names the process in every line.
 * Errors are logged under `err` with their stack; credentials are never passed to it.
 */
export function createLog(level: string, role: string): Log {
  return pino({
    level,
    base: { role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
