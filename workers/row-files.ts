import { Worker } from 'node:worker_threads';
import { AppError } from '../src/errors.ts';
import type { MakeRowFile, Table } from '../src/kinds/worker-deps.ts';

/** What the thread is asked for. */
export interface TableTask extends Table {
  /** Where the rows are written. */
  to: string;
}

type Said = { rows: number } | { fault: string };

const HEAP_MB = 512;

/** Makes what makes files of rows, in threads that end with their work, one after the other. */
export function createRowFiles(): MakeRowFile {
  let last: Promise<unknown> = Promise.resolve();
  return (table, to, signal) => {
    const made = last.then(() => inThread({ ...table, to }, signal));
    last = made.catch(() => {});
    return made;
  };
}

async function inThread(task: TableTask, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB };
  const thread = new Worker(new URL('./table-thread.ts', import.meta.url), { workerData: task, resourceLimits });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  thread.on('message', (said: Said) => {
    if ('rows' in said) resolve(said.rows);
    else reject(new AppError('source_unavailable', said.fault));
  });
  thread.on('error', (error: NodeJS.ErrnoException) => {
    const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    reject(isFull ? new AppError('source_unavailable', `Reading ${task.name} took too much memory.`) : error);
  });
  thread.on('exit', () => reject(new Error('the thread for tables ended')));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    await thread.terminate();
  }
}
