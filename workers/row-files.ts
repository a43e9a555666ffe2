import { Worker } from 'node:worker_threads';
import { AppError } from '../src/errors.ts';
import type { MakeRowFile, RowFileWatch, Table } from '../src/kinds/worker-deps.ts';

/** What the thread is asked for. */
export interface TableTask extends Table {
  /** Where the rows are written. */
  to: string;
}

type Said = { rows: number } | { fault: string } | { bytes: number };

const HEAP_MB = 512;

/** Makes what makes files of rows, in threads that end with their work, one after the other. */
export function createRowFiles(): MakeRowFile {
  let last: Promise<unknown> = Promise.resolve();
  return (table, to, watch) => {
    const made = last.then(() => inThread({ ...table, to }, watch));
    last = made.catch(() => {});
    return made;
  };
}

async function inThread(task: TableTask, { signal, onBytes }: RowFileWatch): Promise<number> {
  signal.throwIfAborted();
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB };
  const thread = new Worker(new URL('./table-thread.ts', import.meta.url), { workerData: task, resourceLimits });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  // One after the other: what was counted last is what counts.
  let counting = Promise.resolve();
  const count = (bytes: number) => {
    counting = counting.then(() => (signal.aborted ? undefined : onBytes(bytes)));
    counting.catch(reject);
  };
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  thread.on('message', (said: Said) => {
    if ('bytes' in said) count(said.bytes);
    else if ('rows' in said) counting.then(() => resolve(said.rows), reject);
    else reject(new AppError('source_unavailable', said.fault));
  });
  thread.on('error', (error: NodeJS.ErrnoException) => {
    const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    reject(isFull ? new AppError('source_unavailable', `Reading ${task.name} took too much memory.`) : error);
  });
  const ended = new Error('the thread for tables ended');
  thread.on('exit', () => counting.then(() => reject(ended), reject));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    await Promise.all([thread.terminate(), counting.catch(() => {})]);
  }
}
