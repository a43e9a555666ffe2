import { createScript } from '../../redis/script.ts';

/**
 * Records when a queue is paused; a pause that stands keeps its time.
 * KEYS: paused since, meta-paused. ARGV: now in ms.
 */
export const markPausedScript = createScript(
  'heavyliftMarkPaused',
  2,
  `
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('DEL', KEYS[1]) end
return redis.call('SET', KEYS[1], ARGV[1], 'NX')`,
);
