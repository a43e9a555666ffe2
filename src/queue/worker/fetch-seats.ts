import { AppError } from '../../errors.ts';

/** Runs of one worker that may fetch at once without a place, and how many of them may be one caller's. */
export const FETCHES = 8;
const FETCHES_OF_ONE = FETCHES / 2;
/** Who finds no room to fetch is put back for so long, and longer the more of its caller's were. */
const PUT_BACK_SECONDS = { first: 2, each: 0.1, last: 30 };

/** The runs of a worker that hold no place, since they fetch something. */
export interface FetchSeats {
  /** Enters a run. Throws slots_full when too many others fetch, or too many of its caller's. */
  take(id: string, caller: string): void;
  /** Takes a run out; does nothing for one that does not fetch. */
  give(id: string): void;
  /** How many there are. */
  count(): number;
}

/** Makes a worker's seats for runs that fetch. */
export function createFetchSeats(): FetchSeats {
  const callers = new Map<string, string>();
  /** How many runs of a caller found no seat since one of its runs left. */
  const turnedAway = new Map<string, number>();
  return {
    take(id, caller) {
      const own = [...callers.values()].filter((other) => other === caller).length;
      if (own < FETCHES_OF_ONE && callers.size < FETCHES) {
        callers.set(id, caller);
        return;
      }
      const before = turnedAway.get(caller) ?? 0;
      turnedAway.set(caller, before + 1);
      const { first, each, last } = PUT_BACK_SECONDS;
      // Spread, or those that came together would come back together.
      const retryAfterSeconds = Math.min(first + each * before, last) * (0.75 + Math.random() / 2);
      const message = 'Other jobs fetch their files; this one waits for its turn.';
      throw new AppError('slots_full', message, { retryAfterSeconds });
    },
    give(id) {
      const caller = callers.get(id);
      if (caller === undefined) return;
      callers.delete(id);
      turnedAway.delete(caller);
    },
    count: () => callers.size,
  };
}
