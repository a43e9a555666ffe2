import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { now } from '../../clock.ts';
import { workerKey, workersKey } from '../../redis/keys.ts';
import type { WorkerFacts } from '../counts.ts';
import { createLoop } from '../loop.ts';

const BEAT_EVERY_MS = 1000;
/** How long a worker counts as alive after its last heartbeat. */
const ALIVE_MS = 5000;
/** An entry of the workers' set this old belongs to a worker that is long gone. */
const FORGET_MS = 60_000;
/** A Redis that is away must not keep a worker from ending. */
const REMOVE_WITHIN_MS = 500;

export interface HeartbeatOptions {
  redis: Redis;
  kind: string;
  workerId: string;
  /** The worker as it is now. */
  facts: () => WorkerFacts;
  onError: (error: unknown) => void;
}

/** Writes every second that a worker is alive, and its facts. */
export interface Heartbeat {
  start(): void;
  /** Stops, and takes the worker out of the list of the living at once. */
  stop(): Promise<void>;
}

export function createHeartbeat({ redis, kind, workerId, facts, onError }: HeartbeatOptions): Heartbeat {
  const [key, allKey] = [workerKey(kind, workerId), workersKey(kind)];
  const beat = () =>
    redis
      .pipeline()
      .set(key, JSON.stringify(facts()), 'PX', ALIVE_MS)
      .zadd(allKey, now(), workerId)
      .zremrangebyscore(allKey, 0, now() - FORGET_MS)
      .exec();
  const loop = createLoop({ everyMs: BEAT_EVERY_MS, run: beat, onError });
  return {
    start: loop.start,
    async stop() {
      loop.stop();
      const removed = redis.pipeline().del(key).zrem(allKey, workerId).exec().catch(onError);
      await Promise.race([removed, delay(REMOVE_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}

/** Whether that worker's heart beats now. After an outage even the living need a moment for the next beat. */
export async function isWorkerAlive(redis: Redis, kind: string, workerId: string): Promise<boolean> {
  const before = await redis.zscore(workersKey(kind), workerId);
  await delay(1.5 * BEAT_EVERY_MS);
  return (await redis.zscore(workersKey(kind), workerId)) !== before;
}
