import addJob from 'bull/lib/scripts/addJob-6.js';
import { createScript } from '../../redis/script.ts';
import { callEnterLine } from './line/bull-lines.ts';
import { LINE, POSITION } from './line/line.ts';

/** Keys of Bull's own script; the job and the caller set follow, then the indexes. */
const OWN_KEYS = 8;

/**
 * Adds a job, enters it into its indexes and reads its place, all at once and by Redis' clock.
 * KEYS: wait, paused, meta-paused, id, delayed, priority, job, callers, then the sorted sets that list the job.
 * ARGV: id, key prefix, data, options as JSON, priority, when to run (ms) or '', caller, names of the sorted sets,
 * deadline (ms) or '', how far ahead a deadline may be (ms), how many jobs may wait or '', the caller's share: '', or its
 * weight and its most runs, a space between.
 * Answers ['late', now] after the deadline or when it is too far ahead to be meant, ['there', now] for an id that has a
 * job, ['full', now, depth], or ['added', now, depth, 1 when delayed, position (1 = next)].
 * The first write needs memory: a Redis without any refuses the whole of it.
 */
export const addJobScript = createScript(
  'heavyliftAddJob',
  null,
  `
local prefix = ARGV[2]
${LINE}${POSITION}
callers[ARGV[1]] = ARGV[7]
local function bullAddJob(KEYS, ARGV)
${callEnterLine(addJob.content)}
end
local id, deadline, most = ARGV[1], tonumber(ARGV[9]), tonumber(ARGV[11])
if deadline and (now > deadline or deadline - now > tonumber(ARGV[10])) then return {'late', now} end
if redis.call('EXISTS', KEYS[7]) == 1 then return {'there', now} end
local depth = redis.call('LLEN', KEYS[1]) + redis.call('LLEN', KEYS[2]) + redis.call('ZCARD', KEYS[5])
if most and depth >= most then return {'full', now, depth} end
redis.call('SADD', KEYS[8], ARGV[7])
for index = ${OWN_KEYS + 1}, #KEYS do redis.call('ZADD', KEYS[index], now, id) end
local delay = math.max(0, (tonumber(ARGV[6]) or 0) - now)
local due = delay > 0 and now + delay or 0
if ARGV[12] == '' then redis.call('HDEL', prefix .. 'shares', ARGV[7])
else redis.call('HSET', prefix .. 'shares', ARGV[7], ARGV[12]) end
bullAddJob({unpack(KEYS, 1, 6)}, {
  ARGV[2], id, '__default__', ARGV[3], cmsgpack.pack(ARGV[4]), now, delay, due, ARGV[5], 'LPUSH', 'accept', '', '', ''
})
redis.call('HSET', KEYS[7], 'indexes', ARGV[8], 'caller', ARGV[7])
if due > 0 then return {'added', now, depth + 1, 1, 0} end
return {'added', now, depth + 1, 0, positionOf(id)}`,
);
