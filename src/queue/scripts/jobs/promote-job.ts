import { createScript, NOW } from '../../../redis/script.ts';

/**
 * Lets a delayed job run now.
 * KEYS: delayed. ARGV: id.
 * Answers 1, or 0 when the job is not delayed.
 */
export const promoteJobScript = createScript(
  'heavyliftPromoteJob',
  1,
  `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
${NOW}
redis.call('ZADD', KEYS[1], now * 4096, ARGV[1])
redis.call('PUBLISH', KEYS[1], now)
return 1`,
  { atFullMemory: true },
);
