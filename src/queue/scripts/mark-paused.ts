import { createScript, NOW } from '../../redis/script.ts';

/**
 * Records when a queue is paused; a pause that stands keeps its time.
 * KEYS: paused since, meta-paused.
 */
export const markPausedScript = createScript(
  'heavyliftMarkPaused',
  2,
  `
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('DEL', KEYS[1]) end
${NOW}
return redis.call('SET', KEYS[1], now, 'NX')`,
);
