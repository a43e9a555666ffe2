import { once } from 'node:events';
import type { Config } from '../../src/config/platform.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { openWorkerRedis, type Redis } from '../../src/redis/connect.ts';
import { CommandError } from './context.ts';

/** A Redis that is away is reported at once; one that is there but busy gets this long. */
const ANSWER_MS = 10_000;

/**
 * Connects to Redis, calls `use` and disconnects. Rejects with CommandError when Redis is away, gives no answer in
 * time, or answers with an error of its own.
 */
export async function withRedis<T>(config: Config, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = openWorkerRedis(config, createLog('silent', 'cli'));
  let isAsked = false;
  const deadline = AbortSignal.timeout(ANSWER_MS);
  deadline.addEventListener('abort', () => {
    // What waits for an answer then fails; a frozen Redis would not take part in an orderly end.
    redis.disconnect();
    redis.stream?.destroy();
  });
  try {
    await once(redis, 'ready', { signal: deadline }).catch((error: Error) => {
      if (deadline.aborted) throw error;
      throw new CommandError(`Redis can not be reached (${error.message}); is Heavylift running?`);
    });
    isAsked = true;
    return await use(redis);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (deadline.aborted) {
      const outcome = isAsked ? ': what was asked for may have been done or not. Look, then ask again' : '';
      throw new CommandError(`Redis gave no answer in ${ANSWER_MS / 1000} s${outcome}`);
    }
    if (error instanceof AppError) throw new CommandError(error.message);
    throw new CommandError(`Redis did not answer as it should: ${(error as Error).message}`);
  } finally {
    redis.disconnect();
  }
}
