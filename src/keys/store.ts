import type { Redis } from 'ioredis';
import { z } from 'zod';
import { apiKeysKey } from '../redis/keys.ts';

/** At most so many requests in a window of so many seconds. */
export interface Rate {
  requests: number;
  seconds: number;
}

/** What a key may hold at a time, over all kinds; what is absent has its default. */
export interface Holdings {
  /** Jobs that wait or are delayed. */
  maxWaiting?: number;
  /** Bytes of their inputs, in Redis and storage. */
  maxWaitingBytes?: number;
  /** Bytes in storage: uploads, inputs and results. */
  maxStored?: number;
  /** Jobs that run at a time; absent: any number. */
  maxRunning?: number;
  /** Its share of the turns beside other keys; absent: 1. */
  weight?: number;
}

/** A key as Redis keeps it: never its text, only the SHA-256 of it (hex). Times are ISO 8601. */
export interface StoredKey extends Holdings {
  name: string;
  digest: string;
  scopes: string[];
  /** Null: no limit. */
  rate: Rate | null;
  /** Domains and addresses that it may send mail from; absent: any. */
  senders?: string[];
  /** The brand of its jobs that name none; absent: they have none. */
  brand?: string;
  createdAt: string;
  lastUsedAt: string | null;
}

/** The keys that all processes of a deployment share. Rejects with Redis' own error when it is away. */
export interface KeyStore {
  /** False when the name is taken; then nothing was changed. */
  add(key: StoredKey): Promise<boolean>;
  /** Gives a key the brand of its jobs that name none, or takes it (null); false when there is no key of that name. */
  setBrand(name: string, brand: string | null): Promise<boolean>;
  /** False when there is no key of that name. */
  remove(name: string): Promise<boolean>;
  /** The key of that name; null when there is none. */
  find(name: string): Promise<StoredKey | null>;
  /** All keys, by name. */
  list(): Promise<StoredKey[]>;
  noteUse(name: string, at: Date): Promise<void>;
}

/** More keys than this are not made: every web process reads all of them every other second. */
export const MAX_KEYS = 1000;

/** In one hash: a key's facts as JSON below its name, and its last use below `<name>:used` (a name has no colon). */
const usedField = (name: string): string => `${name}:used`;

const facts = z.object({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.string()),
  rate: z.object({ requests: z.int().positive(), seconds: z.int().positive() }).nullable(),
  senders: z.array(z.string()).exactOptional(),
  brand: z.string().exactOptional(),
  maxWaiting: z.int().nonnegative().exactOptional(),
  maxWaitingBytes: z.int().nonnegative().exactOptional(),
  maxStored: z.int().nonnegative().exactOptional(),
  maxRunning: z.int().positive().exactOptional(),
  weight: z.number().positive().exactOptional(),
  createdAt: z.string(),
});

/** A use that is written late must not outlive its key. Keys: the hash; arguments: name, used field, time. */
const NOTE_USE = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[2], ARGV[3]) end`;

/** Changes a key unless it was changed meanwhile. Keys: the hash; arguments: name, the facts as they were, as they are to be. */
const CHANGE = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

/** Gives a key a brand, or takes it; all else that is kept of it stays, also what a later version wrote. */
async function setBrand(redis: Redis, name: string, brand: string | null): Promise<boolean> {
  for (;;) {
    const text = await redis.hget(apiKeysKey(), name);
    if (text === null) return false;
    const { brand: _former, ...rest } = JSON.parse(text) as object & { brand?: string };
    const changed = JSON.stringify(brand === null ? rest : { ...rest, brand });
    if ((await redis.eval(CHANGE, 1, apiKeysKey(), name, text, changed)) === 1) return true;
  }
}

/** The key store over any connection to Redis. */
export function createKeyStore(redis: Redis): KeyStore {
  const all = apiKeysKey();
  return {
    add: async ({ name, ...key }) => (await redis.hsetnx(all, name, JSON.stringify(facts.parse(key)))) === 1,
    setBrand: (name, brand) => setBrand(redis, name, brand),
    async remove(name) {
      const removed = await redis.hdel(all, name);
      await redis.hdel(all, usedField(name));
      return removed === 1;
    },
    async find(name) {
      const [facts = null, used = null] = await redis.hmget(all, name, usedField(name));
      const fields = {
        ...(facts === null ? {} : { [name]: facts }),
        ...(used === null ? {} : { [usedField(name)]: used }),
      };
      return readKey(name, fields)[0] ?? null;
    },
    async list() {
      const fields = await redis.hgetall(all);
      return Object.keys(fields)
        .filter((name) => !name.includes(':'))
        .toSorted()
        .flatMap((name) => readKey(name, fields));
    },
    noteUse: async (name, at) => void (await redis.eval(NOTE_USE, 1, all, name, usedField(name), at.toISOString())),
  };
}

/** Reads a key's facts; an entry that can not be read (a later version wrote it) is left out. */
function readKey(name: string, fields: Record<string, string>): StoredKey[] {
  try {
    return [{ name, ...facts.parse(JSON.parse(fields[name] ?? '')), lastUsedAt: fields[usedField(name)] ?? null }];
  } catch {
    return [];
  }
}
