import { createScript, NOW } from '../../../src/redis/script.ts';

// KEYS of both scripts: 1 when calls of a rate were sent, 2 those that wait for it, 3 those that are under way (scored by
// when they end at the latest), 4 the delayed calls, 5 when the next one is due. Times are Redis' own, in milliseconds.

/**
 * Lets a call be sent, unless its rate is used up. ARGV: 1 the call's id, 2 so many calls (0: no limit) 3 in so many
 * milliseconds, 4 so many at once (0: no limit), 5 how long its place is kept, 6 the beginning of the jobs' keys, 7 how
 * long a call waits until it asks again.
 * Returns what keeps it (`in`, `rate`, `slot`), for how many milliseconds, and the name of its sending.
 * Sendings are spread evenly: whoever waits comes back at its own time, by how many wait before it. What is late by less
 * than a quarter of the time is made up for, at half of the distance; but never more than the limit are sent in any time
 * of that length.
 */
export const enterRateScript = createScript(
  'heavyliftEnterRate',
  5,
  `${NOW}
local id, count, window, atOnce = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for _ = 1, 1000 do
  local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  if not first or first == id then break end
  local job = ARGV[6] .. first
  if redis.call('EXISTS', job) == 1 and redis.call('HEXISTS', job, 'finishedOn') == 0 then break end
  redis.call('ZREM', KEYS[2], first)
end
redis.call('ZADD', KEYS[2], 'NX', now, id)
local rank = redis.call('ZRANK', KEYS[2], id)
local keep = math.max(2 * window, 3600000)
redis.call('PEXPIRE', KEYS[2], keep)
if atOnce > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
  local taken = redis.call('ZCARD', KEYS[3]) - (redis.call('ZSCORE', KEYS[3], id) and 1 or 0)
  if taken >= atOnce then return {'slot', math.min(1000 + 50 * rank, tonumber(ARGV[7])), ''} end
end
local sending = ''
if count > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
  local interval = window / count
  local last = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2] or 0)
  local due = math.max(tonumber(redis.call('GET', KEYS[5]) or 0), now - window / 4)
  local isFull = redis.call('ZCARD', KEYS[1]) >= count
  if isFull or last + interval / 2 > now or due + math.max(0, rank - math.ceil(1000 / interval)) * interval > now then
    local at = math.max(due + interval * rank, last + interval / 2 * (rank + 1))
    if isFull then at = math.max(at, tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]) + window) end
    return {'rate', math.min(math.max(1, math.ceil(at - now)), tonumber(ARGV[7])), ''}
  end
  sending = id .. ':' .. now
  redis.call('ZADD', KEYS[1], now, sending)
  redis.call('PEXPIRE', KEYS[1], window)
  redis.call('SET', KEYS[5], due + interval, 'PX', math.ceil(window + interval))
end
redis.call('ZREM', KEYS[2], id)
if atOnce > 0 then
  redis.call('ZADD', KEYS[3], now + ARGV[5], id)
  redis.call('PEXPIRE', KEYS[3], math.max(keep, tonumber(ARGV[5])))
end
return {'in', 0, sending}`,
);

/**
 * Gives a call's place back, and promotes one that waits for it. ARGV: 1 the call's id, 2 its sending, where nothing was
 * sent after all, 3 the beginning of the jobs' keys, 4 milliseconds between sendings.
 */
export const leaveRateScript = createScript(
  'heavyliftLeaveRate',
  5,
  `${NOW}
if ARGV[2] ~= '' and redis.call('ZREM', KEYS[1], ARGV[2]) == 1 then
  local due = tonumber(redis.call('GET', KEYS[5]) or 0) - ARGV[4]
  if due > 0 then redis.call('SET', KEYS[5], due, 'PX', math.max(1, math.ceil(due - now + 4 * ARGV[4]))) end
end
if redis.call('ZREM', KEYS[3], ARGV[1]) == 0 then return 0 end
local at = math.max(now, math.ceil(tonumber(redis.call('GET', KEYS[5]) or 0)))
for _, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, 20)) do
  local job = ARGV[3] .. other
  if redis.call('EXISTS', job) == 0 or redis.call('HEXISTS', job, 'finishedOn') == 1 then
    redis.call('ZREM', KEYS[2], other)
  elseif redis.call('ZSCORE', KEYS[4], other) then
    if redis.call('ZADD', KEYS[4], 'XX', 'LT', 'CH', at * 4096, other) == 1 then redis.call('PUBLISH', KEYS[4], at) end
    return 1
  end
end
return 0`,
);
