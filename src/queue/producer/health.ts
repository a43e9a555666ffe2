import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { findUnsafeSettings } from '../../redis/connect.ts';
import { createLoop } from '../loop.ts';

const READ_MEMORY_EVERY_MS = 1000;
/** Above this share of maxmemory no job is accepted: what runs already still needs room to report. */
const FULL_SHARE = 0.8;

/** Whether Redis can take jobs and keep them, as it was when last looked at. */
export interface Health {
  /** Throws queue_unavailable (set up so that jobs could be lost) or queue_full (out of memory soon). */
  assertFit(): void;
  close(): void;
}

/** Reads Redis' settings each time it comes up, and its memory every second. */
export function watchHealth(redis: Redis, allowUnsafe: boolean, log: Log): Health {
  let unsafe: string[] = [];
  let full = false;

  const readSettings = async () => {
    unsafe = await findUnsafeSettings(redis).catch(() => []);
    if (unsafe.length > 0) log[allowUnsafe ? 'warn' : 'error']({ faults: unsafe }, 'Redis is not set up to keep jobs');
  };
  redis.on('ready', readSettings);
  if (redis.status === 'ready') void readSettings();

  const readMemory = async () => {
    if (redis.status !== 'ready') return;
    const was = full;
    full = await isNearlyFull(redis);
    if (full === was) return;
    log.warn(full ? 'Redis has used over 80 % of its memory: no job is accepted' : 'Redis has room again');
  };
  // A Redis that does not answer is as full as it was.
  const loop = createLoop({ everyMs: READ_MEMORY_EVERY_MS, run: readMemory, onError: () => {} });
  loop.start();

  return {
    assertFit() {
      if (full) {
        const message = 'The queue has nearly used up its memory. Nothing was accepted; try again later.';
        throw new AppError('queue_full', message, { retryAfterSeconds: 10 });
      }
      if (unsafe.length === 0 || allowUnsafe) return;
      const message = 'The queue is not set up to keep jobs safely; its operator has to mend that.';
      throw new AppError('queue_unavailable', message, { retryAfterSeconds: 60 });
    },
    close: loop.stop,
  };
}

async function isNearlyFull(redis: Redis): Promise<boolean> {
  const info = await redis.info('memory');
  const value = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const most = value('maxmemory');
  return most > 0 && value('used_memory') > FULL_SHARE * most;
}
