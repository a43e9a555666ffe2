import { createScript } from '../../../redis/script.ts';
import { CLAIM } from '../runs/claim-run.ts';
import { LINE, PATIENCE_MS, RUNS } from './line.ts';

/** Where jobs that lie outside of the line are looked for: a worker's death and an earlier version leave such. */
const STRAYS_AT_ONCE = 100;

/**
 * Fills a worker's free places with the next jobs, as Bull would take the last of its list: into the active list, locked, and
 * claimed for a run where no earlier run is open.
 * KEYS: active, wait, meta-paused. ARGV: key prefix, lock token, lock in ms, places of all workers, how many jobs to take
 * from the line at most, how many places to fill at most, name of the new runs, 1 when they may start at once, then id and
 * since when (ms) of the worker's runs that have fetched and want their places back.
 * Answers a list of ['back', id] for one of these runs, and ['job', id, the job's hash].
 * A place goes to a caller who holds none, else by priority, else to the one whose turn it is; where priority keeps one
 * waiting too long, to the one who waits longest. The last one of three or more stays free for callers who hold none. Nobody
 * has more runs than its key allows.
 */
export const takeJobsScript = createScript(
  'heavyliftTakeJobs',
  3,
  `
local prefix, places, most, free = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
${LINE}${RUNS}${CLAIM}
if redis.call('EXISTS', KEYS[3]) == 1 then most = 0 end
-- The oldest that wait: mostly these are next.
local oldest = {}
local function readOldest() oldest = redis.call('LRANGE', KEYS[2], -math.min(free, most), -1) end
if most > 0 then
  readOldest()
  for _ = 1, ${STRAYS_AT_ONCE} do
    local id = oldest[#oldest]
    if not id or redis.call('ZSCORE', prefix .. 'line', id) then break end
    redis.call('RPOP', KEYS[2])
    if redis.call('EXISTS', prefix .. id) == 1 then
      redis.call('LPUSH', KEYS[2], id)
      enterLine(id, redis.call('HEXISTS', prefix .. id, 'processedOn') == 1)
    end
    readOldest()
  end
end
local held, running, isOver, taken = countRuns(KEYS[1])
-- Who may be given a place: runs that want theirs back, and the first job of each caller.
local offers = {}
for index = 9, #ARGV, 2 do
  -- It had its turn when it was taken.
  local id, since = ARGV[index], tonumber(ARGV[index + 1])
  offers[#offers + 1] = {back = id, caller = callerOf(id), class = 0, tag = 0, came = since, since = since}
end
local waiting = most > 0 and redis.call('ZRANGE', prefix .. 'turns', 0, -1, 'WITHSCORES') or {}
-- As many of a caller's jobs are read at once as it gets where all take turns.
local ahead = math.ceil(2 * most / math.max(1, #waiting)) - 1
local function lookAtLine(one)
  if not one.jobs or #one.jobs < one.at then
    local from = #one.left
    one.jobs, one.at = redis.call('ZRANGE', lineOf(one.caller), from, from + ahead, 'WITHSCORES'), 1
  end
  one.id = one.jobs[one.at]
  local class = math.floor((one.jobs[one.at + 1] or CLASS) / CLASS)
  if class ~= one.class then one.class, one.tag = class, tagOf(one.caller, class) end
end
for index = 1, #waiting, 2 do
  local one = {caller = waiting[index], came = tonumber(waiting[index + 1]), since = waitsSince(waiting[index]), left = {}}
  lookAtLine(one)
  offers[#offers + 1] = one
end
local areHolding, isStarved
local function mayHave(one) return not one.isBarred and one.holds == areHolding end
local function isBefore(one, other)
  if isStarved and one.isLate ~= other.isLate then return one.isLate end
  if isStarved and one.isLate then return one.since < other.since end
  if one.class ~= other.class then return one.class < other.class end
  if one.tag ~= other.tag then return one.tag < other.tag end
  return one.came < other.came
end
local function chooseNext()
  local highest, best = 4, nil
  areHolding, isStarved = true, false
  for _, one in ipairs(offers) do
    one.holds = (held[one.caller] or 0) > 0
    one.isBarred = one.isDone or (one.holds and places >= 3 and places - taken <= 1)
    if not one.back and not one.isBarred then one.isBarred = most == 0 or not one.id or isOver(one.caller) end
    if not one.isBarred and not one.holds then areHolding = false end
  end
  for _, one in ipairs(offers) do
    if mayHave(one) then highest = math.min(highest, one.class) end
  end
  for _, one in ipairs(offers) do
    one.isLate = now - one.since >= ${PATIENCE_MS}
    if mayHave(one) and one.isLate and one.class > highest then isStarved = true end
  end
  for _, one in ipairs(offers) do
    if mayHave(one) and (not best or isBefore(one, best)) then best = one end
  end
  return best
end
-- What the turns of this script come to, by class and by caller: written once for all of them.
local times, tags, turnsTaken = {}, {}, {}
local function moveTag(one, tag)
  one.tag = tag
  tags[one.class .. ':' .. one.caller] = tag
end
local function takeTurn(best)
  local class = best.class
  -- Who was passed over, since it holds a place or runs as much as it may, has no turns left over from that.
  for _, one in ipairs(offers) do
    if not mayHave(one) and not one.isDone and one.class == class and one.tag <= best.tag then
      moveTag(one, best.tag + 1)
    end
  end
  times[class] = math.max(times[class] or timeOf(class), best.tag)
  moveTag(best, best.tag + turnOf(best.caller))
  best.since = now
  turnsTaken[best.caller] = now
end
local function writeTurns()
  if redis.call('EXISTS', prefix .. 'turns') == 0 then return forgetTurns() end
  for name, values in pairs({time = times, tags = tags, since = turnsTaken}) do
    local fields = {}
    for field, value in pairs(values) do fields[#fields + 1], fields[#fields + 2] = field, value end
    redis.call('HSET', prefix .. 'turns:' .. name, unpack(fields))
  end
end
-- Takes the job that a caller has in front; leaveLines takes it out of its line.
local function leaveFront(best)
  best.left[#best.left + 1] = best.id
  best.at = best.at + 2
  lookAtLine(best)
  best.isDone = not best.id
  return best.left[#best.left]
end
local function leaveLines()
  for _, one in ipairs(offers) do
    if one.left and #one.left > 0 then
      redis.call('ZREM', prefix .. 'line', unpack(one.left))
      redis.call('ZREM', lineOf(one.caller), unpack(one.left))
      if not one.id then redis.call('ZREM', prefix .. 'turns', one.caller) end
    end
  end
end
-- Takes a job out of the waiting ones; false where it is not among them. The oldest lie at the end of the list, the newest at
-- its head: few lie far from both.
local popped = 0
local function pop()
  if popped > 0 then redis.call('RPOP', KEYS[2], popped) end
  popped = 0
end
local function leaveWaiting(id)
  if oldest[#oldest] == id then
    popped = popped + 1
    return table.remove(oldest)
  end
  pop()
  for index, other in ipairs(oldest) do
    if other == id then table.remove(oldest, index) end
  end
  local isOld = redis.call('LPOS', KEYS[2], id, 'RANK', -1, 'MAXLEN', 1000)
  return redis.call('LREM', KEYS[2], isOld and -1 or 1, id) > 0
end
local answers, ids = {}, {}
local function takeJob(id)
  local job = prefix .. id
  if not leaveWaiting(id) then return false end
  ids[#ids + 1] = id
  redis.call('SET', job .. ':lock', ARGV[2], 'PX', ARGV[3])
  local hash, known, old = redis.pcall('HGETALL', job), {}, {}
  -- A damaged record is left to its lock, and the others go on.
  if hash.err then return false end
  for index = 1, #hash, 2 do known[hash[index]] = hash[index + 1] end
  for index, field in ipairs(CLAIM_FIELDS_READ) do old[index] = known[field] or false end
  local _, changes = claim(job, old, ARGV[7], ARGV[8], '', now)
  for _, text in ipairs(changes) do hash[#hash + 1] = tostring(text) end
  answers[#answers + 1] = {'job', id, hash}
  return true
end
while #answers < free do
  local best = chooseNext()
  if not best then break end
  local isTaken = true
  if best.back then
    redis.call('HDEL', prefix .. best.back, 'fetching')
    answers[#answers + 1] = {'back', best.back}
    best.isDone = true
  else
    takeTurn(best)
    isTaken = takeJob(leaveFront(best))
    if isTaken then
      most = most - 1
      running[best.caller] = (running[best.caller] or 0) + 1
    end
  end
  if isTaken then held[best.caller], taken = (held[best.caller] or 0) + 1, taken + 1 end
end
pop()
if #ids > 0 then
  redis.call('LPUSH', KEYS[1], unpack(ids))
  redis.call('PUBLISH', KEYS[1] .. '@' .. ARGV[2], table.concat(ids, ' '))
end
leaveLines()
if next(times) then writeTurns() end
return answers`,
  { atFullMemory: true },
);
