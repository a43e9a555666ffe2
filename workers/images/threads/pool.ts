import { Piscina } from 'piscina';
import type { ThreadWork } from './thread.ts';

/** Threads in which what callers sent is parsed, so that the process's own event loop stays free. */
export interface ThreadPool {
  /**
   * Has a thread do a piece of work. Rejects with the signal's reason when it aborts (the thread is ended at once), and
   * with what the work threw.
   */
  run<Name extends keyof ThreadWork>(
    name: Name,
    request: ThreadWork[Name]['request'],
    signal: AbortSignal,
  ): Promise<ThreadWork[Name]['answer']>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** libheif's memory never shrinks: a thread that had nothing to do for so long ends, and its memory with it. */
const IDLE_MS = 1000;
/** JavaScript's part of a thread; pixels lie outside it. */
const HEAP_MB = 64;

/** Makes a pool of at most `threads` threads, none of which runs yet. */
export function createThreadPool(threads: number): ThreadPool {
  const pool = new Piscina({
    filename: new URL('./thread.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: IDLE_MS,
    // Else a thread waits for its next task outside its event loop, and what ends there alone stays for as long as tasks come.
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  // The pool replaces a thread that dies while idle; without a listener its error would end the process.
  pool.on('error', () => {});
  return {
    async run(name, request, signal) {
      signal.throwIfAborted();
      try {
        return await pool.run(request, { name, signal });
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
    },
    close: () => pool.destroy(),
  };
}

/** Whether a thread ended because its JavaScript took too much memory. */
export const isOutOfHeap = (error: unknown): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
