import { createScript } from '../../../redis/script.ts';
import { CLAIM_FIELDS, toLuaArguments } from '../../job-fields.ts';

/**
 * Claims a job for a new run.
 * KEYS: job. ARGV: run, 1 when it may start at once, deaths to add or '' where an open run's death is not known.
 * Answers nil, nothing written, when that death is to be found out first, else [1 when the run has started, runs,
 * crashes, cancel, retries, final, retriedAt, stalls].
 */
export const claimRunScript = createScript(
  'heavyliftClaimRun',
  1,
  `
local old = redis.call('HMGET', KEYS[1], ${toLuaArguments(CLAIM_FIELDS)})
if old[1] and old[2] and ARGV[3] == '' then return nil end
old[4] = (tonumber(old[4]) or 0) + (tonumber(ARGV[3]) or 0)
local starts = ARGV[2] == '1' and old[4] == 0 and not old[9] and not old[5]
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'crashes', old[4], 'progress', '0')
if ARGV[3] == '1' and old[1] then redis.call('HSET', KEYS[1], 'lost', (redis.call('HGET', KEYS[1], 'lost') or '') .. old[1] .. ' ') end
redis.call('HDEL', KEYS[1], 'waits', starts and 'waits' or 'begun')
if starts then redis.call('HSET', KEYS[1], 'begun', 1) end
return {starts and 1 or 0, unpack(old, 3, 9)}`,
  { atFullMemory: true },
);
