import { setTimeout as delay } from 'node:timers/promises';

/** A step that is repeated until the loop is stopped. */
export interface Loop {
  /** Runs the step at once, and again `everyMs` after each of its ends. */
  start(): void;
  /** Ends the loop; a step under way sees its signal abort. */
  stop(): void;
}

export interface LoopOptions {
  everyMs: number;
  run: (signal: AbortSignal) => Promise<unknown>;
  /** Called with what a step threw; the next one comes all the same. */
  onError: (error: unknown) => void;
}

/** Makes a loop for background work: it runs once at a time, outlives its errors, and keeps no process alive. */
export function createLoop({ everyMs, run, onError }: LoopOptions): Loop {
  const stopped = new AbortController();
  const { signal } = stopped;

  const attempt = async () => {
    try {
      await run(signal);
    } catch (error) {
      onError(error);
    }
  };

  const repeat = async () => {
    while (!signal.aborted) {
      await attempt();
      // Stopped in the pause: the loop ends with the check above.
      await delay(everyMs, undefined, { signal, ref: false }).catch(() => {});
    }
  };

  return { start: () => void repeat(), stop: () => stopped.abort() };
}
