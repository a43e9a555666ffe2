import { createScript } from '../../../redis/script.ts';

/**
 * Enters a job of the first data version into the indexes.
 * KEYS: job, callers. ARGV: id, key prefix, caller, names of the indexes as JSON.
 * Answers 1, or 0 for a job that is gone or has been entered before.
 */
export const adoptJobScript = createScript(
  'heavyliftAdoptJob',
  2,
  `
local at = redis.call('HGET', KEYS[1], 'timestamp')
if not at or redis.call('HSETNX', KEYS[1], 'indexes', ARGV[4]) == 0 then return 0 end
redis.call('SADD', KEYS[2], ARGV[3])
for _, index in ipairs(cjson.decode(ARGV[4])) do redis.call('ZADD', ARGV[2] .. 'index:' .. index, at, ARGV[1]) end
return 1`,
);
