/** Less than that is not counted: small images never wait for large ones. */
const SMALL_BYTES = 30_000_000;
/** So much is left for images of middle size beside the largest one. */
const SPARE_BYTES = 70_000_000;

/** The native memory that the images of one worker process may take together. */
export interface MemoryBudget {
  /**
   * Waits until there is room for so many bytes beside what was taken before, in the order in which it was asked for.
   * Returns the function that gives them back. Rejects with the signal's reason when that aborts.
   */
  take(bytes: number, signal: AbortSignal): Promise<() => void>;
}

interface Waiting {
  bytes: number;
  begin: () => void;
}

/** Makes the budget: room for the largest image that is taken, and a few smaller ones. */
export function createMemoryBudget(largestBytes: number): MemoryBudget {
  const totalBytes = largestBytes + SPARE_BYTES;
  const waiting: Waiting[] = [];
  let taken = 0;
  const admit = () => {
    for (let next = waiting[0]; next && taken + next.bytes <= totalBytes; next = waiting[0]) {
      waiting.shift();
      taken += next.bytes;
      next.begin();
    }
  };
  return {
    async take(asked, signal) {
      signal.throwIfAborted();
      if (asked < SMALL_BYTES) return () => {};
      const bytes = Math.min(asked, largestBytes);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const entry: Waiting = { bytes, begin: resolve };
      const leave = () => {
        const place = waiting.indexOf(entry);
        if (place < 0) return;
        waiting.splice(place, 1);
        admit();
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      waiting.push(entry);
      admit();
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', leave);
      }
      return () => {
        taken -= bytes;
        admit();
      };
    },
  };
}
