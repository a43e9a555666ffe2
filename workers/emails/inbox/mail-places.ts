import { createScript, NOW, ownKey, type Redis } from '../../../src/redis/script.ts';
import { type MailPlace, parseMailId } from './inbox-mail.ts';

/** A part of the inbox by time (ms), without its ends. */
export interface TimeRange {
  /** Only what came after this. */
  after?: number | undefined;
  /** Only what came before this. */
  before?: number | undefined;
  limit: number;
}

/** The order of the inbox, in Redis. */
export interface MailPlaces {
  /** Gives a mail its place behind all others. */
  add(mail: Omit<MailPlace, 'at'>): Promise<MailPlace>;
  /** The newest places of that range, the newest first. */
  newest(range: TimeRange): Promise<MailPlace[]>;
  /** All places, the oldest first. */
  all(): Promise<MailPlace[]>;
  /** Finds the place of the mail of that id; null when there is none. */
  find(id: string): Promise<MailPlace | null>;
  remove(place: MailPlace): Promise<void>;
}

/**
 * Gives a mail its place: behind all others, at a time that no other has, so that an id tells which came later.
 * KEYS: 1 the places by time. ARGV: 1 the place's text. Returns the time (ms).
 */
const addScript = createScript(
  'heavyliftInboxAdd',
  1,
  `${NOW}
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
local at = math.max(now, last and last + 1 or 0)
redis.call('ZADD', KEYS[1], at, ARGV[1])
return string.format('%.0f', at)`,
);

const writePlace = ({ job, nonce, bytes }: Omit<MailPlace, 'at'>): string => `${job} ${nonce} ${bytes}`;

/** Reads places as Redis lists them: a text and a time in turns. */
const readPlaces = (listed: readonly string[]): MailPlace[] =>
  listed.flatMap((text, index) => {
    if (index % 2 === 1) return [];
    const [job = '', nonce = '', bytes = ''] = text.split(' ');
    return [{ job, nonce, bytes: Number(bytes), at: Number(listed[index + 1]) }];
  });

/** Opens the order of the inbox over any connection to Redis. */
export function createMailPlaces(redis: Redis): MailPlaces {
  const key = ownKey('emails', 'inbox');
  return {
    add: async (mail) => ({ ...mail, at: Number(await addScript(redis, [key], [writePlace(mail)])) }),
    async newest({ after, before, limit }) {
      const to = before === undefined ? '+inf' : `(${before}`;
      const from = after === undefined ? '-inf' : `(${after}`;
      return readPlaces(await redis.zrevrangebyscore(key, to, from, 'WITHSCORES', 'LIMIT', 0, limit));
    },
    all: async () => readPlaces(await redis.zrange(key, 0, -1, 'WITHSCORES')),
    async find(id) {
      const known = parseMailId(id);
      if (!known) return null;
      const places = readPlaces(await redis.zrangebyscore(key, known.at, known.at, 'WITHSCORES'));
      return places.find(({ nonce }) => nonce === known.nonce) ?? null;
    },
    remove: async (place) => void (await redis.zrem(key, writePlace(place))),
  };
}
