import { createScript, NOW } from '../../redis/script.ts';
import { ENTER_RUN, MISS_TRIED } from './enter-run.ts';

/**
 * Makes a schedule, or puts another in its place. The time that is to be run next stays as it is unless the timing is another one, or the
 * schedule was paused; one that is tried is missed then, as where it is paused.
 * KEYS: 1 the schedule, 2 the names of its caller's, 3 the callers that have some, 4 the due times, 5 when they are looked at, 6 its times
 * that are over.
 * ARGV: 1 name, 2 caller, 3 how it is called among all, 4 cron, 5 time zone, 6 what is missed, 7 kind, 8 sealed work, 9 its bytes,
 * 10 what it holds, 11 the version that must be there (0: none; '': any), 12 how many a caller may have, 13 the next time (ms),
 * 14 whether it is paused ('': as it is).
 * Answers `made`, `put`, `same`, `changed` or `many`.
 */
export const putScheduleScript = createScript(
  'heavyliftPutSchedule',
  6,
  `${ENTER_RUN}${MISS_TRIED}
local was = redis.call('HMGET', KEYS[1], 'version', 'cron', 'timeZone', 'missed', 'work', 'pausedReason')
local version = tonumber(was[1] or '0')
local isThere = version > 0
local wasPaused = was[6] and true or false
local isPaused = wasPaused
if ARGV[14] ~= '' then isPaused = ARGV[14] == '1' end
local isTiming = was[2] == ARGV[4] and was[3] == ARGV[5]
if isThere and isTiming and was[4] == ARGV[6] and was[5] == ARGV[8] and isPaused == wasPaused then return 'same' end
if ARGV[11] ~= '' and tonumber(ARGV[11]) ~= version then return 'changed' end
if not isThere and redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[12]) then return 'many' end
${NOW}
if isPaused or wasPaused or not isTiming then missTried(KEYS[1], KEYS[6], now) end
redis.call('HSET', KEYS[1], 'version', version + 1, 'changedAt', now, 'cron', ARGV[4], 'timeZone', ARGV[5], 'missed', ARGV[6],
  'kind', ARGV[7], 'work', ARGV[8], 'bytes', ARGV[9], 'holds', ARGV[10])
redis.call('HSETNX', KEYS[1], 'madeAt', now)
redis.call('HDEL', KEYS[1], 'refusals')
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('SADD', KEYS[3], ARGV[2])
if isPaused then
  if not wasPaused then redis.call('HSET', KEYS[1], 'pausedReason', 'owner', 'pausedAt', now) end
  redis.call('HDEL', KEYS[1], 'due')
  redis.call('ZREM', KEYS[4], ARGV[3])
  redis.call('ZREM', KEYS[5], ARGV[3])
elseif not isTiming or wasPaused then
  redis.call('HDEL', KEYS[1], 'pausedReason', 'pausedAt')
  redis.call('HSET', KEYS[1], 'due', ARGV[13])
  redis.call('ZADD', KEYS[4], ARGV[13], ARGV[3])
  redis.call('ZADD', KEYS[5], ARGV[13], ARGV[3])
elseif redis.call('HEXISTS', KEYS[1], 'tryingFor') == 1 then
  -- It may be mended by that.
  redis.call('ZADD', KEYS[5], now, ARGV[3])
end
return isThere and 'put' or 'made'`,
);

/**
 * Removes a schedule and its history.
 * KEYS: 1 the schedule, 2 its times that are over, 3 the names of its caller's, 4 the callers that have some, 5 the due times, 6 when they
 * are looked at. ARGV: 1 name, 2 caller, 3 how it is called among all, 4 the version that must be there ('': any).
 * Answers `removed`, `none` or `changed`.
 */
export const removeScheduleScript = createScript(
  'heavyliftRemoveSchedule',
  6,
  `
local version = redis.call('HGET', KEYS[1], 'version')
if not version then return 'none' end
if ARGV[4] ~= '' and ARGV[4] ~= version then return 'changed' end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('SREM', KEYS[3], ARGV[1])
if redis.call('SCARD', KEYS[3]) == 0 then redis.call('SREM', KEYS[4], ARGV[2]) end
redis.call('ZREM', KEYS[5], ARGV[3])
redis.call('ZREM', KEYS[6], ARGV[3])
return 'removed'`,
  { atFullMemory: true },
);

/**
 * Pauses a schedule, unless it is paused or gone; a time that is tried is missed.
 * KEYS: 1 the schedule, 2 the due times, 3 when they are looked at, 4 its times that are over. ARGV: 1 the reason, 2 how it is called among all, 3 when it was
 * made ('': whenever).
 * Answers whether it was done.
 */
export const pauseScheduleScript = createScript(
  'heavyliftPauseSchedule',
  4,
  `${ENTER_RUN}${MISS_TRIED}
local was = redis.call('HMGET', KEYS[1], 'madeAt', 'pausedReason')
if not was[1] or was[2] or (ARGV[3] ~= '' and ARGV[3] ~= was[1]) then return 0 end
${NOW}
missTried(KEYS[1], KEYS[4], now)
redis.call('HSET', KEYS[1], 'pausedReason', ARGV[1], 'pausedAt', now)
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HDEL', KEYS[1], 'due')
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])
return 1`,
);

/**
 * Lets a schedule go on, unless it is not paused or gone.
 * KEYS: 1 the schedule, 2 the due times, 3 when they are looked at. ARGV: 1 how it is called among all, 2 the next time (ms).
 * Answers whether it was done.
 */
export const resumeScheduleScript = createScript(
  'heavyliftResumeSchedule',
  3,
  `
if redis.call('HEXISTS', KEYS[1], 'pausedReason') == 0 then return 0 end
redis.call('HDEL', KEYS[1], 'pausedReason', 'pausedAt')
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HSET', KEYS[1], 'due', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
return 1`,
);
