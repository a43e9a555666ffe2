import { createScript } from '../../../redis/script.ts';
import { HISTORY } from '../history.ts';
import { LINE, POSITION } from '../line/line.ts';
import { USAGE } from '../usage.ts';

/**
 * Adds jobs of a kind as Bull would, enters them into their lines and indexes, counts them and reads their places, all at once
 * and by Redis' clock.
 * KEYS: wait, paused, meta-paused, delayed, callers, usage. ARGV: key prefix, deadline (ms) or '', how far ahead a deadline may
 * be (ms), how many jobs may wait or '', then for each job: id, data, options as JSON, priority, when to run (ms) or '', caller,
 * names of the sorted sets that list it as JSON, bytes in Redis, of the input in storage, in storage; what the caller's jobs of
 * this kind may come to, or '': jobs, bytes in Redis, of inputs, in storage; the name of the file of inputs that it shares, or
 * ''; the caller's share: '', or its weight and its most runs, a space between; the texts that it is found by.
 * Answers [now] after the deadline or when it is too far ahead to be meant, else [now, an answer for each job]:
 * ['there'] for an id that has a job, ['gone', what its tombstone knows] for an id whose job was erased before its time,
 * ['full', depth], ['quota', which of the four, what it is], or ['added', 1 when delayed, position (1 = next)].
 * What is read comes before what is written, and the first write needs memory: a Redis without any refuses the whole of it.
 */
const ADD_JOBS = `
local prefix = ARGV[1]
${LINE}${POSITION}${USAGE}${HISTORY}
local deadline, most = tonumber(ARGV[2]), tonumber(ARGV[4])
if deadline and (now > deadline or deadline - now > tonumber(ARGV[3])) then return {now} end
local FIRST, EACH = 5, 17
local NAMES = {
  'id', 'data', 'options', 'priority', 'when', 'caller', 'indexes', 'bytes', 'input', 'stored',
  'mostJobs', 'mostBytes', 'mostInput', 'mostStored', 'shared', 'share', 'text'
}
local jobs, ids = {}, {}
for first = FIRST, #ARGV, EACH do
  local job = {}
  for index, name in ipairs(NAMES) do job[name] = ARGV[first + index - 1] end
  jobs[#jobs + 1], ids[#ids + 1] = job, job.id
end
local depth = redis.call('LLEN', KEYS[1]) + redis.call('LLEN', KEYS[2]) + redis.call('ZCARD', KEYS[4])
local tombstones = redis.call('HMGET', prefix .. 'expired:known', unpack(ids))
local added, seen = {}, {}
-- What a caller's jobs come to, and what this script adds to it.
local sums, more = {}, {}
local function findOver(job)
  local caller = job.caller
  if not sums[caller] then sums[caller], more[caller] = {sumsOf(KEYS[6], caller)}, {0, 0, 0, 0} end
  local has, adds = sums[caller], more[caller]
  local function sum(which) return has[which] + adds[which] end
  local bytes, input, stored = tonumber(job.bytes), tonumber(job.input), tonumber(job.stored)
  local wanted = {
    {job.mostJobs, sum(1), 1}, {job.mostBytes, sum(2), bytes}, {job.mostInput, sum(2) + sum(3), bytes + input},
    {job.mostStored, sum(4), stored}
  }
  for which, one in ipairs(wanted) do
    local limit = tonumber(one[1])
    if limit and one[3] > 0 and one[2] + one[3] > limit then return {'quota', which, one[2]} end
  end
  job.usage = {1, bytes, input, stored}
  for which, count in ipairs(job.usage) do adds[which] = adds[which] + count end
end
local function judge(index, job)
  if seen[job.id] or redis.call('EXISTS', prefix .. job.id) == 1 then return {'there'} end
  local known = tombstones[index]
  if known and now < tonumber(string.match(known, '^%d+')) then return {'gone', known} end
  if most and depth >= most then return {'full', depth} end
  local over = findOver(job)
  if over then return over end
  seen[job.id], depth = true, depth + 1
  job.delay = math.max(0, (tonumber(job.when) or 0) - now)
  callers[job.id], priorities[job.id] = job.caller, job.priority
  added[#added + 1] = job
  return {'added', job.delay > 0 and 1 or 0, 0}
end
local answers = {}
for index, job in ipairs(jobs) do answers[index] = judge(index, job) end
if #added == 0 then return {now, answers} end
local lists, waiting, told = {}, {}, {}
for _, job in ipairs(added) do
  redis.call('HSET', prefix .. job.id, 'name', '__default__', 'data', job.data, 'opts', job.options,
    'timestamp', now, 'delay', job.delay, 'priority', job.priority,
    'indexes', job.indexes, 'caller', job.caller, 'text', job.text, 'usage', textOf(job.caller, job.usage))
  for _, name in ipairs(cjson.decode(job.indexes)) do
    local list = lists[name] or {}
    list[#list + 1], list[#list + 2], lists[name] = now, job.id, list
  end
  if job.shared ~= '' then redis.call('INCR', prefix .. 'shared:' .. job.shared) end
  if not told[job.caller] then
    told[job.caller] = true
    redis.call('SADD', KEYS[5], job.caller)
    if job.share == '' then redis.call('HDEL', prefix .. 'shares', job.caller)
    else redis.call('HSET', prefix .. 'shares', job.caller, job.share) end
  end
  if job.delay > 0 then
    local due = now + job.delay
    -- Bull keeps those that are due in one millisecond in their order.
    local order = bit.band(redis.call('INCR', prefix .. 'id'), 0xfff)
    redis.call('ZADD', KEYS[4], string.format('%.0f', due * 0x1000 + order), job.id)
    redis.call('PUBLISH', KEYS[4], due)
  else
    waiting[#waiting + 1] = job.id
  end
end
for name, list in pairs(lists) do redis.call('ZADD', prefix .. 'index:' .. name, unpack(list)) end
for caller, has in pairs(sums) do
  if more[caller][1] > 0 then changeSums(KEYS[6], caller, has, more[caller]) end
end
if #waiting > 0 then
  redis.call('LPUSH', redis.call('EXISTS', KEYS[3]) == 1 and KEYS[2] or KEYS[1], unpack(waiting))
  enterLines(waiting, false)
  redis.call('PUBLISH', KEYS[1] .. 'ing@', table.concat(waiting, ' '))
end
note('in', #added)
writeHistory(prefix .. 'history')
for index, answer in ipairs(answers) do
  if answer[1] == 'added' and answer[2] == 0 then answer[3] = positionOf(ids[index]) end
end
return {now, answers}`;

export const addJobsScript = createScript('heavyliftAddJobs', 6, ADD_JOBS);

/** The same for what a job brings about by its end: a Redis whose memory is full takes it. */
export const addDerivedJobsScript = createScript('heavyliftAddDerivedJobs', 6, ADD_JOBS, { atFullMemory: true });
