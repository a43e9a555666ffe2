import { createScript } from '../../../redis/script.ts';
import { LINE, POSITION, RUNS } from '../line/line.ts';

/** So many of those that hold a job are told. */
const MOST_HOLDERS = 20;

/**
 * Reads a job and where it is, at one moment.
 * KEYS: job, completed, failed, delayed, active, wait, paused, meta-paused, paused since. ARGV: id, key prefix, then
 * the hash fields to read.
 * Answers nil, or [state, position (1 = next, 0 = none), queue depth, field values, when a delayed job runs (ms, else 0),
 * since when the queue is paused (ms; 0: not known, '': it is not), 1 when the job's caller has as many runs as it may,
 * the first jobs that hold it and since when (name, ms, name, ...)].
 * Sets are asked by score, and lists by LPOS for what is in no line: Bull's own getState walks the lists in 23-32 ms at
 * 100,000 jobs.
 */
export const readJobScript = createScript(
  'heavyliftReadJob',
  9,
  `
local prefix = ARGV[2]
${LINE}${POSITION}${RUNS}
local values = redis.pcall('HMGET', KEYS[1], unpack(ARGV, 3))
-- A key of another type: a damaged record.
if values.err then values = {''} end
if not values[1] then return nil end
local waiting, paused = redis.call('LLEN', KEYS[6]), redis.call('LLEN', KEYS[7])
local depth = waiting + paused + redis.call('ZCARD', KEYS[4])
local state, position, isOver, due = 'waiting', 0, 0, redis.call('ZSCORE', KEYS[4], ARGV[1])
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then state = 'completed'
elseif redis.call('ZSCORE', KEYS[3], ARGV[1]) then state = 'failed'
elseif due then state = 'delayed'
elseif redis.call('ZSCORE', prefix .. 'line', ARGV[1]) then
  position = positionOf(ARGV[1])
  local caller = callerOf(ARGV[1])
  local _, most = shareOf(caller)
  if most then
    local _, _, isCallerOver = countRuns(KEYS[5])
    isOver = isCallerOver(caller) and 1 or 0
  end
elseif redis.call('LPOS', KEYS[5], ARGV[1]) then state = 'active'
else
  local function find(list, length)
    local index = redis.call('LPOS', list, ARGV[1], 'RANK', -1)
    return index and length - index or 0
  end
  position = find(KEYS[6], waiting)
  if position == 0 then position = find(KEYS[7], paused) end
end
local since = redis.call('EXISTS', KEYS[8]) == 1 and (redis.call('GET', KEYS[9]) or '0') or ''
local holders = redis.call('ZRANGE', KEYS[1] .. ':holders', 0, ${MOST_HOLDERS - 1}, 'WITHSCORES')
-- Bull's score of a delayed job is its time in ms, times 4096.
return {state, position, depth, values, due and math.floor(due / 4096) or 0, since, isOver, holders}`,
);
