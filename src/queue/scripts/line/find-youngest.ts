import { createScript } from '../../../redis/script.ts';
import { LINE, PATIENCE_MS, RUNS } from './line.ts';

/**
 * Finds the run that gives its place up for a caller who holds none and has waited too long, and marks its job: no job is
 * asked twice.
 * KEYS: active. ARGV: key prefix, places of all workers, ids of the runs that may be asked.
 * Answers the id of the youngest run, if it is one of these, and nil when nobody has to wait.
 */
export const findYoungestScript = createScript(
  'heavyliftFindYoungest',
  1,
  `
local prefix = ARGV[1]
${LINE}${RUNS}
local held, _, isOver, taken = countRuns(KEYS[1])
if taken < tonumber(ARGV[2]) then return nil end
local waits
for _, caller in ipairs(redis.call('ZRANGE', prefix .. 'turns', 0, -1)) do
  if not held[caller] and not isOver(caller) and now - waitsSince(caller) >= ${PATIENCE_MS} then waits = true end
end
if not waits then return nil end
local youngest, since = nil, -1
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local job = redis.call('HMGET', prefix .. id, 'processedOn', 'fetching', 'gaveWay')
  -- This run is about to give way: one is enough.
  if job[3] and job[3] == job[1] then return nil end
  local at = tonumber(job[1] or '') or 0
  if not job[2] and not job[3] and at > since then youngest, since = id, at end
end
for index = 3, #ARGV do
  if ARGV[index] == youngest then
    redis.call('HSET', prefix .. youngest, 'gaveWay', redis.call('HGET', prefix .. youngest, 'processedOn'))
    return youngest
  end
end
return nil`,
  { atFullMemory: true },
);
