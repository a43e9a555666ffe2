import { queueKey, queueKeys } from '../../redis/keys.ts';
import { createScript, NOW } from '../../redis/script.ts';
import { DEATH } from './timeline.ts';

/** The KEYS of the script. */
export const letGoKeys = (kind: string): string[] =>
  queueKeys(kind, 'active', 'wait', 'paused', 'meta-paused', 'stalled');

/** What the key of a job begins with; its id follows. */
export const jobPrefix = (kind: string): string => queueKey(kind, '');

/**
 * Lets go the jobs of workers that have ended: they run again at once instead of when their locks end.
 * KEYS: active list, wait list, paused list, meta-paused, stalled set. ARGV: `jobPrefix`, the tokens of these workers.
 * Answers with the ids of the jobs. A run that had started counts as a crash, as the next claim would count it.
 */
export const LET_GO = `${NOW}${DEATH}
local ended = {}
for index = 2, #ARGV do ended[ARGV[index]] = true end
local target = redis.call('EXISTS', KEYS[4]) == 1 and KEYS[3] or KEYS[2]
local ids = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local job = ARGV[1] .. id
  if ended[redis.call('GET', job .. ':lock') or ''] then
    redis.call('DEL', job .. ':lock')
    redis.call('LREM', KEYS[1], 1, id)
    redis.call('SREM', KEYS[5], id)
    if redis.call('HDEL', job, 'begun') == 1 then
      redis.call('HINCRBY', job, 'crashes', 1)
      noteDeath(job, redis.call('HGET', job, 'run') or '')
    end
    redis.call('HDEL', job, 'run')
    redis.call('RPUSH', target, id)
    redis.call('LPUSH', ARGV[1] .. 'bell', 1)
    redis.call('PUBLISH', KEYS[5] .. '@', id)
    ids[#ids + 1] = id
  end
end
return ids`;

export const letGoScript = createScript('heavyliftLetGo', 5, LET_GO);
