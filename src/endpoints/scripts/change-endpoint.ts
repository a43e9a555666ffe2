import { createScript, NOW } from '../../redis/script.ts';

/**
 * Removes an endpoint.
 * KEYS: 1 the endpoint, 2 the names of its caller's, 3 the callers that have endpoints, 4 its deliveries that are sent
 * again. ARGV: 1 name, 2 caller.
 * Answers whether it was there.
 */
export const removeEndpointScript = createScript(
  'heavyliftRemoveEndpoint',
  4,
  `
local removed = redis.call('DEL', KEYS[1])
redis.call('DEL', KEYS[4])
redis.call('SREM', KEYS[2], ARGV[1])
if redis.call('SCARD', KEYS[2]) == 0 then redis.call('SREM', KEYS[3], ARGV[2]) end
return removed`,
);

/**
 * Puts other sealed secrets in the place of those that were read.
 * KEYS: the endpoint. ARGV: what was read, what stands there now.
 * Answers whether it was done: somebody else may have changed them.
 */
export const replaceSecretsScript = createScript(
  'heavyliftReplaceSecrets',
  1,
  `
if redis.call('HGET', KEYS[1], 'secrets') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'secrets', ARGV[2])
return 1`,
);

/**
 * Pauses an endpoint, unless it is paused or gone.
 * KEYS: the endpoint. ARGV: the reason.
 * Answers whether it was done.
 */
export const pauseEndpointScript = createScript(
  'heavyliftPauseEndpoint',
  1,
  `
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'pausedReason') == 1 then return 0 end
${NOW}
redis.call('HSET', KEYS[1], 'pausedReason', ARGV[1], 'pausedAt', now)
return 1`,
);

/**
 * Notes how an attempt to send something to an endpoint went, and pauses one that wants no more, or failed too long.
 * KEYS: the endpoint. ARGV: 1 when it was made (ms), 2 how it went (`taken`, `failed`, `gone`), 3 how long every attempt
 * may fail (ms).
 * Answers the reason where it is paused now; nothing is noted of one that was removed or made anew.
 */
export const noteAttemptScript = createScript(
  'heavyliftNoteAttempt',
  1,
  `
if redis.call('HGET', KEYS[1], 'madeAt') ~= ARGV[1] then return false end
${NOW}
if ARGV[2] == 'taken' then
  redis.call('HDEL', KEYS[1], 'failingSince')
  redis.call('HSET', KEYS[1], 'takenAt', now)
  return false
end
redis.call('HSETNX', KEYS[1], 'failingSince', now)
if redis.call('HEXISTS', KEYS[1], 'pausedReason') == 1 then return false end
local reason = ARGV[2] == 'gone' and 'gone'
if now - redis.call('HGET', KEYS[1], 'failingSince') >= tonumber(ARGV[3]) then reason = reason or 'failing' end
if reason then redis.call('HSET', KEYS[1], 'pausedReason', reason, 'pausedAt', now) end
return reason`,
);
