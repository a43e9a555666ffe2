import { LINE } from '../line/line.ts';

/**
 * The shared beginning of the scripts of heavy slots.
 * KEYS: heavy running, heavy waiting, then the script's own.
 * ARGV: id, prefix of job keys, slots of all workers, how many of them heavy jobs may hold.
 */
export const HEAVY_SLOTS = `
local running, waiting, id, prefix = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
${LINE}
local slots, heavySlots = tonumber(ARGV[3]), tonumber(ARGV[4])
-- A job without a lock runs no more: its worker is gone.
local function countFree()
  local taken = 0
  for _, other in ipairs(redis.call('SMEMBERS', running)) do
    if other ~= id and redis.call('EXISTS', prefix .. other .. ':lock') == 1 then taken = taken + 1
    else redis.call('SREM', running, other) end
  end
  return heavySlots - taken
end
-- A job that has ended or was erased waits no more.
local function stillWaits(other)
  local job = prefix .. other
  if redis.call('EXISTS', job) == 1 and redis.call('HEXISTS', job, 'finishedOn') == 0 then return true end
  redis.call('ZREM', waiting, other)
  return false
end
local function firstOf(count)
  return redis.call('ZRANGE', waiting, 0, count + 20)
end
-- Where the next turn of the job's caller lies: callers take the slots in turns, as in the kind's line.
local function nextTurn()
  local caller, first = callerOf(id), redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
  local tags = prefix .. 'heavy:tags'
  if not first[1] then redis.call('DEL', tags) end
  local last = tonumber(redis.call('HGET', tags, caller) or '') or 0
  local turn = math.max(last, tonumber(first[2] or '') or 0) + turnOf(caller)
  redis.call('HSET', tags, caller, turn)
  return turn
end
`;
