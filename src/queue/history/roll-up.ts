import type { Redis } from 'ioredis';
import { now } from '../../clock.ts';
import { bucketKey, HOUR_MS, MINUTE_MS, readHashes, unitsOf } from './history.ts';

/** So long the counts of an hour are kept. */
const HOUR_KEPT_SECONDS = 31 * 24 * 3600;
/** Hours that are made of minutes where that was not done when they were over: all their minutes are there. */
const HOURS_BACK = 24;

/**
 * Makes the hours that are over of their minutes, where that was not done; how many. Done twice, or by two processes, it
 * comes to the same.
 */
export async function rollUpHistory(redis: Redis, kind: string): Promise<number> {
  const end = Math.floor((now() - MINUTE_MS) / HOUR_MS) * HOUR_MS;
  const hours = unitsOf(end - HOURS_BACK * HOUR_MS, end, HOUR_MS);
  const pipeline = redis.pipeline();
  for (const hour of hours) pipeline.exists(bucketKey(kind, HOUR_MS, hour));
  const there = (await pipeline.exec()) ?? [];
  let made = 0;
  for (const [index, hour] of hours.entries()) {
    if (there[index]?.[1] === 0 && (await rollUpHour(redis, kind, hour))) made += 1;
  }
  return made;
}

async function rollUpHour(redis: Redis, kind: string, hour: number): Promise<boolean> {
  const minutes = unitsOf(hour, hour + HOUR_MS, MINUTE_MS).map((at) => bucketKey(kind, MINUTE_MS, at));
  const sums = new Map<string, number>();
  for await (const hash of readHashes(redis, minutes)) {
    for (const [field, text] of Object.entries(hash)) {
      const count = Number(text);
      if (Number.isSafeInteger(count)) sums.set(field, (sums.get(field) ?? 0) + count);
    }
  }
  if (sums.size === 0) return false;
  const key = bucketKey(kind, HOUR_MS, hour);
  await redis.multi().del(key).hset(key, sums).expire(key, HOUR_KEPT_SECONDS).exec();
  return true;
}
