import { createScript } from '../../redis/script.ts';
import { USAGE } from './usage.ts';

/**
 * Has a job count for what it takes, in place of what it counted for.
 * KEYS: job, usage. ARGV: caller, 1 unless it has ended, bytes in Redis, bytes of its input in storage, bytes in storage.
 */
export const setUsageScript = createScript(
  'heavyliftSetUsage',
  2,
  `
${USAGE}
if redis.call('EXISTS', KEYS[1]) == 0 then return end
setUsage(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]))`,
  { atFullMemory: true },
);

/**
 * Has a job count for bytes that it keeps in storage beside all else, in place of those that it kept before.
 * KEYS: job, usage. ARGV: how many, what its caller's jobs of the kind may come to in storage, or '', the field that has them.
 * Answers nil, or how much else the caller's jobs have in storage where there is no room for so many more, nothing written.
 */
export const keepBytesScript = createScript(
  'heavyliftKeepBytes',
  2,
  `
${USAGE}
if redis.call('EXISTS', KEYS[1]) == 0 then return end
local waits, _, _, stored, caller = usageOf(KEYS[1])
local kept = tonumber(redis.call('HGET', KEYS[1], ARGV[3])) or 0
local more, limit = tonumber(ARGV[1]) - kept, tonumber(ARGV[2])
if waits then
  local _, _, _, sum = sumsOf(KEYS[2], caller)
  if limit and more > 0 and sum + more > limit then return sum - kept end
  changeUsage(KEYS[1], KEYS[2], waits, math.max(0, stored + more))
end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[1])`,
  { atFullMemory: true },
);

/**
 * Sums up what some jobs of a caller count for.
 * KEYS: the caller's index, completed, failed. ARGV: key prefix, the first and the last of them.
 * Answers [how many there are, jobs that have not ended, their bytes in Redis, of their inputs, bytes in storage, ids of
 * the jobs that count for nothing, or as if they had not ended].
 */
export const sumUsageScript = createScript(
  'heavyliftSumUsage',
  3,
  `
${USAGE}
local ids = redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[3])
local sums, unclear = {0, 0, 0, 0}, {}
for _, id in ipairs(ids) do
  local waits, bytes, input, stored = usageOf(ARGV[1] .. id)
  local ended = waits == 1 and (redis.call('ZSCORE', KEYS[2], id) or redis.call('ZSCORE', KEYS[3], id))
  if not waits or ended then
    unclear[#unclear + 1] = id
  else
    sums = {sums[1] + waits, sums[2] + waits * bytes, sums[3] + waits * input, sums[4] + stored}
  end
end
return {#ids, sums[1], sums[2], sums[3], sums[4], unclear}`,
);

/**
 * Sets a caller's sums, unless they were changed meanwhile.
 * KEYS: usage. ARGV: caller, how often they had been changed, the sums with blanks between.
 * Answers 1 when they were wrong, else 0.
 */
export const healUsageScript = createScript(
  'heavyliftHealUsage',
  1,
  `
local text = redis.call('HGET', KEYS[1], ARGV[1]) or ''
local sums, changes = string.match(text, '^(%d+ %d+ %d+ %d+) (%d+)$')
if sums and (changes ~= ARGV[2] or sums == ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3] .. ' ' .. (changes or '0'))
return 1`,
  { atFullMemory: true },
);

/**
 * Reads what the callers' jobs of a kind take.
 * KEYS: usage, active. ARGV: key prefix.
 * Answers [[caller, sums, caller, sums, ...], the callers of the jobs that run, one for each].
 */
export const readUsageScript = createScript(
  'heavyliftReadUsage',
  2,
  `
${USAGE}
local running = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  local _, _, _, _, caller = usageOf(ARGV[1] .. id)
  if caller then running[#running + 1] = caller end
end
return {redis.call('HGETALL', KEYS[1]), running}`,
);
