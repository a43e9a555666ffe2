import { constants, fstatSync, openSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import { maskSecrets } from './logs/mask.ts';
import { createThinner } from './logs/thinner.ts';

export type Log = Logger;

/** Lines are kept for a reader that does not keep up, up to this; what comes after it is dropped. */
const MOST_KEPT_BYTES = 1_000_000;

/** Lines of the same level, sentence and code in a second; the others are counted. */
const SAME_LINES = 100;
/** And of those that have an error with its stack. */
const SAME_STACKS = 10;
const FATAL = 60;
const LONGEST_LINE = 20_000;
const CUT_LENGTH = 8000;

/**
 * The process's JSON log on standard output; `role` names the process in every line.
 * Errors are logged under `err` with their stack; what was sent to Redis is left out of them, credentials are never passed to it, and
 * mail addresses are masked.
 * It is bounded: of lines that say the same in one second the first hundred are written (with a stack ten), and then how
 * many came.
 */
export function createLog(level: string, role: string): Log {
  const log: Log = pino(
    {
      level,
      base: { role, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: Error) => withoutArguments(pino.stdSerializers.err(error)) },
      formatters: { level: (label: string) => ({ level: label }) },
      hooks: {
        streamWrite: finishLine,
        logMethod(args, method, number) {
          if (isWritten(args, number)) method.apply(this, args);
        },
      },
    },
    openOutput(),
  );
  let isTelling = false;
  const thinner = createThinner<SameLines>({
    limit: ({ hasStack }) => (hasStack ? SAME_STACKS : SAME_LINES),
    tell({ number, sentence, code }, count) {
      isTelling = true;
      const name = pino.levels.labels[number] as pino.Level;
      log[name]({ ...(code === undefined ? {} : { code }), count }, sentence);
      isTelling = false;
    },
  });
  const isWritten = ([first, second]: unknown[], number: number): boolean => {
    const sentence = typeof first === 'string' ? first : second;
    if (isTelling || number >= FATAL || typeof sentence !== 'string') return true;
    const { code, err } = Object(first) as { code?: unknown; err?: unknown };
    const facts = { number, sentence, code, hasStack: err instanceof Error };
    return thinner.passes(`${number} ${code} ${sentence.slice(0, 200)}`, facts);
  };
  return log;
}

/** Errors are in errors; deeper ones come from no library that we have. */
const DEEPEST = 4;

/** What is logged of an error, with the name alone of a command of Redis: its arguments are a password, or what a job holds. */
function withoutArguments(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > DEEPEST || 'toJSON' in value) return value;
  if (Array.isArray(value)) return value.map((one) => withoutArguments(one, depth + 1));
  const entries = Object.entries(value).map(([name, one]) => [
    name,
    name === 'command' && Array.isArray(Object(one).args)
      ? { name: Object(one).name }
      : withoutArguments(one, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

/** Lines that say the same. */
interface SameLines {
  number: number;
  sentence: string;
  code: unknown;
  hasStack: boolean;
}

/** What is written of a line: no mail address, and never more than a reader can take in. */
function finishLine(line: string): string {
  const masked = maskSecrets(line);
  if (masked.length <= LONGEST_LINE) return masked;
  const { level, time, role, pid, job, msg } = JSON.parse(line);
  const text = masked.slice(0, CUT_LENGTH);
  return `${JSON.stringify({ level, time, role, pid, job, cut: text, msg: maskSecrets(String(msg).slice(0, 200)) })}\n`;
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
