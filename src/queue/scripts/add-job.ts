import addJob from 'bull/lib/scripts/addJob-6.js';
import { createScript, NOW } from '../../redis/script.ts';

/** Keys of Bull's own script; the job and the caller set follow, then the indexes. */
const OWN_KEYS = 8;

/**
 * Adds a job, enters it into its indexes and reads its place, all at once and by Redis' clock.
 * KEYS: wait, paused, meta-paused, id, delayed, priority, job, callers, then the sorted sets that list the job.
 * ARGV: id, key prefix, data, options as JSON, priority, when to run (ms) or '', caller, names of the sorted sets,
 * deadline (ms) or '', how far ahead a deadline may be (ms), how many jobs may wait or ''.
 * Answers ['late', now] after the deadline or when it is too far ahead to be meant, ['there', now] for an id that has a
 * job, ['full', now, depth], or ['added', now, depth, 1 when delayed, position (1 = next)]; ['gone', now, what its
 * tombstone knows] for an id whose job was erased before its time.
 * The first write needs memory: a Redis without any refuses the whole of it.
 */
const ADD_JOB = `
local function bullAddJob(KEYS, ARGV)
${addJob.content}
end
${NOW}
local id, deadline, most = ARGV[1], tonumber(ARGV[9]), tonumber(ARGV[11])
if deadline and (now > deadline or deadline - now > tonumber(ARGV[10])) then return {'late', now} end
if redis.call('EXISTS', KEYS[7]) == 1 then return {'there', now} end
local known = redis.call('HGET', ARGV[2] .. 'expired:known', id)
if known and now < tonumber(string.match(known, '^%d+')) then return {'gone', now, known} end
local depth = redis.call('LLEN', KEYS[1]) + redis.call('LLEN', KEYS[2]) + redis.call('ZCARD', KEYS[5])
if most and depth >= most then return {'full', now, depth} end
redis.call('SADD', KEYS[8], ARGV[7])
for index = ${OWN_KEYS + 1}, #KEYS do redis.call('ZADD', KEYS[index], now, id) end
local delay = math.max(0, (tonumber(ARGV[6]) or 0) - now)
local due = delay > 0 and now + delay or 0
bullAddJob({unpack(KEYS, 1, 6)}, {
  ARGV[2], id, '__default__', ARGV[3], cmsgpack.pack(ARGV[4]), now, delay, due, ARGV[5], 'LPUSH', 'accept', '', '', ''
})
redis.call('HSET', KEYS[7], 'indexes', ARGV[8])
if due > 0 then return {'added', now, depth + 1, 1, 0} end
-- The newest lie at the head of their list; one of a high priority is found from its tail.
local list = redis.call('EXISTS', KEYS[3]) == 1 and KEYS[2] or KEYS[1]
local index = redis.call('LPOS', list, id, 'MAXLEN', 100) or redis.call('LPOS', list, id, 'RANK', -1)
return {'added', now, depth + 1, 0, redis.call('LLEN', list) - index}`;

export const addJobScript = createScript('heavyliftAddJob', null, ADD_JOB);

/** The same for what a job brings about by its end: a Redis whose memory is full takes it. */
export const addDerivedJobScript = createScript('heavyliftAddDerivedJob', null, ADD_JOB, { atFullMemory: true });
