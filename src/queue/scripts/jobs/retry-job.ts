import { createScript, NOW } from '../../../redis/script.ts';
import { RETRY_CLEARS, toLuaArguments } from '../../read/job-fields.ts';
import { HISTORY } from '../history.ts';
import { TIMELINE } from '../timeline.ts';
import { USAGE } from '../usage.ts';

/**
 * Runs an ended job again from the start.
 * KEYS: the ended set that the job is in, job, delayed, cancelled, usage, history, those in doubt. ARGV: id, then
 * fields that it is to have, each with its value.
 * Answers 1, or 0 when the job is not in that set, or about to be erased.
 * It goes through the delayed set because promotion restores the priority, which Bull's own retry forgets.
 */
export const retryJobScript = createScript(
  'heavyliftRetryJob',
  7,
  `
if redis.pcall('HEXISTS', KEYS[2], 'going') == 1 or redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
${NOW}
${USAGE}
changeUsage(KEYS[2], KEYS[5], 1)
${HISTORY}${TIMELINE}
note('in', 1)
writeHistory(KEYS[6])
redis.call('SREM', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[7], ARGV[1])
redis.call('HDEL', KEYS[2], ${toLuaArguments(RETRY_CLEARS)})
if #ARGV > 1 then redis.call('HSET', KEYS[2], unpack(ARGV, 2)) end
redis.call('HSET', KEYS[2], 'attemptsMade', 0, 'retriedAt', now)
redis.call('HINCRBY', KEYS[2], 'retries', 1)
noteTimeline(KEYS[2], {code = 'run_again', used = true})
redis.call('ZADD', KEYS[3], now * 4096, ARGV[1])
redis.call('PUBLISH', KEYS[3], now)
return 1`,
);
