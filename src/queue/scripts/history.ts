import { BOUNDS_MS } from '../history/figures.ts';

/** So long the counts of a minute are kept; the janitor has made hours of them by then. */
const MINUTE_KEPT_SECONDS = 26 * 3600;

/**
 * The beginning of a script that counts what happens to jobs, after `NOW`: `note` and `noteTime` collect, `writeHistory`
 * adds it to the kind's minute and to its totals, hashes whose fields `history/figures.ts` names. `history` is `historyKey`.
 * What is damaged there begins anew: no job is lost or doubled since it could not be counted.
 */
export const HISTORY = `
local BOUNDS, noted = {${BOUNDS_MS.join(', ')}}, {}
local function note(field, count) noted[field] = (noted[field] or 0) + count end
local function noteTime(name, ms)
  ms = math.max(0, math.floor(ms))
  local bucket = 1
  while BOUNDS[bucket] and ms > BOUNDS[bucket] do bucket = bucket + 1 end
  note(name .. ':' .. bucket, 1)
  note(name .. ':ms', ms)
end
-- A run that began then has ended; the wait until a job's first run counts once.
local function noteRun(began, isCounted, timestamp, entered, waited)
  began = tonumber(began or '') or now
  if isCounted then noteTime('run', now - began) end
  if not waited then noteTime('wait', began - (tonumber(entered or timestamp or '') or began)) end
end
local call = redis.pcall
local function increase(key, field, count)
  local sum = call('HINCRBY', key, field, count)
  if type(sum) == 'number' then return sum end
  if type(call('HDEL', key, field)) ~= 'number' then call('DEL', key) end
  return call('HINCRBY', key, field, count)
end
local function writeHistory(history)
  local minute, totals, isNew = history .. ':minute:' .. math.floor(now / 60000), history .. ':totals', nil
  for field, count in pairs(noted) do
    isNew = increase(minute, field, count) == count or isNew
    increase(totals, field, count)
  end
  if isNew then call('EXPIRE', minute, ${MINUTE_KEPT_SECONDS}) end
end`;
