import { now } from '../../../src/clock.ts';
import { ownKey, type Redis } from '../../../src/redis/script.ts';

/** So many streams of a caller are offered, the newest, and for so long after the last mail. */
const MAX_STREAMS = 20;
const KEPT_MS = 180 * 86_400_000;
/** A stream is written down again after this. */
const NOTED_MS = 3_600_000;
const MAX_NOTED = 1000;

/** The streams that callers send, which a person can leave. */
export interface Streams {
  /** Writes down that a caller sends a stream. Never rejects: no mail waits for that. */
  note(caller: string, stream: string): Promise<void>;
  /** Lists the streams of a caller, by name. */
  list(caller: string): Promise<string[]>;
}

/** Opens them over any connection to Redis. */
export function createStreams(redis: Redis): Streams {
  const keyOf = (caller: string) => ownKey('emails', `streams:${caller}`);
  /** When this process has last written each down. */
  const noted = new Map<string, number>();
  return {
    async note(caller, stream) {
      const at = now();
      const name = `${caller}:${stream}`;
      if (at - (noted.get(name) ?? 0) < NOTED_MS) return;
      if (noted.size >= MAX_NOTED) noted.clear();
      noted.set(name, at);
      try {
        await redis.zadd(keyOf(caller), at, stream);
        await redis.zremrangebyrank(keyOf(caller), 0, -1 - MAX_STREAMS);
      } catch {
        // The next mail of the stream does it.
        noted.delete(name);
      }
    },
    list: async (caller) => (await redis.zrangebyscore(keyOf(caller), now() - KEPT_MS, '+inf')).sort(),
  };
}
