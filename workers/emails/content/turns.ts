/** Places that callers take in turns; no caller has two of them, so that one who is slow holds up nobody else. */
export interface Turns<Place> {
  /**
   * Resolves with a place when it is the caller's turn; null when that takes longer than `patienceMs`. Rejects with the
   * signal's reason when it aborts.
   */
  take(caller: string, patienceMs: number, signal: AbortSignal): Promise<Place | null>;
  /** Gives a place back, to the caller whose last turn is longest ago. */
  release(caller: string, place: Place): void;
}

/** Makes turns for places that are all free. */
export function createTurns<Place>(places: readonly Place[]): Turns<Place> {
  const free = [...places];
  const holders = new Set<string>();
  /** When each caller had its last turn: a number that grows. Those who never had one come first. */
  const turns = new Map<string, number>();
  let turn = 0;
  /** Those who wait, by caller. */
  const lines = new Map<string, ((place: Place) => void)[]>();

  const leave = (caller: string, waiter: (place: Place) => void) => {
    const line = lines.get(caller)?.filter((one) => one !== waiter) ?? [];
    if (line.length > 0) lines.set(caller, line);
    else lines.delete(caller);
  };
  const callNext = () => {
    const waiting = [...lines].filter(([caller]) => !holders.has(caller));
    const [next] = waiting.toSorted(([a], [b]) => (turns.get(a) ?? 0) - (turns.get(b) ?? 0));
    const [caller, [waiter]] = next ?? ['', []];
    if (!waiter || free.length === 0) return;
    leave(caller, waiter);
    holders.add(caller);
    turn += 1;
    turns.set(caller, turn);
    waiter(free.shift() as Place);
    callNext();
  };

  return {
    async take(caller, patienceMs, signal) {
      signal.throwIfAborted();
      const given = Promise.withResolvers<Place | null>();
      const waiter = (place: Place) => given.resolve(place);
      const giveUp = () => {
        leave(caller, waiter);
        given.resolve(null);
      };
      const stop = () => {
        leave(caller, waiter);
        given.reject(signal.reason);
      };
      const timer = setTimeout(giveUp, patienceMs);
      signal.addEventListener('abort', stop, { once: true });
      lines.set(caller, [...(lines.get(caller) ?? []), waiter]);
      callNext();
      try {
        return await given.promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
      }
    },
    release(caller, place) {
      holders.delete(caller);
      free.push(place);
      callNext();
      if (holders.size === 0) turns.clear();
    },
  };
}
