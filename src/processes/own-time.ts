import { stat } from 'node:fs';
import { parse } from 'node:path';

const TICK_MS = 50;
/** A tick that comes late counts for so much at most: this process was away meanwhile. */
const TICK_COUNTS_MS = 2 * TICK_MS;
/** However little of it was its own, nobody waits for longer than so many times the limit. */
const MOST_TIMES = 3;
/** Known to every kernel without its disk. */
const ROOT = parse(process.cwd()).root;

/** What is said of what did not end in time. */
export class NoAnswer extends Error {
  /** What a disk without an answer would say itself, if it could. */
  readonly code = 'EIO';
  constructor() {
    super('no answer');
  }
}

export interface OwnTimeOptions {
  /** Whether the work is done by the threads that do the work of files: time in which none of them is free is not counted. */
  byThreads?: boolean;
}

/**
 * Awaits work for so many ms of the time in which this process could go on with it: on a machine that is starved a limit can be over
 * when work of several steps has had none of its turns. Rejects with what the work rejects with, and with NoAnswer when the time is
 * over, or three times as much by the clock.
 */
export async function withinOwnTime<T>(
  work: Promise<T>,
  limitMs: number,
  { byThreads = false }: OwnTimeOptions = {},
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const begunAt = performance.now();
  let [counted, tickedAt] = [0, begunAt];
  let isThreadFree = true;
  const askThreads = () => {
    if (!byThreads || !isThreadFree) return;
    isThreadFree = false;
    stat(ROOT, () => {
      isThreadFree = true;
    });
  };
  const timer = setInterval(() => {
    const now = performance.now();
    if (isThreadFree) counted += Math.min(now - tickedAt, TICK_COUNTS_MS);
    tickedAt = now;
    if (counted >= limitMs || now - begunAt >= MOST_TIMES * limitMs) late.reject(new NoAnswer());
    askThreads();
  }, TICK_MS);
  timer.unref();
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearInterval(timer);
  }
}
