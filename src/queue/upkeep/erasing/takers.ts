import type { Redis } from 'ioredis';
import { jobKey, queueKey } from '../../../redis/keys.ts';
import { callerIn } from '../../read/parse-job.ts';

/**
 * Where Bull keeps ended jobs, scored by when they ended (ms); `failed` has the cancelled ones too. One that is held by
 * its webhook is given a later score once it would have gone, so that no sweep meets it again before its time.
 */
export const ENDED_SETS = ['completed', 'failed'] as const;

/** So many ended jobs are looked at to tell who takes how much: some milliseconds, however many there are. */
const SAMPLE = 300;
/** Asked for at the same time: a busy Redis must answer all of them in time. */
const TOGETHER = 50;

/** One set of ended jobs. */
export interface EndedSet {
  kind: string;
  key: string;
  records: number;
}

/** What the ended jobs of a caller take, as far as a sample can tell. */
export interface Taker {
  caller: string;
  records: number;
  bytes: number;
}

/** Reads how many ended jobs there are, by kind and set. */
export function readEndedSets(redis: Redis, kinds: readonly string[]): Promise<EndedSet[]> {
  const sets = kinds.flatMap((kind) => ENDED_SETS.map((set) => ({ kind, key: queueKey(kind, set) })));
  return Promise.all(sets.map(async (set) => ({ ...set, records: await redis.zcard(set.key) })));
}

/** Tells by a random sample of the ended jobs who takes how much. Rejects as Redis does. */
export async function sampleTakers(redis: Redis, sets: readonly EndedSet[]): Promise<Taker[]> {
  const all = sumOf(sets, 'records');
  const takers = new Map<string, Taker>();
  const sample = async ({ kind, key, records }: EndedSet) => {
    if (records === 0) return;
    const ids = await redis.zrandmember(key, Math.ceil((SAMPLE * records) / all));
    const weight = records / ids.length;
    const taken: Taken[] = [];
    for (let first = 0; first < ids.length; first += TOGETHER) {
      const some = ids.slice(first, first + TOGETHER);
      taken.push(...(await Promise.all(some.map((id) => readTaken(redis, jobKey(kind, id))))));
    }
    for (const { caller, bytes } of taken) {
      if (caller === null) continue;
      const taker = takers.get(caller) ?? { caller, records: 0, bytes: 0 };
      takers.set(caller, { caller, records: taker.records + weight, bytes: taker.bytes + weight * bytes });
    }
  };
  for (const set of sets) await sample(set);
  return [...takers.values()];
}

/** Adds up one figure. */
export const sumOf = <Name extends string>(rows: readonly Readonly<Record<Name, number>>[], name: Name): number =>
  rows.reduce((sum, row) => sum + row[name], 0);

/** Whose a job is, and what its hash takes. */
interface Taken {
  caller: string | null;
  bytes: number;
}

/** Reads them; no caller for a record that can't be read. */
async function readTaken(redis: Redis, key: string): Promise<Taken> {
  const [indexes, bytes] = await Promise.all([
    redis.hget(key, 'indexes').catch(() => null),
    redis.memory('USAGE', key, 'SAMPLES', 0),
  ]);
  return { caller: callerIn(indexes ?? '') || null, bytes: bytes ?? 0 };
}
