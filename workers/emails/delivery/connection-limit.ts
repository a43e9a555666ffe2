/** A relay that wanted fewer connections is tried with one more after this. */
const RAISE_AFTER_MS = 60_000;

/** Lets as many mails at a time to the relay as it has connections for, which it tells by refusing more. */
export interface ConnectionLimit {
  /** Waits for a turn; resolves with what ends it. Rejects with the signal's reason when that aborts before. */
  acquire(signal: () => AbortSignal): Promise<() => void>;
  /**
   * Notes that the relay refused a connection, whose turn has ended, as one too many: there is one fewer now. False where no
   * other has a turn, so that fewer would not help.
   */
  lower(): boolean;
}

/** Makes the limit of a process, `most` at first; `clock` counts milliseconds and only goes forward. */
export function createConnectionLimit(most: number, clock: () => number = () => performance.now()): ConnectionLimit {
  let limit = most;
  let inUse = 0;
  let changedAt = 0;
  const waiting = new Set<() => void>();

  const admit = () => {
    if (limit < most && clock() - changedAt >= RAISE_AFTER_MS) {
      limit += 1;
      changedAt = clock();
    }
    for (const enter of waiting) {
      if (inUse >= limit) return;
      waiting.delete(enter);
      inUse += 1;
      enter();
    }
  };
  const release = () => {
    inUse -= 1;
    admit();
  };

  return {
    async acquire(signalOf) {
      if (inUse < limit && waiting.size === 0) {
        inUse += 1;
        return release;
      }
      const signal = signalOf();
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const enter = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const leave = () => {
          waiting.delete(enter);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', leave, { once: true });
        waiting.add(enter);
        admit();
      });
      return release;
    },
    lower() {
      if (inUse === 0) return false;
      limit = Math.max(1, Math.min(limit - 1, inUse));
      changedAt = clock();
      return true;
    },
  };
}
