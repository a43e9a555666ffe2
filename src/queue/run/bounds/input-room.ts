import { AppError } from '../../../errors.ts';

/** Inputs are in memory several times: as bytes, as text, as what was read of it, as what is made of that. */
const ROOM_BYTES = 20_000_000;
/** Any number of inputs that are no larger find room. */
const SMALL_BYTES = 100_000;
/** So long a run waits for room in its place in the worker; then its job makes room for others and comes back. */
const PATIENCE_MS = 1000;
const COME_BACK_SECONDS = { least: 1, most: 4 };

/** Bounds what the inputs of all runs of a process take together. */
export interface InputRoom {
  /**
   * Resolves when there is room for an input of so many bytes, with what gives it back; one that is larger than all the
   * room has it alone. Rejects with slots_full when that takes long, and with the signal's reason when it aborts.
   */
  enter(bytes: number, signal: AbortSignal): Promise<() => void>;
}

function comeBackLater(): AppError {
  const { least, most } = COME_BACK_SECONDS;
  return new AppError('slots_full', 'Other jobs with large inputs run; this one waits for its turn.', {
    retryAfterSeconds: least + Math.random() * (most - least),
  });
}

/** Makes room for inputs of `roomBytes` together. */
export function createInputRoom(roomBytes = ROOM_BYTES, patienceMs = PATIENCE_MS): InputRoom {
  let taken = 0;
  const waiting: { bytes: number; enter: () => void }[] = [];
  const callNext = () => {
    const [next] = waiting;
    if (!next || (taken > 0 && taken + next.bytes > roomBytes)) return;
    waiting.shift();
    taken += next.bytes;
    next.enter();
    callNext();
  };
  return {
    async enter(bytes, signal) {
      signal.throwIfAborted();
      if (bytes <= SMALL_BYTES) return () => {};
      const entered = Promise.withResolvers<void>();
      const waiter = { bytes, enter: entered.resolve };
      const leaveLine = (reason: unknown) => {
        const at = waiting.indexOf(waiter);
        if (at >= 0) waiting.splice(at, 1);
        entered.reject(reason);
        callNext();
      };
      const stop = () => leaveLine(signal.reason);
      const timer = setTimeout(() => leaveLine(comeBackLater()), patienceMs);
      signal.addEventListener('abort', stop, { once: true });
      waiting.push(waiter);
      callNext();
      try {
        await entered.promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
      }
      return () => {
        taken -= bytes;
        callNext();
      };
    },
  };
}

/** The room of this process: its kinds share it, as they share its memory. */
export const inputRoom = createInputRoom();
