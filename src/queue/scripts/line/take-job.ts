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
 * The place goes to a caller who holds none, else by priority, else to the one whose turn it is; where priority keeps one
 * waiting too long, to the one who waits longest. The last one of three or more stays free for callers who hold none. Nobody
 * has more runs than its key allows.
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
local held, isOver, taken = countRuns(KEYS[1])
local offers = {}
local function offer(one)
  one.holds = (held[one.caller] or 0) > 0
  one.isBarred = one.isBarred or (one.holds and places >= 3 and places - taken <= 1)
  offers[#offers + 1] = one
end
for index = 6, #ARGV, 2 do
  -- It had its turn when it was taken.
  local since = tonumber(ARGV[index + 1])
  offer({back = ARGV[index], caller = callerOf(ARGV[index]), class = 0, tag = 0, came = since, since = since})
end
local waiting = ARGV[5] == '1' and redis.call('ZRANGE', prefix .. 'turns', 0, -1, 'WITHSCORES') or {}
for index = 1, #waiting, 2 do
  local caller = waiting[index]
  local first = redis.call('ZRANGE', lineOf(caller), 0, 0, 'WITHSCORES')
  local class = math.floor((first[2] or CLASS) / CLASS)
  offer({
    id = first[1], caller = caller, class = class, tag = tagOf(caller, class), came = tonumber(waiting[index + 1]),
    since = waitsSince(caller), isBarred = not first[1] or isOver(caller)
  })
end
local areHolding, highest, isStarved = true, 4, false
for _, one in ipairs(offers) do
  if not one.isBarred and not one.holds then areHolding = false end
end
local function mayHave(one) return not one.isBarred and one.holds == areHolding end
for _, one in ipairs(offers) do
  if mayHave(one) then highest = math.min(highest, one.class) end
end
for _, one in ipairs(offers) do
  one.isLate = now - one.since >= ${PATIENCE_MS}
  if mayHave(one) and one.isLate and one.class > highest then isStarved = true end
end
local function isBefore(one, other)
  if isStarved and one.isLate ~= other.isLate then return one.isLate end
  if isStarved and one.isLate then return one.since < other.since end
  if one.class ~= other.class then return one.class < other.class end
  if one.tag ~= other.tag then return one.tag < other.tag end
  return one.came < other.came
end
local best
for _, one in ipairs(offers) do
  if mayHave(one) and (not best or isBefore(one, best)) then best = one end
end
if not best then return nil end
if best.back then
  redis.call('HDEL', prefix .. best.back, 'fetching')
  return {'back', best.back}
end
-- Who was passed over, since it holds a place or runs as much as it may, has no turns left over from that.
for _, one in ipairs(offers) do
  if not mayHave(one) and one.class == best.class and one.tag <= best.tag then setTag(one.caller, one.class, best.tag + 1) end
end
redis.call('HSET', prefix .. 'turns:time', best.class, math.max(timeOf(best.class), best.tag))
setTag(best.caller, best.class, best.tag + turnOf(best.caller))
redis.call('HSET', prefix .. 'turns:since', best.caller, now)
local id, job = best.id, prefix .. best.id
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
  { atFullMemory: true },
);
