import { createScript, NOW } from '../../../redis/script.ts';
import { RETRY_CLEARS, toLuaArguments } from '../../read/job-fields.ts';
import { HISTORY } from '../history.ts';
import { USAGE } from '../usage.ts';

/**
 * Puts webhooks into the line of those that their endpoint is sent again: ended ones run again from the start, delayed
 * ones wait for their turn.
 * KEYS: 1 completed, 2 failed, 3 cancelled, 4 delayed, 5 usage, 6 the line, 7 the tests, which are left out.
 * ARGV: 1 the beginning of the jobs' keys, 2 when they look by themselves at the latest (ms from now), then of each
 * webhook its id and the time of its event (ms).
 * Answers how many were put there.
 */
export const resendJobsScript = createScript(
  'heavyliftResendJobs',
  7,
  `
${NOW}
${USAGE}${HISTORY}
local count = 0
for index = 3, #ARGV, 2 do
  local id = ARGV[index]
  local job = ARGV[1] .. id
  if redis.call('EXISTS', job) == 1 and not redis.call('ZSCORE', KEYS[7], id) then
    local due = (now + ARGV[2]) * 4096
    if redis.call('ZREM', KEYS[1], id) + redis.call('ZREM', KEYS[2], id) > 0 then
      changeUsage(job, KEYS[5], 1)
      note('in', 1)
      redis.call('SREM', KEYS[3], id)
      redis.call('HDEL', job, ${toLuaArguments(RETRY_CLEARS)})
      redis.call('HSET', job, 'attemptsMade', 0, 'retriedAt', now)
      redis.call('HINCRBY', job, 'retries', 1)
      redis.call('ZADD', KEYS[4], due, id)
    else
      redis.call('ZADD', KEYS[4], 'XX', due, id)
    end
    redis.call('ZADD', KEYS[6], ARGV[index + 1], id)
    count = count + 1
  end
end
writeHistory(ARGV[1] .. 'history')
return count`,
);
