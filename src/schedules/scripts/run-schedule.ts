import { createScript, NOW } from '../../redis/script.ts';
import { ENTER_RUN } from './enter-run.ts';

/**
 * Takes schedules whose time has come, so that no other process looks at them for a while.
 * KEYS: when they are looked at. ARGV: 1 how many, 2 for how long they are taken (ms).
 * Answers Redis' time (ms) and how they are called among all.
 */
export const takeDueScript = createScript(
  'heavyliftTakeDueSchedules',
  1,
  `
${NOW}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, member in ipairs(due) do redis.call('ZADD', KEYS[1], now + ARGV[2], member) end
return {string.format('%.0f', now), unpack(due)}`,
);

/**
 * Enters times that are over, and moves on to the next one where the due time is still the one that was read.
 * KEYS: 1 the schedule, 2 its times that are over, 3 the due times, 4 when they are looked at.
 * ARGV: 1 how it is called among all, 2 when it was made, 3 the due time that was read ('': it stays as it is), 4 the next time,
 * 5 what becomes of the number of refusals (0, 1 more, '': nothing), then time and text of each entry.
 * Answers whether it moved on.
 */
export const noteRunsScript = createScript(
  'heavyliftNoteScheduleRuns',
  4,
  `${ENTER_RUN}
local was = redis.call('HMGET', KEYS[1], 'madeAt', 'due')
if was[1] ~= ARGV[2] then return 0 end
for index = 6, #ARGV, 2 do enterRun(KEYS[2], ARGV[index], ARGV[index + 1]) end
${NOW}
trimRuns(KEYS[2], now)
if ARGV[5] == '0' then redis.call('HDEL', KEYS[1], 'refusals') end
if ARGV[5] == '1' then redis.call('HINCRBY', KEYS[1], 'refusals', 1) end
if ARGV[3] == '' or was[2] ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'due', ARGV[4])
redis.call('HDEL', KEYS[1], 'tryingFor', 'tryingSince', 'tryingWhy')
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[4], ARGV[1])
return 1`,
);

/**
 * Notes that a time could not be run yet, and when it is tried again; nothing where the due time is another one by now.
 * KEYS: 1 the schedule, 2 when they are looked at.
 * ARGV: 1 how it is called among all, 2 the due time that was read, 3 the time that is tried, 4 why it could not be run, 5 the wait (ms).
 */
export const tryLaterScript = createScript(
  'heavyliftTryScheduleLater',
  2,
  `
local was = redis.call('HMGET', KEYS[1], 'due', 'tryingFor')
if was[1] ~= ARGV[2] then return 0 end
${NOW}
if was[2] ~= ARGV[3] then redis.call('HSET', KEYS[1], 'tryingFor', ARGV[3], 'tryingSince', now) end
redis.call('HSET', KEYS[1], 'tryingWhy', ARGV[4])
redis.call('ZADD', KEYS[2], now + ARGV[5], ARGV[1])
return 1`,
  { atFullMemory: true },
);
