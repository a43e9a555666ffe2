import { createScript } from '../../redis/script.ts';

/**
 * Writes a marker and reads the sizes of queues in the same step.
 * KEYS: the marker; then of each kind the lists wait, paused and active, the sorted sets delayed, completed and failed, the
 * set cancelled, meta-paused, the time of the pause and who paused it. ARGV: the marker.
 * Returns ten answers for each kind, in that order.
 */
export const markCountsScript = createScript(
  'heavyliftMarkCounts',
  null,
  `
local sizes = {'LLEN', 'LLEN', 'LLEN', 'ZCARD', 'ZCARD', 'ZCARD', 'SCARD', 'EXISTS', 'GET', 'GET'}
local counts = {}
for index = 2, #KEYS do
  counts[index - 1] = redis.call(sizes[(index - 2) % 10 + 1], KEYS[index]) or 0
end
redis.call('SET', KEYS[1], ARGV[1])
return counts`,
  { atFullMemory: true },
);
