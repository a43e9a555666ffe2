import type { Redis } from 'ioredis';
import { auditKey } from '../../../src/redis/keys.ts';

/**
 * Names of all keys whose name or content has that text in it, but for the audit log: it has the bare ids of erased jobs. Contents are read by type: a DUMP may be compressed, and
 * would hide the text.
 */
export async function keysWith(redis: Redis, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const key of (await redis.keys('*')).filter((name) => name !== auditKey('jobs'))) {
    const content = key.includes(text) ? text : JSON.stringify(await readContent(redis, key));
    if (content.includes(text)) found.push(key);
  }
  return found;
}

async function readContent(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  if (type === 'string') return redis.get(key);
  if (type === 'list') return redis.lrange(key, 0, -1);
  if (type === 'set') return redis.smembers(key);
  if (type === 'zset') return redis.zrange(key, 0, -1);
  if (type === 'hash') return redis.hgetall(key);
  if (type === 'stream') return redis.xrange(key, '-', '+');
  if (type === 'none') return null;
  throw new Error(`${key} is a ${type}: nothing here is stored as one`);
}
