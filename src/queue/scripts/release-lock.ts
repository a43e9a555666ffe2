import { createScript } from '../../redis/script.ts';

/**
 * Lets a lock or a claim go, so that the next one may have it.
 * KEYS: it. ARGV: the token of who has it; another one's stays.
 */
export const releaseLockScript = createScript(
  'heavyliftReleaseLock',
  1,
  `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`,
  { atFullMemory: true },
);
