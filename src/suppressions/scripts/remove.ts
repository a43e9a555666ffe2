import { createScript } from '../../redis/script.ts';

/**
 * Removes the entries of one stream, or of all.
 * KEYS: 1 the records, 2 their members by the newest entry, 3 how many of them each caller has. ARGV: 1 the stream (''
 * for all), 2 a time (ms): only bounces until then; `link`: only what a link entered; '': whatever there is; then member
 * and owner of each.
 * Returns 1, or 0 when there was none.
 */
export const removeScript = createScript(
  'heavyliftRemoveSuppression',
  3,
  `
local answer, past = 0, tonumber(ARGV[2])
for i = 3, #ARGV, 2 do
  local text = redis.call('HGET', KEYS[1], ARGV[i])
  local record, left, found = cjson.decode(text or '{}'), 0, false
  for stream, entry in pairs(record) do
    local isMeant = ARGV[2] == '' or (ARGV[2] == 'link' and entry[4])
      or (past and entry[1] == 'bounce' and entry[3] <= past)
    if isMeant and (ARGV[1] == '' or ARGV[1] == stream) then
      record[stream] = nil
      found = true
    else
      left = left + 1
    end
  end
  if found then
    answer = 1
    if left > 0 then
      redis.call('HSET', KEYS[1], ARGV[i], cjson.encode(record))
    else
      redis.call('HDEL', KEYS[1], ARGV[i])
      redis.call('ZREM', KEYS[2], ARGV[i])
      if ARGV[i + 1] ~= '' and redis.call('HINCRBY', KEYS[3], ARGV[i + 1], -1) <= 0 then
        redis.call('HDEL', KEYS[3], ARGV[i + 1])
      end
    end
  end
end
return answer`,
);
