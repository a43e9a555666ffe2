import { createScript } from '../../../redis/script.ts';
import { HEAVY_SLOTS } from './heavy-slots.ts';

/**
 * Releases a job's heavy slot, and promotes as many of those that wait as have room now.
 * KEYS: heavy running, heavy waiting, delayed. ARGV: see `heavy-slots.ts`.
 */
export const releaseSlotScript = createScript(
  'heavyliftReleaseSlot',
  3,
  `${HEAVY_SLOTS}
local free = countFree()
for _, other in ipairs(firstOf(free)) do
  if free <= 0 then break end
  if stillWaits(other) then
    free = free - 1
    if redis.call('ZADD', KEYS[3], 'XX', 'CH', now * 4096, other) == 1 then redis.call('PUBLISH', KEYS[3], now) end
  end
end
return 1`,
);
