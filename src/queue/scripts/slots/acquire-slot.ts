import { createScript } from '../../../redis/script.ts';
import { HEAVY_SLOTS } from './heavy-slots.ts';

/**
 * Takes a heavy slot for a job, or enters the job among those that wait for one.
 * KEYS: heavy running, heavy waiting, wait list. ARGV: see `heavy-slots.ts`.
 * Answers 0 when the job may run, -1 when it lets lighter ones go first, else how many wait for a slot, itself
 * included. The free slots belong to those whose turn it is, wherever they are in the line.
 */
export const acquireSlotScript = createScript(
  'heavyliftAcquireSlot',
  3,
  `${HEAVY_SLOTS}
local free = countFree()
local asked = redis.call('ZSCORE', waiting, id) ~= false
if not asked then redis.call('ZADD', waiting, nextTurn(), id) end
if slots <= 1 and not asked and redis.call('LLEN', KEYS[3]) > 0 then return -1 end
local before = 0
for _, other in ipairs(firstOf(free)) do
  if other == id or before >= free then break end
  if stillWaits(other) then before = before + 1 end
end
if before >= free then return redis.call('ZCARD', waiting) end
redis.call('ZREM', waiting, id)
redis.call('SADD', running, id)
return 0`,
);
