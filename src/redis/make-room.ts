/**
 * Lua of scripts: `makeRoom(key, own, at)` takes a field out of a hash that is full, whose values are JSON with the `caller` that each
 * is about: the newest, by its number `at`, of the caller who has the most, where that is more than `own` would have. Answers whether
 * it did. What names no caller stays.
 */
export const MAKE_ROOM = `
local function makeRoom(key, own, at)
  local all, counts, newest, most = redis.call('HGETALL', key), {}, {}, nil
  for i = 1, #all, 2 do
    local value = cjson.decode(all[i + 1])
    local caller = value.caller
    if caller then
      counts[caller] = (counts[caller] or 0) + 1
      if not newest[caller] or value[at] >= newest[caller].at then
        newest[caller] = { at = value[at], field = all[i] }
      end
      if not most or counts[caller] > counts[most] then most = caller end
    end
  end
  if not most or counts[most] <= (counts[own] or 0) + 1 then return false end
  redis.call('HDEL', key, newest[most].field)
  return true
end
`;
