import { createScript } from '../../redis/script.ts';

/**
 * Takes a lock for a time.
 * KEYS: lock. ARGV: token, time in ms. Answers 1 when it is the token's now, else 0.
 * One that is the token's already is taken again: the answer to the first try may have been lost.
 */
export const takeLockScript = createScript(
  'heavyliftTakeLock',
  1,
  `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`,
  { atFullMemory: true },
);
