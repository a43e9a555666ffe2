import { createScript, NOW } from '../../../redis/script.ts';
import { USAGE } from '../usage.ts';

/** Keys of its own; those of the indexes follow. */
const OWN_KEYS = 6;

/**
 * Adds the record of an upload that is still to come: it counts in storage for all that it is to have.
 * KEYS: job, callers, usage, tombstones, unfinished uploads, those of the caller, then the sorted sets that list it.
 * ARGV: id, data, caller, names of all sorted sets as JSON, deadline (ms), how far ahead a deadline may be (ms), bytes in Redis,
 * bytes that it is to have, what the caller's uploads may come to in storage or '', how many unfinished ones the caller may
 * have, after which time it expires (ms).
 * Answers ['late', now], ['there', now], ['gone', now, what its tombstone knows], ['quota', now, bytes that the caller's uploads
 * have], ['many', now, how many unfinished ones there are] or ['added', now].
 */
export const beginUploadScript = createScript(
  'heavyliftBeginUpload',
  null,
  `
${NOW}
local id, caller, deadline = ARGV[1], ARGV[3], tonumber(ARGV[5])
if now > deadline or deadline - now > tonumber(ARGV[6]) then return {'late', now} end
if redis.call('EXISTS', KEYS[1]) == 1 then return {'there', now} end
local known = redis.call('HGET', KEYS[4] .. ':known', id)
if known and now < tonumber(string.match(known, '^%d+')) then return {'gone', now, known} end
local many = redis.call('ZCARD', KEYS[6])
if many >= tonumber(ARGV[10]) then return {'many', now, many} end
${USAGE}
local bytes, stored, limit = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local sums = {sumsOf(KEYS[3], caller)}
if limit and sums[4] + stored > limit then return {'quota', now, sums[4]} end
redis.call('SADD', KEYS[2], caller)
for index = ${OWN_KEYS + 1}, #KEYS do redis.call('ZADD', KEYS[index], now, id) end
for index = 5, 6 do redis.call('ZADD', KEYS[index], now + tonumber(ARGV[11]), id) end
redis.call('HSET', KEYS[1], 'name', '__default__', 'data', ARGV[2], 'opts', '{}', 'timestamp', now,
  'indexes', ARGV[4], 'caller', caller, 'usage', textOf(caller, {0, bytes, 0, stored}),
  'turn', 0, 'length', ARGV[8], 'received', 0)
changeSums(KEYS[3], caller, sums, {0, 0, 0, stored})
return {'added', now}`,
);
