import { createScript } from '../../redis/script.ts';

/**
 * A job and where it is, at one moment. Keys: job, completed, failed, delayed, active, wait, paused; arguments: id, then
 * hash fields. Answers nil, or [state, place in the line (1 = next, 0 = none), queue depth, field values].
 * Sets are asked by score and lists by LPOS: Bull's own getState walks the lists in 23-32 ms at 100,000 jobs, this takes 1-2.
 */
export const lookScript = createScript(
  'heavyliftLook',
  7,
  `
local values = redis.call('HMGET', KEYS[1], unpack(ARGV, 2))
if not values[1] then return nil end
local waiting, paused = redis.call('LLEN', KEYS[6]), redis.call('LLEN', KEYS[7])
local depth = waiting + paused + redis.call('ZCARD', KEYS[4])
local state, place = 'waiting', 0
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then state = 'completed'
elseif redis.call('ZSCORE', KEYS[3], ARGV[1]) then state = 'failed'
elseif redis.call('ZSCORE', KEYS[4], ARGV[1]) then state = 'delayed'
elseif redis.call('LPOS', KEYS[5], ARGV[1]) then state = 'active'
else
  -- The newest lie at the head: a job just added is found there without walking the list.
  local function find(list, length)
    local index = redis.call('LPOS', list, ARGV[1], 'MAXLEN', 100) or redis.call('LPOS', list, ARGV[1], 'RANK', -1)
    return index and length - index or 0
  end
  place = find(KEYS[6], waiting)
  if place == 0 then place = find(KEYS[7], paused) end
end
return {state, place, depth, values}`,
);

/**
 * Where a job just added stands: [place in the line (1 = next, 0 = not in it), queue depth]. Keys: wait, delayed;
 * argument: id. The newest lie at the head; 100 of them are more than one round trip can add.
 */
export const placeScript = createScript(
  'heavyliftPlace',
  2,
  `
local waiting = redis.call('LLEN', KEYS[1])
local index = redis.call('LPOS', KEYS[1], ARGV[1], 'MAXLEN', 100)
return {index and waiting - index or 0, waiting + redis.call('ZCARD', KEYS[2])}`,
);

/**
 * Opens the books of a new run. Keys: job; arguments: run, 1 when it may begin at once, deaths to add, or '' where an open
 * run's death is not known. Answers nil, nothing written, when that is to be found out first, else [1 when it has begun,
 * then runs, crashes, cancel, retries, final, retriedAt].
 */
export const openBooksScript = createScript(
  'heavyliftOpenBooks',
  1,
  `
local old = redis.call('HMGET', KEYS[1], 'run', 'begun', 'runs', 'crashes', 'cancel', 'retries', 'final', 'retriedAt')
if old[1] and old[2] and ARGV[3] == '' then return nil end
old[4] = (tonumber(old[4]) or 0) + (tonumber(ARGV[3]) or 0)
local begins = ARGV[2] == '1' and old[4] == 0 and not old[5]
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'crashes', old[4], 'progress', '0')
redis.call('HDEL', KEYS[1], 'waits', begins and 'waits' or 'begun')
if begins then redis.call('HSET', KEYS[1], 'begun', 1) end
return {begins and 1 or 0, unpack(old, 3)}`,
);

/**
 * Keeps a running job's lock. Keys: lock, stalled set, active list, job; arguments: token, lock ms, id, run.
 * Answers 1 while the run owns the job, 2 when it does and is to stop (cancelled), 0 once another run does. A lock that ran out while Redis was away is taken
 * again when nobody else has begun: the job goes on instead of running twice.
 */
export const keepLockScript = createScript(
  'heavyliftKeepLock',
  4,
  `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
if redis.call('HGET', KEYS[4], 'run') ~= ARGV[4] then return 0 end
if not owner and not redis.call('LPOS', KEYS[3], ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SREM', KEYS[2], ARGV[3])
return redis.call('HEXISTS', KEYS[4], 'cancel') + 1`,
);

/**
 * Closes a run's books before Bull moves the job on. Keys: job; arguments: run, 1 when it uses up an attempt, 1 when it
 * is the last. Answers 1, 2 when the job was cancelled meanwhile, or 0 when it is another run's by now and nothing was
 * changed. A worker that dies before the job is marked as ended has the last run repeated: \`final\` keeps that from
 * counting twice.
 */
