import { MOST_RUNS } from '../schedule.ts';

/**
 * The beginning of a script that enters times that are over, under the key of those of a schedule: `isAccepted(key, time)`,
 * `enterRun(key, time, text)`, which leaves what was accepted as it is, and `trimRuns(key, now)` behind the last of them.
 */
export const ENTER_RUN = `
local function isAccepted(key, time)
  local before = redis.call('HGET', key, time)
  return before and string.find(before, '"outcome":"accepted"', 1, true)
end
local function enterRun(key, time, text)
  if not isAccepted(key, time) then redis.call('HSET', key, time, text) end
end
local function trimRuns(key, now)
  if redis.call('HLEN', key) <= ${MOST_RUNS} then return end
  -- What was run by hand before its time is known until then, and takes no room from what is over: the farthest go first.
  local over, ahead = {}, {}
  local all = redis.call('HGETALL', key)
  for index = 1, #all, 2 do
    local time = tonumber(all[index])
    if time > now then ahead[#ahead + 1] = {all[index], -time}
    else over[#over + 1] = {all[index], tonumber(string.match(all[index + 1], '"atMs":(%d+)')) or 0} end
  end
  for _, some in ipairs({over, ahead}) do
    table.sort(some, function (one, other) return one[2] < other[2] end)
    for index = 1, #some - ${MOST_RUNS} do redis.call('HDEL', key, some[index][1]) end
  end
end`;

/**
 * The function `missTried(schedule, runs, now)` of a script, behind those above: enters a time that is tried, and those before it that
 * have come, as missed for the reason why it could not be run; for a schedule that gives it up.
 */
export const MISS_TRIED = `
local function missTried(schedule, runs, now)
  local due, tried, why, kind = unpack(redis.call('HMGET', schedule, 'due', 'tryingFor', 'tryingWhy', 'kind'))
  if not (due and tried and why and kind) then return end
  if isAccepted(runs, due) then due = tried end
  local untilMs = due == tried and '' or ',"untilMs":' .. tried
  enterRun(runs, due, '{"scheduledMs":' .. due .. untilMs .. ',"atMs":' .. string.format('%.0f', now) ..
    ',"outcome":"missed","byHand":false,"kind":"' .. kind .. '","job":null,"error":' .. why .. '}')
  trimRuns(runs, now)
  redis.call('HDEL', schedule, 'tryingFor', 'tryingSince', 'tryingWhy')
end`;
