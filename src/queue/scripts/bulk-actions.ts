import { createScript } from '../../redis/script.ts';

// Each notes its step as a whole: a process may be killed between any two commands. They run in a Redis whose memory is
// full too, since what they are for may be erasing.

/**
 * Adds a bulk action, once, and forgets the oldest of its caller.
 * KEYS: the action, the caller's actions, those that are under way. ARGV: id, the action as JSON, when (ms), the beginning
 * of the actions' keys, how many are kept.
 */
export const addBulkActionScript = createScript(
  'heavyliftAddBulkAction',
  3,
  `
if redis.call('EXISTS', KEYS[1]) == 1 then return end
redis.call('HSET', KEYS[1], 'action', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('SADD', KEYS[3], ARGV[1])
for _, old in ipairs(redis.call('ZRANGE', KEYS[2], 0, -ARGV[5] - 1)) do
  redis.call('DEL', ARGV[4] .. old)
  redis.call('ZREM', KEYS[2], old)
end`,
);

/**
 * Notes how far a bulk action is. What is done again after a death is not counted beyond all that there was to do.
 * KEYS: the action. ARGV: how many jobs more it was done to, of how many in all, where it goes on or ''.
 */
export const advanceBulkActionScript = createScript(
  'heavyliftAdvanceBulkAction',
  1,
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return end
local done = tonumber(redis.call('HGET', KEYS[1], 'done') or 0) + ARGV[1]
redis.call('HSET', KEYS[1], 'done', math.max(0, math.min(done, tonumber(ARGV[2]))))
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'position', ARGV[3]) end`,
  { atFullMemory: true },
);

/**
 * Notes that a bulk action has ended.
 * KEYS: the action, those that are under way. ARGV: id, when (ms), for how long it is kept (s).
 */
export const finishBulkActionScript = createScript(
  'heavyliftFinishBulkAction',
  2,
  `
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'finishedAt', ARGV[2])
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
redis.call('SREM', KEYS[2], ARGV[1])`,
  { atFullMemory: true },
);
