import { createScript } from '../../../redis/script.ts';

/**
 * Renews a running job's lock.
 * KEYS: lock, stalled set, active list, job. ARGV: token, lock in ms, id, run.
 * Answers 1 while the run owns the job, 2 when it does and is to stop (cancelled), 0 once another run owns it.
 * A lock that ran out while Redis was away is taken again when no other run has started: the job goes on instead of
 * running twice.
 */
export const renewLockScript = createScript(
  'heavyliftRenewLock',
  4,
  `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
if redis.call('HGET', KEYS[4], 'run') ~= ARGV[4] then return 0 end
if not owner and not redis.call('LPOS', KEYS[3], ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SREM', KEYS[2], ARGV[3])
return redis.call('HEXISTS', KEYS[4], 'cancel') + 1`,
  { atFullMemory: true },
);
