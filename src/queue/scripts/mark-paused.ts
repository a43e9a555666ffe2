import { createScript, NOW } from '../../redis/script.ts';

/**
 * Records when a queue is paused, and by whom; a pause that stands keeps both.
 * KEYS: paused since, meta-paused, paused by. ARGV: the name of a key, or ''.
 */
export const markPausedScript = createScript(
  'heavyliftMarkPaused',
  3,
  `
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('DEL', KEYS[1], KEYS[3]) end
${NOW}
if redis.call('SET', KEYS[1], now, 'NX') and ARGV[1] ~= '' then redis.call('SET', KEYS[3], ARGV[1]) end`,
);
