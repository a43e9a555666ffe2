import { createScript } from '../../redis/script.ts';

/**
 * Removes the entries of one stream, or of all; unless forced, nothing at all when a bounce or complaint is among them.
 * KEYS: 1 the records, 2 their members by the newest entry. ARGV: 1 `1` to force, 2 the stream ('' for all), then
 * members.
 * Returns 0 = there was none, 1 = removed, 2 = protected.
 */
export const removeScript = createScript(
  'heavyliftRemoveSuppression',
  2,
  `
local force, answer = ARGV[1] == '1', 0
local plan = {}
for i = 3, #ARGV do
  local text = redis.call('HGET', KEYS[1], ARGV[i])
  local record, left = cjson.decode(text or '{}'), 0
  for stream, entry in pairs(record) do
    if ARGV[2] == '' or ARGV[2] == stream then
      if not force and (entry[1] == 'bounce' or entry[1] == 'complaint') then return 2 end
      record[stream] = nil
      answer = 1
    else
      left = left + 1
    end
  end
  if text then plan[#plan + 1] = { ARGV[i], left, record } end
end
for _, one in ipairs(plan) do
  if one[2] > 0 then
    redis.call('HSET', KEYS[1], one[1], cjson.encode(one[3]))
  else
    redis.call('HDEL', KEYS[1], one[1])
    redis.call('ZREM', KEYS[2], one[1])
  end
end
return answer`,
);
