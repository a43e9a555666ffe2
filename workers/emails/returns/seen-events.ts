import { createHash } from 'node:crypto';
import { now } from '../../../src/clock.ts';
import { ownKey, type Redis } from '../../../src/redis/script.ts';

/** So many of the newest are remembered, at about 100 bytes of Redis each. */
const MOST_EVENTS = 100_000;

/** The events that counted already, by their ids: whoever sends one again is heard once. */
export interface SeenEvents {
  isSeen(id: string): Promise<boolean>;
  mark(id: string): Promise<void>;
}

/** Opens the memory of events over any connection to Redis. */
export function createSeenEvents(redis: Redis): SeenEvents {
  const key = () => ownKey('emails', 'mail-events:seen');
  const nameOf = (id: string) => createHash('sha256').update(id).digest('base64url').slice(0, 22);
  return {
    isSeen: async (id) => (await redis.zscore(key(), nameOf(id))) !== null,
    async mark(id) {
      await redis.zadd(key(), now(), nameOf(id));
      await redis.zremrangebyrank(key(), 0, -MOST_EVENTS - 1);
    },
  };
}
