import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { now } from '../clock.ts';
import { AppError } from '../errors.ts';
import { sessionsKey, usedLinkKey } from '../redis/keys.ts';

/** Sessions that one key has at a time; with one more, the oldest ends. */
export const MAX_SESSIONS = 200;
/** Sessions that a process remembers at most; the one that was looked at longest ago goes first. */
const MAX_REMEMBERED = 5000;

/** The sessions of all keys: those that are live are in Redis, and nothing of anybody who has none. */
export interface Sessions {
  /** Begins a session of that key's; answers its id. Rejects with queue_unavailable. */
  begin(name: string, lifeMs: number): Promise<string>;
  /** Whether the session is live. Rejects with queue_unavailable when that can't be said. */
  isLive(name: string, id: string): Promise<boolean>;
  /** Ends a session. Rejects with queue_unavailable. */
  end(name: string, id: string): Promise<void>;
  /** Uses up a link by its id; false when it was used before. Rejects with queue_unavailable. */
  useLink(id: string, lifeMs: number): Promise<boolean>;
}

/** A new id for a session or a link. */
export const randomTokenId = (): string => randomBytes(16).toString('base64url');

/** No sessions at all, for a keyring that only makes links. */
export const NO_SESSIONS: Sessions = {
  begin: () => Promise.reject(unavailable()),
  isLive: async () => false,
  end: async () => {},
  useLink: async () => false,
};

/** Opens the sessions over a connection of `openProducerRedis`. */
export function openSessions(redis: Redis): Sessions {
  /** The sessions that were live when they were last looked at, by key's name and id: the one looked at longest ago first. */
  const seen = new Set<string>();
  // Another Redis, or one that has lost its data, may know other sessions.
  redis.on('ready', () => seen.clear());

  const remember = (session: string) => {
    seen.delete(session);
    seen.add(session);
    const [oldest] = seen;
    if (seen.size > MAX_REMEMBERED && oldest !== undefined) seen.delete(oldest);
  };

  return {
    async begin(name, lifeMs) {
      const id = randomTokenId();
      const key = sessionsKey(name);
      const begun = redis
        .multi()
        .zadd(key, now() + lifeMs, id)
        .zremrangebyscore(key, '-inf', now())
        .zremrangebyrank(key, 0, -1 - MAX_SESSIONS)
        .pexpire(key, lifeMs);
      const answers = await begun.exec().catch(failUnavailable);
      for (const [fault] of answers ?? []) if (fault) failUnavailable(fault);
      remember(`${name} ${id}`);
      return id;
    },
    async isLive(name, id) {
      const session = `${name} ${id}`;
      // Asked each time: another process may have ended it.
      const until = await redis.zscore(sessionsKey(name), id).catch((cause) => {
        // While Redis is away nobody ends a session either.
        return seen.has(session) ? Number.POSITIVE_INFINITY : failUnavailable(cause);
      });
      const isLive = until !== null && Number(until) > now();
      if (isLive) remember(session);
      else seen.delete(session);
      return isLive;
    },
    async end(name, id) {
      seen.delete(`${name} ${id}`);
      await redis.zrem(sessionsKey(name), id).catch(failUnavailable);
    },
    async useLink(id, lifeMs) {
      return (await redis.set(usedLinkKey(id), 1, 'PX', lifeMs, 'NX').catch(failUnavailable)) === 'OK';
    },
  };
}

const unavailable = (cause?: unknown): AppError =>
  new AppError('queue_unavailable', 'Sessions can not be looked up at the moment. Try again in a moment.', {
    cause,
    retryAfterSeconds: 1,
  });

function failUnavailable(cause: unknown): never {
  throw unavailable(cause);
}
