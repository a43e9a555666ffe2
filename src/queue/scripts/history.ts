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
local function increase(key, field, count)
  local sum = redis.pcall('HINCRBY', key, field, count)
  if type(sum) == 'number' then return sum end
  if type(redis.pcall('HDEL', key, field)) ~= 'number' then redis.pcall('DEL', key) end
  return redis.pcall('HINCRBY', key, field, count)
end
local function writeHistory(history)
  local minute = history .. ':minute:' .. math.floor(now / 60000)
  for field, count in pairs(noted) do
    if increase(minute, field, count) == count then redis.pcall('EXPIRE', minute, ${MINUTE_KEPT_SECONDS}) end
    increase(history .. ':totals', field, count)
  end
end`;
