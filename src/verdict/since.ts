import { verdictSinceKey } from '../redis/keys.ts';
import type { Redis } from '../redis/script.ts';

/** What no process has seen for so long has gone. */
const FORGET_MS = 20_000;

/** Since when it is so, and when a process has seen it last (ms). */
interface Seen {
  at: number;
  seenAt: number;
}

/** Remembers since when something is so, over all web processes; in this one's memory while Redis takes nothing. */
export interface SinceStore {
  /** Notes what is so at that time, and what no longer is; resolves with since when. Never rejects. */
  note(names: readonly string[], at: number): Promise<Map<string, number>>;
}

/** Makes the store over a connection of `openProducerRedis`. */
export function createSinceStore(redis: Redis): SinceStore {
  let own = new Map<string, number>();

  const read = async (): Promise<Map<string, Seen>> => {
    const fields = Object.entries(await redis.hgetall(verdictSinceKey()));
    return new Map(fields.map(([name, text]) => [name, JSON.parse(text) as Seen]));
  };
  const write = async (known: ReadonlyMap<string, Seen>, at: number) => {
    const gone = [...known].filter(([name, { seenAt }]) => !own.has(name) && at - seenAt > FORGET_MS);
    const pipeline = redis.pipeline();
    for (const [name, since] of own) pipeline.hset(verdictSinceKey(), name, JSON.stringify({ at: since, seenAt: at }));
    if (gone.length > 0) pipeline.hdel(verdictSinceKey(), ...gone.map(([name]) => name));
    if (pipeline.length > 0) await pipeline.exec();
  };

  return {
    async note(names, at) {
      const known: Map<string, Seen> = redis.status === 'ready' ? await read().catch(() => new Map()) : new Map();
      // Seen a while ago is another time.
      const sinceOf = (name: string) => {
        const seen = known.get(name);
        const shared = seen && at - seen.seenAt <= FORGET_MS ? seen.at : at;
        return Math.min(own.get(name) ?? at, shared);
      };
      own = new Map(names.map((name) => [name, sinceOf(name)]));
      if (redis.status === 'ready') await write(known, at).catch(() => {});
      return own;
    },
  };
}
