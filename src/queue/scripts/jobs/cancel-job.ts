import { createScript } from '../../../redis/script.ts';
import { HISTORY } from '../history.ts';
import { LINE } from '../line/line.ts';
import { USAGE } from '../usage.ts';

/**
 * Cancels a job wherever it is.
 * KEYS: job, wait, paused, delayed, priority, active, failed, cancelled, usage. ARGV: id, the reason to store,
 * key prefix.
 * Answers 'cancelled' (it did not run), 'stopping' (it runs, and its run reads the flag with the lock), 'ended', or nil
 * when there is no such job.
 * One that waited goes to Bull's failed set, so that listing, retention and retry find it like any other;
 * the cancelled set tells the two apart where they are counted.
 */
export const cancelJobScript = createScript(
  'heavyliftCancelJob',
  9,
  `
local prefix = ARGV[3]
${LINE}
if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
local id = ARGV[1]
if redis.call('LPOS', KEYS[6], id) then
  redis.call('HSET', KEYS[1], 'cancel', 1)
  return 'stopping'
end
local listed = redis.call('LREM', KEYS[2], -1, id) + redis.call('LREM', KEYS[3], -1, id)
local found = listed + redis.call('ZREM', KEYS[4], id)
if found == 0 then return 'ended' end
redis.call('ZREM', KEYS[5], id)
leaveLine(id)
redis.call('HSET', KEYS[1], 'failedReason', ARGV[2], 'finishedOn', now)
redis.call('ZADD', KEYS[7], now, id)
redis.call('SADD', KEYS[8], id)
${USAGE}
changeUsage(KEYS[1], KEYS[9], 0)
${HISTORY}
note('cancelled', 1)
writeHistory(prefix .. 'history')
redis.call('PUBLISH', KEYS[7], cjson.encode({jobId = id}))
return 'cancelled'`,
  { atFullMemory: true },
);
