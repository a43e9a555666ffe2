import addJob from 'bull/lib/scripts/addJob-6.js';
import { createScript } from '../../redis/script.ts';
import { callEnterLine } from './line/bull-lines.ts';
import { LINE, POSITION } from './line/line.ts';
import { USAGE } from './usage.ts';

/** Keys of Bull's own script; the job, the caller set and the usage follow, then the indexes. */
const OWN_KEYS = 9;

/**
 * Adds a job, enters it into its indexes and reads its place, all at once and by Redis' clock.
 * KEYS: wait, paused, meta-paused, id, delayed, priority, job, callers, usage, then the sorted sets that list the job.
 * ARGV: id, key prefix, data, options as JSON, priority, when to run (ms) or '', caller, names of the sorted sets,
 * deadline (ms) or '', how far ahead a deadline may be (ms), how many jobs may wait or '', bytes in Redis, of the input in
 * storage, in storage; what the caller's jobs of this kind may come to, or '': jobs, bytes in Redis, of inputs, in storage;
 * the name of the file of inputs that it shares, or ''; the caller's share: '', or its weight and its most runs, a space
 * between.
 * Answers ['late', now] after the deadline or when it is too far ahead to be meant, ['there', now] for an id that has a
 * job, ['full', now, depth], ['quota', now, which of the four, what it is], or ['added', now, depth, 1 when delayed, position
 * (1 = next)]; ['gone', now, what its tombstone knows] for an id whose job was erased before its time.
 * The first write needs memory: a Redis without any refuses the whole of it.
 */
const ADD_JOB = `
local prefix = ARGV[2]
${LINE}${POSITION}
callers[ARGV[1]], priorities[ARGV[1]] = ARGV[7], ARGV[5]
local function bullAddJob(KEYS, ARGV)
${callEnterLine(addJob.content)}
end
local id, deadline, most = ARGV[1], tonumber(ARGV[9]), tonumber(ARGV[11])
if deadline and (now > deadline or deadline - now > tonumber(ARGV[10])) then return {'late', now} end
if redis.call('EXISTS', KEYS[7]) == 1 then return {'there', now} end
local known = redis.call('HGET', ARGV[2] .. 'expired:known', id)
if known and now < tonumber(string.match(known, '^%d+')) then return {'gone', now, known} end
local depth = redis.call('LLEN', KEYS[1]) + redis.call('LLEN', KEYS[2]) + redis.call('ZCARD', KEYS[5])
if most and depth >= most then return {'full', now, depth} end
${USAGE}
local caller, bytes, input, stored = ARGV[7], tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])
local sums = {sumsOf(KEYS[9], caller)}
local wanted = {{sums[1], 1}, {sums[2], bytes}, {sums[2] + sums[3], bytes + input}, {sums[4], stored}}
for which, one in ipairs(wanted) do
  local limit = tonumber(ARGV[14 + which])
  if limit and one[2] > 0 and one[1] + one[2] > limit then return {'quota', now, which, one[1]} end
end
redis.call('SADD', KEYS[8], caller)
for index = ${OWN_KEYS + 1}, #KEYS do redis.call('ZADD', KEYS[index], now, id) end
local delay = math.max(0, (tonumber(ARGV[6]) or 0) - now)
local due = delay > 0 and now + delay or 0
if ARGV[20] == '' then redis.call('HDEL', prefix .. 'shares', caller)
else redis.call('HSET', prefix .. 'shares', caller, ARGV[20]) end
bullAddJob({unpack(KEYS, 1, 6)}, {
  ARGV[2], id, '__default__', ARGV[3], cmsgpack.pack(ARGV[4]), now, delay, due, ARGV[5], 'LPUSH', 'accept', '', '', ''
})
redis.call('HSET', KEYS[7], 'indexes', ARGV[8], 'caller', caller, 'usage', textOf(caller, {1, bytes, input, stored}))
changeSums(KEYS[9], caller, sums, {1, bytes, input, stored})
if ARGV[19] ~= '' then redis.call('INCR', ARGV[2] .. 'shared:' .. ARGV[19]) end
if due > 0 then return {'added', now, depth + 1, 1, 0} end
return {'added', now, depth + 1, 0, positionOf(id)}`;

export const addJobScript = createScript('heavyliftAddJob', null, ADD_JOB);

/** The same for what a job brings about by its end: a Redis whose memory is full takes it. */
export const addDerivedJobScript = createScript('heavyliftAddDerivedJob', null, ADD_JOB, { atFullMemory: true });
