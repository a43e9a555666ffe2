import { createScript } from '../../redis/script.ts';

/**
 * Gives up an action, so that the next one may do it.
 * KEYS: the action. ARGV: the mark of who claimed it; another one's claim stays.
 */
export const releaseActionScript = createScript(
  'heavyliftReleaseAction',
  1,
  `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`,
);
