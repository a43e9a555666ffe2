import { createScript } from '../../redis/script.ts';

/**
 * Reads the position of a job that was just added.
 * KEYS: wait, delayed. ARGV: id.
 * Answers [position (1 = next, 0 = not in the line), queue depth].
 * The newest lie at the head; 100 of them are more than one round trip can add.
 */
export const readPositionScript = createScript(
  'heavyliftReadPosition',
  2,
  `
local waiting = redis.call('LLEN', KEYS[1])
local index = redis.call('LPOS', KEYS[1], ARGV[1], 'MAXLEN', 100)
return {index and waiting - index or 0, waiting + redis.call('ZCARD', KEYS[2])}`,
);
