import { createScript } from '../../redis/script.ts';

/**
 * Moves the records of an address to hashes of it. Notes may hold the address (servers repeat it) and are dropped.
 * KEYS: 1 the records, 2 their members by the newest entry, 3 how many of them each caller has. ARGV: of each owner the
 * member with the address, that with its hash, and the owner.
 * Returns how many records were moved.
 */
export const forgetScript = createScript(
  'heavyliftForgetSuppressed',
  3,
  `
local moved = 0
for i = 1, #ARGV, 3 do
  local plain, hashed, owner = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local text = redis.call('HGET', KEYS[1], plain)
  if text then
    local record = cjson.decode(redis.call('HGET', KEYS[1], hashed) or '{}')
    for stream, entry in pairs(cjson.decode(text)) do
      -- What a link entered can be taken back by it: it takes the place of nothing else.
      local old = record[stream]
      if not (entry[4] and old and not old[4]) then record[stream] = { entry[1], '', entry[3], entry[4] } end
    end
    local isNew = redis.call('HSET', KEYS[1], hashed, cjson.encode(record)) == 1
    redis.call('ZADD', KEYS[2], redis.call('ZSCORE', KEYS[2], plain) or 0, hashed)
    redis.call('HDEL', KEYS[1], plain)
    redis.call('ZREM', KEYS[2], plain)
    if owner ~= '' and not isNew then redis.call('HINCRBY', KEYS[3], owner, -1) end
    moved = moved + 1
  end
end
return moved`,
);
