import type { StoredFile } from '../jobs/files/stored-file.ts';
import { ownKey, type Redis } from '../redis/script.ts';
import { derivedKey } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { dropDerivedScript, keepDerivedScript, useDerivedScript } from './scripts/derived.ts';

/** So many make way for one that comes, at most; the next one goes on. */
const MOST_GOING = 200;
/** A use is noted so often. */
const NOTE_EVERY_MS = 60_000;
/** What has a record for so long, and no bytes yet, is given up: whoever was to bring them has died. */
const PENDING_MS = 120_000;

/** A file that a signed address leads to: kept by its last use, whatever becomes of the job that made it. */
export interface DerivedFile extends StoredFile {
  caller: string;
  /** The job whose file it was made of; null where that was elsewhere. */
  source: string | null;
}

/** The files that signed addresses lead to. */
export interface DerivedFiles {
  /** Notes that the job of that id makes something of another's file: it is erased with that one, whatever is kept of it. */
  note(id: string, source: string): Promise<void>;
  /** Finds the file of that id, and notes that it is used; null when there is none. */
  find(id: string): Promise<DerivedFile | null>;
  /** Keeps a job's file under that id; those used longest ago of the caller who has most make way for it. */
  keep(id: string, file: DerivedFile): Promise<void>;
  /** Removes the file of that id; nothing there is fine. */
  drop(id: string): Promise<void>;
}

const sumsKey = (kind: string): string => ownKey(kind, 'derived:bytes');
const usesKey = (kind: string, caller: string): string => ownKey(kind, `derived:of:${caller}`);
const fromKey = (kind: string, job: string): string => ownKey(kind, `derived:from:${job}`);
const recordKey = (kind: string, id: string): string => ownKey(kind, `derived:file:${id}`);

const keysOf = (kind: string, id: string, { caller, source }: Pick<DerivedFile, 'caller' | 'source'>): string[] => [
  recordKey(kind, id),
  usesKey(kind, caller),
  sumsKey(kind),
  fromKey(kind, source ?? ''),
];

export interface DerivedDeps {
  redis: Redis;
  storage: Pick<Storage, 'link' | 'remove'>;
  /** All of them together take no more. */
  maxBytes: number;
  /** The time (ms). */
  now(): number;
}

/** Opens the files that signed addresses lead to: their records in Redis, over all processes, the bytes in storage. */
export function createDerivedFiles({ redis, storage, maxBytes, now }: DerivedDeps): DerivedFiles {
  const kind = DERIVING_KIND;
  const drop = (id: string) => dropDerived(redis, storage, kind, id);
  /** A caller's own old files go first, where it has most: nobody's addresses throw out those of others. */
  const makeRoom = async () => {
    for (let going = 0; going < MOST_GOING; going += 1) {
      const sums = Object.entries(await redis.hgetall(sumsKey(kind))).map(([caller, sum]) => ({
        caller,
        sum: Number(sum),
      }));
      const total = sums.reduce((all, { sum }) => all + sum, 0);
      const [most] = sums.sort((a, b) => b.sum - a.sum);
      if (total <= maxBytes || !most) return;
      const [oldest] = await redis.zrange(usesKey(kind, most.caller), 0, 0);
      if (oldest === undefined) {
        await redis.hdel(sumsKey(kind), most.caller);
        continue;
      }
      await drop(oldest);
    }
  };
  return {
    async note(id, source) {
      await redis.sadd(fromKey(kind, source), id);
    },
    async find(id) {
      const { usedAt, pending, ...fields } = await redis.hgetall(recordKey(kind, id));
      if (fields['key'] === undefined) return null;
      if (pending !== undefined) {
        if (now() - Number(usedAt) > PENDING_MS) await drop(id);
        return null;
      }
      const file = readRecord(fields);
      const at = now();
      if (at - Number(usedAt ?? 0) > NOTE_EVERY_MS) {
        await useDerivedScript(redis, [recordKey(kind, id), usesKey(kind, file.caller)], [id, at]);
      }
      return file;
    },
    async keep(id, { caller, source, ...file }) {
      if (file.bytes > maxBytes) return;
      const key = derivedKey(id);
      const { name, type, bytes, sha256 } = file;
      const record = Object.entries({
        key,
        name,
        type,
        bytes,
        sha256,
        caller,
        source: source ?? '',
        usedAt: now(),
        pending: 1,
      });
      const args = [id, caller, bytes, now(), source === null ? 0 : 1, ...record.flat()];
      if ((await keepDerivedScript(redis, keysOf(kind, id, { caller, source }), args)) === 0) return;
      try {
        await storage.link(file.key, key);
        // Dropped meanwhile, as with its source: its bytes go too.
        if ((await redis.hdel(recordKey(kind, id), 'pending')) === 0) await storage.remove(key);
      } catch (error) {
        await drop(id);
        throw error;
      }
      await makeRoom();
    },
    drop,
  };
}

const readRecord = (fields: Record<string, string>): DerivedFile => {
  const { key = '', name = '', type = '', bytes, sha256 = '', caller = '', source } = fields;
  return { key, name, type, bytes: Number(bytes), sha256, caller, source: source || null };
};

async function dropDerived(redis: Redis, storage: Pick<Storage, 'remove'>, kind: string, id: string): Promise<void> {
  const fields = await redis.hgetall(recordKey(kind, id));
  if (fields['key'] === undefined) return;
  const { key, caller, source } = readRecord(fields);
  await storage.remove(key);
  await dropDerivedScript(redis, keysOf(kind, id, { caller, source }).slice(0, 3), [id, caller]);
}

/**
 * Removes what was derived of a job's files, whenever the job goes; and, where it was erased by somebody (`isErased`), what it
 * was derived as itself. Answers the ids of what was derived of it: of the jobs that make
 * or have made that.
 */
export async function dropDerivedOf(
  redis: Redis,
  storage: Pick<Storage, 'remove'>,
  { kind, id }: { kind: string; id: string },
  isErased: boolean,
): Promise<string[]> {
  const ids = await redis.smembers(fromKey(kind, id));
  for (const derived of isErased ? [...ids, id] : ids) await dropDerived(redis, storage, kind, derived);
  return ids;
}

/** Forgets which jobs make something of a job's file: after they are erased with it, or left to their own time. */
export const forgetDerivedOf = (redis: Redis, { kind, id }: { kind: string; id: string }): Promise<number> =>
  redis.del(fromKey(kind, id));

/** The kind whose files signed addresses lead to. */
export const DERIVING_KIND = 'images';

/** Whether a file is kept under that id. */
export const isDerived = async (redis: Redis, id: string): Promise<boolean> =>
  (await redis.exists(recordKey(DERIVING_KIND, id))) === 1;
