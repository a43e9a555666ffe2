import { createScript } from '../../../redis/script.ts';
import { LINE, PATIENCE_MS, RUNS } from './line.ts';

/** Where jobs that lie outside of the line are looked for: a worker's death and an earlier version leave such. */
const STRAYS_AT_ONCE = 100;

/**
 * Takes the next job for a worker that has a free place, as Bull would take the last of its list: into the active list,
 * locked.
 * KEYS: active, wait, meta-paused. ARGV: key prefix, lock token, lock in ms, places of all workers, 1 to take a job from the
 * line, then id and since when (ms) of the worker's runs that have fetched and want their places back.
 * Answers nil, ['back', id] for one of these runs, or ['job', id, the job's hash].
 * The place goes to a caller who holds none, else by priority, else to the one whose turn it is. The last one of three or
 * more stays free for callers who hold none. Nobody has more runs than its key allows.
 */
export const takeJobScript = createScript(
  'heavyliftTakeJob',
  3,
  `
local prefix, places = ARGV[1], tonumber(ARGV[4])
${LINE}${RUNS}
if redis.call('EXISTS', KEYS[3]) == 1 then ARGV[5] = '0' end
if ARGV[5] == '1' then
  for _ = 1, ${STRAYS_AT_ONCE} do
    local id = redis.call('LINDEX', KEYS[2], -1)
    if not id or redis.call('ZSCORE', prefix .. 'line', id) then break end
    redis.call('RPOP', KEYS[2])
    if redis.call('EXISTS', prefix .. id) == 1 then
      redis.call('LPUSH', KEYS[2], id)
      enterLine(id, redis.call('HEXISTS', prefix .. id, 'processedOn') == 1)
    end
  end
end
local held, running, taken = countRuns(KEYS[1])
local best
local function offer(candidate)
  local caller, holds = candidate.caller, held[candidate.caller] or 0
  if holds > 0 and places >= 3 and places - taken <= 1 then return end
  local rank = {holds > 0 and 1 or 0, now - candidate.since >= ${PATIENCE_MS} and 1 or candidate.class, candidate.tag, candidate.since}
  for index = 1, best and #rank or 0 do
    if rank[index] > best.rank[index] then return end
    if rank[index] < best.rank[index] then break end
    if index == #rank then return end
  end
  candidate.rank = rank
  best = candidate
end
for index = 6, #ARGV, 2 do
  -- It had its turn when it was taken.
  offer({back = ARGV[index], caller = callerOf(ARGV[index]), since = tonumber(ARGV[index + 1]), class = 1, tag = -1})
end
local waiting = ARGV[5] == '1' and redis.call('ZRANGE', prefix .. 'turns', 0, -1, 'WITHSCORES') or {}
for index = 1, #waiting, 2 do
  local caller = waiting[index]
  local first = redis.call('ZRANGE', lineOf(caller), 0, 0, 'WITHSCORES')
  local _, most = shareOf(caller)
  if first[1] and (running[caller] or 0) < (most or math.huge) then
    local class = math.floor(first[2] / CLASS)
    offer({id = first[1], caller = caller, since = tonumber(waiting[index + 1]), class = class, tag = tagOf(caller)})
  end
end
if not best then return nil end
if best.back then
  redis.call('HDEL', prefix .. best.back, 'fetching')
  return {'back', best.back}
end
local id, job = best.id, prefix .. best.id
redis.call('SET', prefix .. 'turns:time', math.max(timeNow(), best.tag))
redis.call('HSET', prefix .. 'turns:tags', best.caller, best.tag + turnOf(best.caller))
redis.call('ZADD', prefix .. 'turns', 'XX', now, best.caller)
leaveLine(id)
-- The oldest lie at the end of the list, the newest at its head: few lie far from both.
local isOld = redis.call('LPOS', KEYS[2], id, 'RANK', -1, 'MAXLEN', 1000)
if redis.call('LREM', KEYS[2], isOld and -1 or 1, id) == 0 then return {'gone', id} end
redis.call('LPUSH', KEYS[1], id)
redis.call('SET', job .. ':lock', ARGV[2], 'PX', ARGV[3])
redis.call('HSET', job, 'processedOn', now)
redis.call('HDEL', job, 'fetching')
redis.call('PUBLISH', KEYS[1] .. '@' .. ARGV[2], id)
return {'job', id, redis.call('HGETALL', job)}`,
);