export const endRunScript = createScript(
  'heavyliftEndRun',
  1,
  `
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'run', 'begun')
local cancelled = redis.call('HEXISTS', KEYS[1], 'cancel')
if ARGV[2] == '1' then
  if redis.call('HDEL', KEYS[1], 'final') == 0 then redis.call('HINCRBY', KEYS[1], 'runs', 1) end
  if ARGV[3] == '1' or cancelled == 1 then redis.call('HSET', KEYS[1], 'final', 1) end
end
return cancelled + 1`,
);

/**
 * Runs an ended job again from the start. Keys: the ended set it is in, job, delayed set; arguments: id, now in ms.
 * It goes through the delayed set because promotion restores the priority, which Bull's own retry forgets.
 * Answers 1, or 0 when the job is not in that set.
 */
export const retryScript = createScript(
  'heavyliftRetry',
  3,
  `
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[2], 'finishedOn', 'processedOn', 'failedReason', 'returnvalue', 'stacktrace', 'progress', 'run', 'begun', 'runs', 'final', 'crashes', 'cancel', 'stalledCounter')
redis.call('HSET', KEYS[2], 'attemptsMade', 0, 'retriedAt', ARGV[2])
redis.call('HINCRBY', KEYS[2], 'retries', 1)
redis.call('ZADD', KEYS[3], ARGV[2] * 4096, ARGV[1])
redis.call('PUBLISH', KEYS[3], ARGV[2])
return 1`,
);

/**
 * Lets a delayed job run now. Keys: delayed set; arguments: id, now in ms. Answers 1, or 0 when it is not in that set.
 */
export const wakeScript = createScript(
  'heavyliftWake',
  1,
  `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2] * 4096, ARGV[1])
redis.call('PUBLISH', KEYS[1], ARGV[2])
return 1`,
);

/**
 * Cancels a job wherever it is. Keys: job, wait, paused, delayed, priority, active, failed; arguments: id, the reason to
 * store, now in ms. Answers 'cancelled' (it had not begun), 'stopping' (it runs; its run hears of it), 'ended' or nil.
 * One that waited goes to Bull's failed set, so that listing, retention and retry find it like any other.
 */
export const cancelScript = createScript(
  'heavyliftCancel',
  7,
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
local id = ARGV[1]
if redis.call('LPOS', KEYS[6], id) then
  redis.call('HSET', KEYS[1], 'cancel', 1)
  return 'stopping'
end
local found = redis.call('LREM', KEYS[2], -1, id) + redis.call('LREM', KEYS[3], -1, id) + redis.call('ZREM', KEYS[4], id)
if found == 0 then return 'ended' end
redis.call('ZREM', KEYS[5], id)
redis.call('HSET', KEYS[1], 'failedReason', ARGV[2], 'finishedOn', ARGV[3])
redis.call('ZADD', KEYS[7], ARGV[3], id)
redis.call('PUBLISH', KEYS[7], cjson.encode({jobId = id}))
return 'cancelled'`,
);

/**
 * Forgets a job that does not run. Keys: job, its log, lock, wait, paused, delayed, priority, active, completed, failed,
 * erase set, expired set; arguments: id, now in ms or '' for no trace, how many expired ids to remember, the state in
 * which its files were removed. Answers 1, or 0 while it runs (then it is marked to be stopped, and remembered in the
 * erase set). A job that ran since its files were looked for is remembered too: it has left new ones.
 */
export const eraseScript = createScript(
  'heavyliftErase',
  12,
  `
local id, seen = ARGV[1], ARGV[4]
local ended = redis.call('ZSCORE', KEYS[9], id) or redis.call('ZSCORE', KEYS[10], id)
local ran = ended and (seen == 'waiting' or seen == 'delayed') or seen == 'active'
if redis.call('LPOS', KEYS[8], id) or (ran and redis.call('EXISTS', KEYS[1]) == 1) then
  redis.call('HSET', KEYS[1], 'cancel', 1)
  redis.call('SADD', KEYS[11], id)
  return 0
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
for list = 4, 5 do redis.call('LREM', KEYS[list], 0, id) end
for set = 6, 7 do redis.call('ZREM', KEYS[set], id) end
for set = 9, 10 do redis.call('ZREM', KEYS[set], id) end
redis.call('SREM', KEYS[11], id)
if ARGV[2] ~= '' then
  redis.call('ZADD', KEYS[12], ARGV[2], id)
  redis.call('ZREMRANGEBYRANK', KEYS[12], 0, -(ARGV[3] + 1))
end
return 1`,
);
