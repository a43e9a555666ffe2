import { ERROR_CODES, type ErrorCode } from '../../errors.ts';

/** The bounds of the buckets in which waits and runs are counted (ms); what took longer is in one more. */
export const BOUNDS_MS = [10, 50, 100, 250, 500, 1000, 2500, 5000, 15_000, 60_000, 300_000, 1_800_000] as const;

/** How long something took: how many are in each bucket, and the sum of all (ms). */
export interface Times {
  counts: number[];
  ms: number;
}

/** What happened to the jobs of a kind within some time. */
export interface Figures {
  /** Jobs that were accepted, or run again after they had ended. */
  in: number;
  completed: number;
  cancelled: number;
  /** Jobs that were erased before they had ended. */
  erased: number;
  failed: Partial<Record<ErrorCode, number>>;
  /** Runs that ended without an end of their job, by the error. */
  putBack: Partial<Record<ErrorCode, number>>;
  /** From when a job was accepted, or came due, until its first run. */
  wait: Times;
  /** Runs that completed their job or used up an attempt. */
  run: Times;
}

/**
 * The fields of the hashes in which all of that is counted, as the scripts write them: those of `COUNTS`, an error's code
 * behind `FAILED` and `PUT_BACK`, the number of a bucket (1 is the first) or `ms` behind `wait:` and `run:`. Their names stay
 * as they are.
 */
const COUNTS = ['in', 'completed', 'cancelled', 'erased'] as const;
const FAILED = 'failed:';
const PUT_BACK = 'back:';
const TIMES = ['wait', 'run'] as const;

/** Makes figures of nothing. */
export const noFigures = (): Figures => ({
  ...{ in: 0, completed: 0, cancelled: 0, erased: 0, failed: {}, putBack: {} },
  wait: noTimes(),
  run: noTimes(),
});

const noTimes = (): Times => ({ counts: Array<number>(BOUNDS_MS.length + 1).fill(0), ms: 0 });

/** Adds a hash of counts to figures; a field that is damaged, or none that is known, counts for nothing. */
export function addCounts(figures: Figures, hash: Readonly<Record<string, string>>): Figures {
  for (const [field, text] of Object.entries(hash)) {
    const count = Number(text);
    if (Number.isSafeInteger(count) && count > 0) addCount(figures, field, count);
  }
  return figures;
}

function addCount(figures: Figures, field: string, count: number): void {
  const name = COUNTS.find((one) => one === field);
  if (name) figures[name] += count;
  else if (field.startsWith(FAILED)) addError(figures.failed, field.slice(FAILED.length), count);
  else if (field.startsWith(PUT_BACK)) addError(figures.putBack, field.slice(PUT_BACK.length), count);
  else addTime(figures, field, count);
}

/** A code that the table has not (any more) is shown as what it would be answered as. */
function addError(errors: Partial<Record<ErrorCode, number>>, text: string, count: number): void {
  const code = Object.hasOwn(ERROR_CODES, text) ? (text as ErrorCode) : 'internal';
  errors[code] = (errors[code] ?? 0) + count;
}

function addTime(figures: Figures, field: string, count: number): void {
  const [name, part = ''] = field.split(':');
  const times = TIMES.find((one) => one === name);
  if (!times) return;
  if (part === 'ms') figures[times].ms += count;
  const bucket = Number(part) - 1;
  if (bucket in figures[times].counts) figures[times].counts[bucket] = (figures[times].counts[bucket] ?? 0) + count;
}

/** Adds some figures to others; answers the latter. */
export function addFigures(figures: Figures, more: Figures): Figures {
  for (const name of COUNTS) figures[name] += more[name];
  for (const name of ['failed', 'putBack'] as const) {
    for (const [code, count] of Object.entries(more[name])) addError(figures[name], code, count);
  }
  for (const name of TIMES) {
    figures[name].ms += more[name].ms;
    figures[name].counts = figures[name].counts.map((count, index) => count + (more[name].counts[index] ?? 0));
  }
  return figures;
}

/** How many there are of what is counted by error. */
export const sumOf = (errors: Partial<Record<ErrorCode, number>>): number => sum(Object.values(errors));

/** How many times were counted. */
export const countOf = ({ counts }: Times): number => sum(counts);

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/**
 * Estimates within what time that share of all was done (ms), as Prometheus does: evenly spread within a bucket. What is
 * beyond the last bound is that bound; null where nothing was counted.
 */
export function quantileMs(times: Times, share: number): number | null {
  const total = countOf(times);
  if (total === 0) return null;
  let below = 0;
  for (const [index, count] of times.counts.entries()) {
    const [from, to] = [BOUNDS_MS[index - 1] ?? 0, BOUNDS_MS[index]];
    if (to === undefined) break;
    if (count > 0 && below + count >= share * total) return from + ((to - from) * (share * total - below)) / count;
    below += count;
  }
  return BOUNDS_MS.at(-1) ?? null;
}
