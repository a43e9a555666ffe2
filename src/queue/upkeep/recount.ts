import type { Redis } from 'ioredis';
import { callerIndex, callersKey, indexKey, queueKey, queueKeys, usageKey } from '../../redis/keys.ts';
import { readJob } from '../read/read-job.ts';
import { healUsageScript, sumUsageScript } from '../scripts/count-usage.ts';
import { countJob } from '../usage.ts';

/** Jobs that are looked at in one step of Redis. */
const TOGETHER = 500;

/**
 * Counts anew what the callers' jobs of a kind take, and mends what is wrong; how many sums were. Jobs are counted that
 * an earlier version wrote, or whose end nobody counted. Sums that change meanwhile are left to the next time.
 */
export async function recountUsage(redis: Redis, kind: string, signal?: AbortSignal): Promise<number> {
  const counted = await redis.hkeys(usageKey(kind));
  const callers = new Set([...counted, ...(await redis.smembers(callersKey(kind)))]);
  let wrong = 0;
  for (const caller of callers) {
    if (signal?.aborted) break;
    wrong += await recountCaller(redis, kind, caller);
  }
  return wrong;
}

async function recountCaller(redis: Redis, kind: string, caller: string): Promise<number> {
  const changes = (await redis.hget(usageKey(kind), caller))?.split(' ').at(-1) ?? '0';
  const keys = [indexKey(kind, callerIndex(caller)), ...queueKeys(kind, 'completed', 'failed')];
  const sums = [0, 0, 0, 0];
  let found = TOGETHER;
  for (let first = 0; found === TOGETHER; first += TOGETHER) {
    const args = [queueKey(kind, ''), first, first + TOGETHER - 1];
    const [count, ...rest] = (await sumUsageScript(redis, keys, args)) as [number, ...number[], string[]];
    const unclear = rest.pop() as unknown as string[];
    for (const [index, part] of (rest as number[]).entries()) sums[index] = (sums[index] ?? 0) + part;
    await Promise.all(unclear.map((id) => countAnew(redis, kind, id)));
    found = count;
  }
  return Number(await healUsageScript(redis, [usageKey(kind)], [caller, changes, sums.join(' ')]));
}

async function countAnew(redis: Redis, kind: string, id: string): Promise<void> {
  const job = await readJob(redis, kind, id);
  if (job) await countJob(redis, job);
}
