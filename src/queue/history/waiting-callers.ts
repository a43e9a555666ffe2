import type { Redis } from 'ioredis';
import { now } from '../../clock.ts';
import { callersKey, queueKey } from '../../redis/keys.ts';
import { readWaitedSince } from './oldest-waiting.ts';

/** Of more callers with waiting jobs it is not asked who has waited long. */
const MOST_CALLERS = 100;
/** The classes of a line lie one behind the other (`scripts/line/line.ts`). */
const [CLASS, CLASSES] = [2 ** 44, [1, 2, 3]];

/**
 * Finds the one of several callers whose jobs of a kind alone have waited for longer; null where those of several have, or of none, where
 * there is only one caller, and where too many wait to be asked.
 */
export async function findLoneWaiting(redis: Redis, kind: string, longerThanMs: number): Promise<string | null> {
  const [known, waiting] = await Promise.all([
    redis.scard(callersKey(kind)),
    redis.zrange(queueKey(kind, 'turns'), 0, MOST_CALLERS),
  ]);
  if (known < 2 || waiting.length > MOST_CALLERS) return null;
  const before = now() - longerThanMs;
  const long: string[] = [];
  for (const caller of waiting) {
    if ((await readOldestOf(redis, kind, caller)) < before) long.push(caller);
    if (long.length > 1) return null;
  }
  return long[0] ?? null;
}

async function readOldestOf(redis: Redis, kind: string, caller: string): Promise<number> {
  const line = queueKey(kind, `line-of:${caller}`);
  const heads = await Promise.all(
    CLASSES.map((one) => redis.zrangebyscore(line, one * CLASS, `(${(one + 1) * CLASS}`, 'LIMIT', 0, 1)),
  );
  return Math.min(...(await Promise.all(heads.map(([id]) => readWaitedSince(redis, kind, id ?? null)))));
}
