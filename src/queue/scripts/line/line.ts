import { NOW } from '../../../redis/script.ts';

/** A caller who has waited for its turn so long goes before priorities, and a run may give its place up for it. */
export const PATIENCE_MS = 5000;

/**
 * The shared beginning of all scripts that enter, read or leave a kind's line; they set `prefix` (of job keys) before.
 *
 * Each caller has a line of its own, by priority (class 1 to 3) and then by when its jobs entered it. Who is next in a class is
 * start-time fair queueing: a tag says where a caller's next turn lies in virtual time, a turn moves it on by 1 / weight,
 * and who begins to wait begins at the tag of the last turn that was taken. When nobody waits all of that is forgotten.
 * Beside Bull's list of waiting jobs, in which they lie as they came, the kind has
 * - `line`: all ids in lines; `line-of:<caller>`: one caller's; both scored by class and order;
 * - `turns`: the callers with waiting jobs, by when they came (`turns:came`, µs): who came first is first at equal tags;
 * - `turns:tags`: tags of callers by class; `turns:time`: virtual time by class;
 * - `turns:since`: when callers had their last turns, or began to wait (ms);
 * - `shares`: weight and most runs of callers who have such; `runs-elsewhere`: their runs in other kinds, a second ago;
 * - `bell`: a worker with a free place waits for its tokens.
 */
export const LINE = `
${NOW}
local CLASS, TURN = 2 ^ 44, 1000000
-- What a script knows of jobs without asking.
local callers, priorities = {}, {}
local function callerOf(id)
  if callers[id] then return callers[id] end
  -- Not a text: the job is of an earlier version, or its record is damaged.
  local caller = redis.pcall('HGET', prefix .. id, 'caller')
  if not caller then
    local known, data = pcall(cjson.decode, redis.call('HGET', prefix .. id, 'data') or '')
    caller = known and type(data) == 'table' and data.caller
  end
  callers[id] = type(caller) == 'string' and caller or ''
  return callers[id]
end
local function lineOf(caller) return prefix .. 'line-of:' .. caller end
local shares = {}
-- Weight, and most runs or nil.
local function shareOf(caller)
  if not shares[caller] then
    local weight, most = string.match(redis.call('HGET', prefix .. 'shares', caller) or '', '^(%S*) (%S*)$')
    shares[caller] = {tonumber(weight or '') or 1, tonumber(most or '')}
  end
  return shares[caller][1], shares[caller][2]
end
local function turnOf(caller) return math.floor(TURN / shareOf(caller)) end
local function tagOf(caller, class) return tonumber(redis.call('HGET', prefix .. 'turns:tags', class .. ':' .. caller) or '') or 0 end
local function setTag(caller, class, tag) redis.call('HSET', prefix .. 'turns:tags', class .. ':' .. caller, tag) end
local function waitsSince(caller) return tonumber(redis.call('HGET', prefix .. 'turns:since', caller) or '') or now end
local function timeOf(class) return tonumber(redis.call('HGET', prefix .. 'turns:time', class) or '') or 0 end
-- How many jobs of a class are in a caller's line.
local function countOf(caller, class)
  local from, to = string.format('%.0f', class * CLASS), string.format('(%.0f', (class + 1) * CLASS)
  return redis.call('ZCOUNT', lineOf(caller), from, to)
end
local function ring(count)
  local tokens = {}
  for index = 1, math.min(count or 1, 16 - redis.call('LLEN', prefix .. 'bell')) do tokens[index] = 1 end
  if #tokens > 0 then redis.call('LPUSH', prefix .. 'bell', unpack(tokens)) end
end
-- Enters jobs that lie in a list of waiting ones, in this order; those that were put back go before their callers' others.
local function enterLines(ids, isPutBack)
  local last = isPutBack and 0 or redis.call('INCRBY', prefix .. 'line:order', #ids)
  local all, own, known = {}, {}, {}
  for index, id in ipairs(ids) do
    local caller, class = callerOf(id), tonumber(priorities[id] or redis.call('HGET', prefix .. id, 'priority') or '') or 2
    class = math.max(1, math.min(class, 3))
    local score = class * CLASS + (isPutBack and 0 or last - #ids + index)
    local tagged = class .. ':' .. caller
    if not known[tagged] and countOf(caller, class) == 0 then
      setTag(caller, class, math.max(tagOf(caller, class), timeOf(class)))
    end
    known[tagged], own[caller] = true, own[caller] or {}
    for _, scores in ipairs({all, own[caller]}) do scores[#scores + 1], scores[#scores + 2] = score, id end
  end
  redis.call('ZADD', prefix .. 'line', unpack(all))
  for caller, scores in pairs(own) do
    redis.call('ZADD', lineOf(caller), unpack(scores))
    if not redis.call('ZSCORE', prefix .. 'turns', caller) then
      redis.call('HSETNX', prefix .. 'turns:came', caller, time[1] * 1000000 + time[2])
      redis.call('ZADD', prefix .. 'turns', redis.call('HGET', prefix .. 'turns:came', caller), caller)
      redis.call('HSET', prefix .. 'turns:since', caller, now)
    end
  end
  ring(#ids)
end
local function enterLine(id, isPutBack) enterLines({id}, isPutBack) end
-- When nobody waits.
local function forgetTurns()
  redis.call('DEL', prefix .. 'turns:tags', prefix .. 'turns:time', prefix .. 'turns:since', prefix .. 'turns:came')
end
local function leaveLine(id)
  if redis.call('ZREM', prefix .. 'line', id) == 0 then return end
  local caller = callerOf(id)
  redis.call('ZREM', lineOf(caller), id)
  if redis.call('EXISTS', lineOf(caller)) == 1 then return end
  redis.call('ZREM', prefix .. 'turns', caller)
  if redis.call('EXISTS', prefix .. 'turns') == 0 then forgetTurns() end
end
`;

