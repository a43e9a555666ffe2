import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { AppError } from '../../../src/errors.ts';
import type { RenderProgress } from './progress.ts';
import type { DrawnReport, RenderAnswer, RenderRequest, RenderTask } from './thread.ts';

/** Threads that draw reports, so that the process's own event loop stays free. */
export interface RenderPool {
  /**
   * Draws a report into the task's file. Rejects with the signal's reason when it aborts (the thread is ended at once;
   * half a file may be left), and with report_failed for a picture that is damaged, data that can't be read, a report
   * that is too long or needs too much memory.
   */
  render(task: RenderTask, options: RenderOptions): Promise<DrawnReport>;
  /** Ends the threads. Reports that are being drawn, and any asked for later, reject with `interrupted`. */
  close(): Promise<void>;
}

export interface RenderOptions {
  signal: AbortSignal;
  onProgress(progress: RenderProgress): void;
}

/** A report needs less than 60 MB, however many rows its files have; the largest request that has them inside, 150. */
const DEFAULT_MEMORY_MB = 256;
/** Room for what is used once and forgotten, such as a row of a table: with more, 100 MB lie idle. */
const YOUNG_MEMORY_MB = 24;

/** Too little memory is the report's fault and stays so; anything else is a bug, and thrown as it is. */
function toReportError(error: unknown): unknown {
  if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  const message = 'Drawing the report took too much memory: split its data into several reports.';
  return new AppError('report_failed', message, { cause: error });
}

/** A thread that had nothing to draw for so long ends: it takes 60 MB, and the next report waits a moment for another. */
const IDLE_MS = 60_000;

/** Makes a pool of at most `threads` threads, none of which runs yet; each may take `memoryMb` megabytes of JavaScript heap. */
export function createRenderPool(threads: number, memoryMb = DEFAULT_MEMORY_MB, idleMs = IDLE_MS): RenderPool {
  const pool = new Piscina<RenderRequest, RenderAnswer>({
    filename: new URL('./thread.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idleMs,
    // Else a thread waits for its next task outside its event loop, and what ends there alone stays for as long as tasks come.
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: YOUNG_MEMORY_MB },
  });
  // A thread that dies while idle is replaced by the pool; without a listener its error would end the process.
  pool.on('error', () => {});
  // Any number of reports may wait for a thread, each with a listener.
  pool.setMaxListeners(0);
  // The pool itself would start threads again for what is asked of it after its end.
  const closing = new AbortController();
  return {
    async render(task, { signal, onProgress }) {
      const { port1, port2 } = new MessageChannel();
      // A thread that dies as it starts takes no report along: those that wait for it would wait for ever.
      const death = new AbortController();
      const onDeath = (cause: unknown) => death.abort(cause);
      pool.on('error', onDeath);
      port1.on('message', onProgress);
      try {
        const options = { signal: AbortSignal.any([signal, closing.signal, death.signal]), transferList: [port2] };
        const answer = await pool.run({ ...task, port: port2 }, options);
        if ('refused' in answer) throw new AppError('report_failed', answer.refused);
        return answer.report;
      } catch (error) {
        signal.throwIfAborted();
        closing.signal.throwIfAborted();
        throw toReportError(death.signal.aborted ? death.signal.reason : error);
      } finally {
        pool.off('error', onDeath);
        port1.close();
      }
    },
    close() {
      closing.abort(new AppError('interrupted', 'The worker is stopping; the report is drawn by the next one.'));
      return pool.destroy();
    },
  };
}
