import { createScript } from '../../../redis/script.ts';
import { HISTORY } from '../history.ts';
import { LINE } from '../line/line.ts';
import { USAGE } from '../usage.ts';

/**
 * Erases a job that does not run.
 * KEYS: job, log, lock, wait, paused, delayed, priority, active, completed, failed, erasures, tombstones,
 * callers, cancelled, usage.
 * ARGV: id, key prefix, how many tombstones to keep (0: none is made), the state in which its files were removed,
 * the name of the file of inputs that it shares, or '', what the tombstone is to know (`tombstone.ts`) or ''.
 * Answers 1, 2 when it was the last of those that share that file and no more are to come, or 0 while it runs: then it is
 * marked to be stopped, and entered into the erasures. A job that ran since
 * its files were looked for is entered too: it has left new ones.
 */
export const eraseJobScript = createScript(
  'heavyliftEraseJob',
  15,
  `
local prefix = ARGV[2]
${LINE}
local id, seen = ARGV[1], ARGV[4]
local ended = redis.call('ZSCORE', KEYS[9], id) or redis.call('ZSCORE', KEYS[10], id)
local ran = ended and (seen == 'waiting' or seen == 'delayed') or seen == 'active'
if redis.call('LPOS', KEYS[8], id) or (ran and redis.call('EXISTS', KEYS[1]) == 1) then
  redis.call('HSET', KEYS[1], 'cancel', 1)
  redis.call('SADD', KEYS[11], id)
  return 0
end
leaveLine(id)
-- Those of a damaged record are not known.
local isRead, indexes = pcall(function() return cjson.decode(redis.call('HGET', KEYS[1], 'indexes')) end)
for _, index in ipairs(isRead and indexes or {}) do
  local key = ARGV[2] .. 'index:' .. index
  local caller = string.match(index, '^caller:(.*)$')
  if redis.call('ZREM', key, id) == 1 and caller and redis.call('EXISTS', key) == 0 then
    redis.call('SREM', KEYS[13], caller)
    redis.call('HDEL', prefix .. 'shares', caller)
  end
end
local answer = 1
if ARGV[5] ~= '' and redis.call('EXISTS', KEYS[1]) == 1 then
  local shared = ARGV[2] .. 'shared:' .. ARGV[5]
  if redis.call('DECR', shared) <= 0 then
    redis.call('DEL', shared)
    if redis.call('EXISTS', shared .. ':held') == 0 then answer = 2 end
  end
end
${USAGE}
if usageOf(KEYS[1]) == 1 then
  ${HISTORY}
  note('erased', 1)
  writeHistory(prefix .. 'history')
end
changeUsage(KEYS[1], KEYS[15], 0, 0)
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[1] .. ':holders', KEYS[1] .. ':failed-rows')
for list = 4, 5 do redis.call('LREM', KEYS[list], 0, id) end
for set = 6, 7 do redis.call('ZREM', KEYS[set], id) end
for set = 9, 10 do redis.call('ZREM', KEYS[set], id) end
for _, set in ipairs({11, 14}) do redis.call('SREM', KEYS[set], id) end
redis.call('ZREM', prefix .. 'in-doubt', id)
if tonumber(ARGV[3]) > 0 then
  local known = KEYS[12] .. ':known'
  redis.call('ZADD', KEYS[12], now, id)
  if ARGV[6] ~= '' then redis.call('HSET', known, id, ARGV[6]) end
  local over = math.min(redis.call('ZCARD', KEYS[12]) - ARGV[3], 1000)
  for _, old in ipairs(over > 0 and redis.call('ZRANGE', KEYS[12], 0, over - 1) or {}) do
    redis.call('ZREM', KEYS[12], old)
    redis.call('HDEL', known, old)
  end
end
return answer`,
  { atFullMemory: true },
);
