import { createScript, NOW } from '../../../redis/script.ts';
import { USAGE } from '../usage.ts';

// Who writes at an unfinished upload. Its hash has, beside the fields of every job: `turn`, the number of the newest request that
// wanted to write; `writer`, the turn of the one that does, until when it does unless it says so again (ms), and its mark;
// `length`, how many bytes it is to have; `received`, how many there were when that was noted last; `unsure`, from where on what
// lies in storage does not count.

/** Who writes keeps the upload for as long as it does: none expires under a request that goes on with it. */
const KEEP_FOR_LEASE = `redis.call('ZADD', KEYS[2], 'XX', 'GT', now + lease, id)`;

/**
 * Has a request write at an upload. A newer one takes over: who writes hears of it, and whoever waits gives up.
 * KEYS: job, unfinished uploads. ARGV: id, the request's turn, or '' for a new one, its mark, for how long it writes unless it says
 * so again (ms), the mark of a writer that is known to be dead, or ''.
 * Answers ['gone'], ['whole'], ['newer'], ['busy', turn, mark of who writes] or ['yours', turn, received, unsure or ''].
 */
export const takeUploadScript = createScript(
  'heavyliftTakeUpload',
  2,
  `
${NOW}
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'going') == 1 then return {'gone'} end
if redis.call('HEXISTS', KEYS[1], 'turn') == 0 then return {'whole'} end
local id, lease = ARGV[1], tonumber(ARGV[4])
local turn = tonumber(ARGV[2]) or redis.call('HINCRBY', KEYS[1], 'turn', 1)
if tonumber(redis.call('HGET', KEYS[1], 'turn')) > turn then return {'newer'} end
local writer = redis.call('HGET', KEYS[1], 'writer') or ''
local other, ends, mark = string.match(writer, '^(%d+) (%d+) (.+)$')
if other and tonumber(other) ~= turn and tonumber(ends) > now and mark ~= ARGV[5] then return {'busy', turn, mark} end
redis.call('HSET', KEYS[1], 'writer', string.format('%d %d %s', turn, now + lease, ARGV[3]))
${KEEP_FOR_LEASE}
local values = redis.call('HMGET', KEYS[1], 'received', 'unsure')
return {'yours', turn, tonumber(values[1]) or 0, values[2] or ''}`,
);

/**
 * Says that a request still writes, or that it does no longer, and what it has written.
 * KEYS: job, unfinished uploads. ARGV: id, the request's turn, for how long it writes (ms; 0: no longer), after
 * which time the upload expires (ms), or '' as it is, bytes received, or '' as it is, from where on they do not count, or '' as it is.
 * Answers ['lost'] when another writes or the upload is gone, else ['wanted' or 'kept', when it expires (ms)].
 */
export const keepUploadScript = createScript(
  'heavyliftKeepUpload',
  2,
  `
${NOW}
local id, lease, turn = ARGV[1], tonumber(ARGV[3]), redis.call('HGET', KEYS[1], 'turn')
local mine, mark = string.match(redis.call('HGET', KEYS[1], 'writer') or '', '^(%d+) %d+ (.+)$')
-- Who let go, and does so again because the answer was lost: nobody else has come meanwhile.
if not mine and lease == 0 and turn == ARGV[2] then mine = turn end
if mine ~= ARGV[2] or redis.call('HEXISTS', KEYS[1], 'going') == 1 then return {'lost'} end
if lease > 0 then redis.call('HSET', KEYS[1], 'writer', string.format('%d %d %s', mine, now + lease, mark))
else redis.call('HDEL', KEYS[1], 'writer') end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'received', ARGV[5]) end
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'unsure', ARGV[6]) end
if ARGV[4] ~= '' then redis.call('ZADD', KEYS[2], 'XX', now + tonumber(ARGV[4]), id) end
${KEEP_FOR_LEASE}
return {tonumber(turn) > tonumber(mine) and 'wanted' or 'kept', redis.call('ZSCORE', KEYS[2], id) or now}`,
);

/**
 * Makes an upload whole: from now on it is the record of a job that has completed.
 * KEYS: job, completed, usage, unfinished uploads, those of the caller. ARGV: id, the turn of who writes, data, names of the sorted
 * sets that list it as JSON, caller, bytes in Redis, bytes in storage.
 * Answers ['whole', now], also where it was before, ['gone'], or ['lost'] when another writes.
 */
export const finishUploadScript = createScript(
  'heavyliftFinishUpload',
  5,
  `
${NOW}
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'going') == 1 then return {'gone'} end
if redis.call('HEXISTS', KEYS[1], 'turn') == 0 then return {'whole', tonumber(redis.call('HGET', KEYS[1], 'finishedOn'))} end
if string.match(redis.call('HGET', KEYS[1], 'writer') or '', '^%d+') ~= ARGV[2] then return {'lost'} end
${USAGE}
redis.call('HSET', KEYS[1], 'data', ARGV[3], 'indexes', ARGV[4], 'processedOn', now, 'finishedOn', now)
redis.call('HDEL', KEYS[1], 'turn', 'writer', 'length', 'received', 'unsure')
for set = 4, 5 do redis.call('ZREM', KEYS[set], ARGV[1]) end
redis.call('ZADD', KEYS[2], now, ARGV[1])
setUsage(KEYS[1], KEYS[3], ARGV[5], 0, tonumber(ARGV[6]), 0, tonumber(ARGV[7]))
return {'whole', now}`,
);

/**
 * Sums up what unfinished uploads are still to have.
 * KEYS: unfinished uploads. ARGV: key prefix, the most of them that are looked at.
 * Answers the bytes.
 */
export const sumUnfinishedScript = createScript(
  'heavyliftSumUnfinished',
  1,
  `
local sum = 0
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, tonumber(ARGV[2]) - 1)) do
  local values = redis.call('HMGET', ARGV[1] .. id, 'length', 'received')
  sum = sum + math.max(0, (tonumber(values[1]) or 0) - (tonumber(values[2]) or 0))
end
return string.format('%d', sum)`,
);
