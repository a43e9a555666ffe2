import { createScript, NOW } from '../../../redis/script.ts';
import { USAGE } from '../usage.ts';

/** Keys of its own; those of the indexes follow. */
const OWN_KEYS = 5;

/**
 * Adds the record of an upload, as that of a job that has completed.
 * KEYS: job, completed, callers, usage, tombstones, then the sorted sets that list it.
 * ARGV: id, data, caller, names of the sorted sets as JSON, deadline (ms), how far ahead a deadline may be (ms), bytes
 * in Redis, bytes in storage, what the caller's uploads may come to in storage, or ''.
 * Answers ['late', now], ['there', now], ['gone', now, what its tombstone knows], ['quota', now, bytes that the
 * caller's uploads have] or ['added', now], as the script that adds a job does.
 * The first write needs memory: a Redis without any refuses the whole of it.
 */
export const addUploadScript = createScript(
  'heavyliftAddUpload',
  null,
  `
${NOW}
local id, caller, deadline = ARGV[1], ARGV[3], tonumber(ARGV[5])
if now > deadline or deadline - now > tonumber(ARGV[6]) then return {'late', now} end
if redis.call('EXISTS', KEYS[1]) == 1 then return {'there', now} end
local known = redis.call('HGET', KEYS[5] .. ':known', id)
if known and now < tonumber(string.match(known, '^%d+')) then return {'gone', now, known} end
${USAGE}
local bytes, stored, limit = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local sums = {sumsOf(KEYS[4], caller)}
if limit and sums[4] + stored > limit then return {'quota', now, sums[4]} end
redis.call('SADD', KEYS[3], caller)
for index = ${OWN_KEYS + 1}, #KEYS do redis.call('ZADD', KEYS[index], now, id) end
redis.call('HSET', KEYS[1], 'name', '__default__', 'data', ARGV[2], 'opts', '{}', 'timestamp', now, 'processedOn', now,
  'finishedOn', now, 'indexes', ARGV[4], 'caller', caller, 'usage', textOf(caller, {0, bytes, 0, stored}))
redis.call('ZADD', KEYS[2], now, id)
changeSums(KEYS[4], caller, sums, {0, 0, 0, stored})
return {'added', now}`,
);
