import { createScript, NOW } from '../../../redis/script.ts';
import { HISTORY } from '../history.ts';
import { USAGE } from '../usage.ts';

/**
 * Marks running jobs as completed, as Bull would one by one: those whose lock is the worker's. Each keeps its outcome, and of
 * its input what is given here; what only its runs needed goes, and it counts for what it has left.
 * KEYS: active, completed, stalled, usage. ARGV: key prefix, lock token, who completes them (`images-0@host`), then for each job: id, outcome as JSON, the envelope
 * that it keeps or '' for the one it has, bytes of its results.
 * Answers for each job: 0, or 1 where others wait for its end; -1 where it has no readable record, -2 no lock, -3 where it is
 * not among the running ones, -6 where another has its lock, nothing written. A job that has completed is answered with 0:
 * it was sent before, and the answer was lost.
 */
export const completeJobsScript = createScript(
  'heavyliftCompleteJobs',
  4,
  `
${NOW}
${USAGE}${HISTORY}
local prefix, token = ARGV[1], ARGV[2]
local ids, locks = {}, {}
for index = 4, #ARGV, 4 do
  ids[#ids + 1] = ARGV[index]
  locks[#locks + 1] = prefix .. ARGV[index] .. ':lock'
end
local holders = redis.call('MGET', unpack(locks))
local freed, scores, ended, waiters = {}, {}, {}, {}
-- What callers' jobs count for less.
local sums = {}
local function countLess(caller, changes)
  local added = sums[caller] or {0, 0, 0, 0}
  for which, change in ipairs(changes) do added[which] = added[which] + change end
  sums[caller] = added
end
local function complete(index)
  local id, job = ids[index], prefix .. ids[index]
  local outcome, kept, resultBytes = ARGV[4 * index + 1], ARGV[4 * index + 2], tonumber(ARGV[4 * index + 3])
  if holders[index] ~= token then
    if redis.call('ZSCORE', KEYS[2], id) then return 0 end
    return holders[index] and -6 or -2
  end
  local stored = redis.pcall('HMGET', job, 'timestamp', 'usage', 'processedOn', 'entered', 'waited')
  if stored.err or not stored[1] then return -1 end
  if redis.call('LREM', KEYS[1], -1, id) == 0 then return -3 end
  local fields = {'returnvalue', outcome, 'finishedOn', now, 'by', ARGV[3]}
  local function set(name, value) fields[#fields + 1], fields[#fields + 2] = name, value end
  if kept ~= '' then set('data', kept) end
  local waits, bytes, input, was, caller = readUsage(stored[2])
  if waits ~= 0 then note('completed', 1) end
  noteRun(stored[3], true, stored[1], stored[4], stored[5])
  if waits then
    local left = was + waits * resultBytes
    set('usage', textOf(caller, {0, bytes, input, left}))
    countLess(caller, {-waits, -waits * bytes, -waits * input, left - was})
  end
  redis.call('HSET', job, unpack(fields))
  redis.call('HDEL', job, 'run', 'begun', 'lost', 'lastError', 'waitingOn')
  freed[#freed + 1] = locks[index]
  scores[#scores + 1], scores[#scores + 2] = now, id
  ended[#ended + 1] = id
  waiters[#waiters + 1] = job .. ':waiters'
  return 0
end
local answers = {}
for index = 1, #ids do answers[index] = complete(index) end
if #ended == 0 then return answers end
redis.call('DEL', unpack(freed))
redis.call('SREM', KEYS[3], unpack(ended))
redis.call('ZADD', KEYS[2], unpack(scores))
redis.call('PUBLISH', KEYS[2], table.concat(ended, ' '))
writeHistory(prefix .. 'history')
for caller, added in pairs(sums) do changeSums(KEYS[4], caller, {sumsOf(KEYS[4], caller)}, added) end
if redis.call('EXISTS', unpack(waiters)) > 0 then
  for index, id in ipairs(ids) do
    if answers[index] == 0 then answers[index] = redis.call('EXISTS', prefix .. id .. ':waiters') end
  end
end
return answers`,
  { atFullMemory: true },
);
