import { createScript, NOW } from '../../redis/script.ts';

/** A hold whose release was lost, of a job that never ended, goes with its key. */
export const HOLDERS_KEPT_SECONDS = 33 * 86_400;

/**
 * Holds a record for a job that names its file.
 * KEYS: the record's hash, its holders. ARGV: the name of the job, for how long the holders are kept (s).
 * Answers 1, or 0 when the record is gone or about to go.
 */
export const holdRecordScript = createScript(
  'heavyliftHoldRecord',
  2,
  `
if redis.call('EXISTS', KEYS[1]) == 0 or redis.pcall('HEXISTS', KEYS[1], 'going') == 1 then return 0 end
${NOW}
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 1`,
);

/**
 * Ends the holds of jobs. A record whose last hold ends is where the janitor looks first again, as if it had never been
 * held.
 * KEYS: the record's hash, its holders, completed, failed. ARGV: the record's id, then the names of the jobs.
 */
export const releaseRecordScript = createScript(
  'heavyliftReleaseRecord',
  4,
  `
if redis.call('ZREM', KEYS[2], unpack(ARGV, 2)) == 0 or redis.call('EXISTS', KEYS[2]) == 1 then return end
local ended = tonumber(redis.pcall('HGET', KEYS[1], 'finishedOn'))
if not ended then return end
for set = 3, 4 do
  if redis.call('ZSCORE', KEYS[set], ARGV[1]) then redis.call('ZADD', KEYS[set], ended, ARGV[1]) end
end`,
  { atFullMemory: true },
);

/**
 * Marks a record as about to go: no job can hold it from now on, and nobody can run it again or write at it.
 * KEYS: the record's hash, its holders, then the sorted set that it was found in, if it was in one. ARGV: 1 to leave one alone
 * that is held or that a link leads to, the record's id, up to which score it was looked for there.
 * Answers 1, or 0 when it is left alone: also one that is in that set no more, or further up by now.
 */
export const markGoingScript = createScript(
  'heavyliftMarkGoing',
  null,
  `
if KEYS[3] then
  local score = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[2]))
  if not score or score > tonumber(ARGV[3]) then return 0 end
end
if ARGV[1] == '1' then
  ${NOW}
  if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
  if (tonumber(redis.pcall('HGET', KEYS[1], 'linkedUntil')) or 0) > now then return 0 end
end
-- A damaged record may be of another type.
if redis.call('EXISTS', KEYS[1]) == 1 then redis.pcall('HSET', KEYS[1], 'going', 1) end
return 1`,
  { atFullMemory: true },
);

/**
 * Keeps a record until a time at least.
 * KEYS: the record's hash. ARGV: until when (ms).
 */
export const keepRecordScript = createScript(
  'heavyliftKeepRecord',
  1,
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return end
local kept = tonumber(redis.pcall('HGET', KEYS[1], 'linkedUntil')) or 0
if tonumber(ARGV[1]) > kept then redis.pcall('HSET', KEYS[1], 'linkedUntil', ARGV[1]) end`,
);
