import { createScript, NOW } from '../../redis/script.ts';

/**
 * Makes an endpoint, or changes what its owner chose.
 * KEYS: 1 the endpoint, 2 the names of its caller's, 3 the callers that have endpoints. ARGV: 1 name, 2 caller, 3 url,
 * 4 events and 5 kinds (JSON, or empty), 6 sealed secrets for a new one, 7 how many a caller may have, 8 `1` to pause it,
 * `0` to let it go on, empty to leave that as it is.
 * Answers 2 when it is new, 1 when it was there, 0 when the caller has as many as it may have.
 */
export const putEndpointScript = createScript(
  'heavyliftPutEndpoint',
  3,
  `
${NOW}
local isNew = redis.call('EXISTS', KEYS[1]) == 0
if isNew then
  if redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[7]) then return 0 end
  redis.call('HSET', KEYS[1], 'madeAt', now, 'secrets', ARGV[6])
  redis.call('SADD', KEYS[2], ARGV[1])
  redis.call('SADD', KEYS[3], ARGV[2])
elseif redis.call('HGET', KEYS[1], 'url') ~= ARGV[3] then
  redis.call('HDEL', KEYS[1], 'failingSince')
end
redis.call('HSET', KEYS[1], 'url', ARGV[3], 'events', ARGV[4], 'kinds', ARGV[5], 'changedAt', now)
if ARGV[8] == '1' and redis.call('HEXISTS', KEYS[1], 'pausedReason') == 0 then
  redis.call('HSET', KEYS[1], 'pausedReason', 'owner', 'pausedAt', now)
elseif ARGV[8] == '0' then
  redis.call('HDEL', KEYS[1], 'pausedReason', 'pausedAt', 'failingSince')
end
return isNew and 2 or 1`,
);