/** How many jobs are taken before one that waits, itself included: 1 = next; 0 for a job in no line. */
export const POSITION = `
local function positionOf(id)
  local caller = callerOf(id)
  local own = redis.call('ZRANK', lineOf(caller), id)
  if not own then return 0 end
  if redis.call('ZCARD', prefix .. 'turns') == 1 then return own + 1 end
  local score = redis.call('ZSCORE', lineOf(caller), id)
  local class, came = math.floor(score / CLASS), tonumber(redis.call('ZSCORE', prefix .. 'turns', caller))
  local waiting = redis.call('ZRANGE', prefix .. 'turns', 0, -1, 'WITHSCORES')
  local count, higher = own, {}
  for index = 1, #waiting, 2 do
    local before = 0
    for above = 1, class - 1 do before = before + countOf(waiting[index], above) end
    higher[waiting[index]] = before
  end
  local tag = tagOf(caller, class) + (own - higher[caller]) * turnOf(caller)
  for index = 1, #waiting, 2 do
    local other, otherCame = waiting[index], tonumber(waiting[index + 1])
    if other ~= caller then
      local ahead = (tag - tagOf(other, class)) / turnOf(other)
      local isFirst = otherCame < came or (otherCame == came and other < caller)
      local turns = ahead == math.ceil(ahead) and isFirst and ahead + 1 or math.ceil(ahead)
      count = count + higher[other] + math.max(0, math.min(turns, countOf(other, class)))
    end
  end
  return count + 1
end
`;

/**
 * Which callers hold how many places (a run that fetches holds none) and have how many runs, whether a caller has as many
 * runs as its key allows, in all kinds, and how many places are taken.
 */
export const RUNS = `
local function countRuns(active)
  local held, running, taken = {}, {}, 0
  for _, id in ipairs(redis.call('LRANGE', active, 0, -1)) do
    local stored = redis.pcall('HMGET', prefix .. id, 'caller', 'fetching')
    callers[id] = stored[1] or nil
    local caller = callerOf(id)
    running[caller] = (running[caller] or 0) + 1
    if not stored[2] then
      held[caller], taken = (held[caller] or 0) + 1, taken + 1
    end
  end
  local mostHere = {}
  local function isOver(caller)
    if mostHere[caller] == nil then
      local _, most = shareOf(caller)
      mostHere[caller] = most and most - (redis.call('HGET', prefix .. 'runs-elsewhere', caller) or 0) or false
    end
    return mostHere[caller] and (running[caller] or 0) >= mostHere[caller]
  end
  return held, running, isOver, taken
end
`;
