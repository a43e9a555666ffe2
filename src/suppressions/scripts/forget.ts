import { createScript } from '../../redis/script.ts';

/**
 * Moves the record of an address to its hash. Notes may hold the address (servers repeat it) and are dropped.
 * KEYS: 1 the records, 2 their members by the newest entry. ARGV: 1 the address, 2 its hash.
 * Returns 1, or 0 when the address was not on the list.
 */
export const forgetScript = createScript(
  'heavyliftForgetSuppressed',
  2,
  `
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return 0 end
local record = cjson.decode(redis.call('HGET', KEYS[1], ARGV[2]) or '{}')
for stream, entry in pairs(cjson.decode(text)) do record[stream] = { entry[1], '', entry[3] } end
redis.call('HSET', KEYS[1], ARGV[2], cjson.encode(record))
redis.call('ZADD', KEYS[2], redis.call('ZSCORE', KEYS[2], ARGV[1]) or 0, ARGV[2])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1`,
);
