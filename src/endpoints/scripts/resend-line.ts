import { createScript, NOW } from '../../redis/script.ts';

/**
 * Looks at which place a webhook has in the line of those that its endpoint is sent again; what has ended or is gone
 * leaves the line's head.
 * KEYS: the line. ARGV: 1 the webhook's id, 2 the beginning of the webhooks' keys.
 * Answers 0 for the first and for one that is in no line, else how many are before it.
 */
export const placeInLineScript = createScript(
  'heavyliftPlaceInLine',
  1,
  `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
while true do
  local head = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  if head == ARGV[1] then return 0 end
  local job = ARGV[2] .. head
  if redis.call('EXISTS', job) == 1 and redis.call('HEXISTS', job, 'finishedOn') == 0 then
    return redis.call('ZRANK', KEYS[1], ARGV[1])
  end
  redis.call('ZREM', KEYS[1], head)
end`,
);

/**
 * Takes a webhook out of the line and lets the next one go.
 * KEYS: 1 the line, 2 the delayed webhooks. ARGV: 1 the webhook's id, empty to let the first go, 2 the beginning of the
 * webhooks' keys, 3 the field that says that somebody asked for it: it is set where the first is let go.
 * Answers whether one was let go.
 */
export const leaveLineScript = createScript(
  'heavyliftLeaveLine',
  2,
  `
local isFirst = ARGV[1] == ''
if not isFirst and redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
while true do
  local head = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  if not head then return 0 end
  local job = ARGV[2] .. head
  if redis.call('EXISTS', job) == 1 and redis.call('HEXISTS', job, 'finishedOn') == 0 then
    ${NOW}
    if isFirst then redis.call('HSET', job, ARGV[3], '1') end
    if redis.call('ZADD', KEYS[2], 'XX', 'CH', now * 4096, head) == 1 then redis.call('PUBLISH', KEYS[2], now) end
    return 1
  end
  redis.call('ZREM', KEYS[1], head)
end`,
);
