import { AppError } from '../errors.ts';
import { classifyFetchError } from './fetch-error.ts';
import type { Limit } from './guarded-fetch.ts';

/** A limit that goes on while something moves, up to a longest time. */
export interface MovingLimit extends Limit {
  /** Tells that something has moved. */
  touch(): void;
  /** Ends the watch. */
  close(): void;
}

/** Makes a limit that begins now and ends when nothing has moved for `idleMs`, or after `mostMs`; the caller's signal ends it too. */
export function createMovingLimit(
  { idleMs, mostMs }: { idleMs: number; mostMs: number },
  signal: AbortSignal,
): MovingLimit {
  const over = new AbortController();
  const idle = setTimeout(() => over.abort(), idleMs);
  const longest = setTimeout(() => over.abort(), mostMs);
  return {
    signal: AbortSignal.any([signal, over.signal]),
    touch: () => void idle.refresh(),
    close() {
      clearTimeout(idle);
      clearTimeout(longest);
    },
    explain(thrown, host) {
      if (signal.aborted) return signal.reason as Error;
      if (!over.signal.aborted) return classifyFetchError(thrown, host);
      const sentence = `${host} took nothing for ${idleMs / 1000} seconds, or longer than ${mostMs / 60_000} minutes in all.`;
      return new AppError('source_unreachable', sentence, { cause: thrown });
    },
  };
}
