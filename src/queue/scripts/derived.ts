import { createScript } from '../../redis/script.ts';

/**
 * Keeps the record of a derived file, unless there is one.
 * KEYS: record, files of its caller by last use, bytes by caller, those of its source (or any, where it has none).
 * ARGV: id, caller, bytes, now (ms), 1 for a source that is a job, then the record's fields.
 * Answers 1, or 0 when there is one.
 */
export const keepDerivedScript = createScript(
  'heavyliftKeepDerived',
  4,
  `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 6))
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
redis.call('HINCRBY', KEYS[3], ARGV[2], ARGV[3])
if ARGV[5] == '1' then redis.call('SADD', KEYS[4], ARGV[1]) end
return 1`,
);

/**
 * Notes that a derived file is used.
 * KEYS: record, files of its caller by last use. ARGV: id, now (ms).
 */
export const useDerivedScript = createScript(
  'heavyliftUseDerived',
  2,
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'usedAt', ARGV[2])
redis.call('ZADD', KEYS[2], 'XX', ARGV[2], ARGV[1])
return 1`,
  { atFullMemory: true },
);

/**
 * Removes the record of a derived file; its source still knows the job that made it.
 * KEYS: record, files of its caller by last use, bytes by caller. ARGV: id, caller.
 */
export const dropDerivedScript = createScript(
  'heavyliftDropDerived',
  3,
  `
local bytes = redis.call('HGET', KEYS[1], 'bytes')
redis.call('ZREM', KEYS[2], ARGV[1])
if not bytes then return 0 end
redis.call('DEL', KEYS[1])
if redis.call('HINCRBY', KEYS[3], ARGV[2], -bytes) <= 0 then redis.call('HDEL', KEYS[3], ARGV[2]) end
return 1`,
  { atFullMemory: true },
);
