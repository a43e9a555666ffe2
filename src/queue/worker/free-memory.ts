import type { Redis } from 'ioredis';
import { AT_FULL_MEMORY } from '../../redis/script.ts';
import { USAGE } from '../scripts/usage.ts';

/** Bull's scripts that a worker sends: what it puts back or ends must not fail where memory is out. */
const WORKER_SCRIPTS = [
  'moveToActive',
  'moveToFinished',
  'moveToDelayed',
  'moveStalledJobsToWait',
  'retryJob',
  'updateDelaySet',
];

/**
 * Makes Bull's scripts on this connection run in a Redis whose memory is full, and lets a completed job go without what
 * only its runs needed, and count for what it has left. Call it before Bull defines its scripts.
 */
export function freeMemory(redis: Redis): void {
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, definition) => {
    if (!WORKER_SCRIPTS.includes(name)) return define(name, definition);
    const lua = name === 'moveToFinished' ? shedWhenCompleted(definition.lua) : definition.lua;
    return define(name, { ...definition, lua: AT_FULL_MEMORY + lua });
  };
}

/**
 * Bull's script answers a negative number where it has done nothing. Two arguments come after Bull's own when a job
 * completes: the envelope that it keeps or '', and the bytes of its results; the answer is 1 where other jobs wait for its end.
 */
const shedWhenCompleted = (lua: string): string => `
local function finish()
${lua}
end
local answer = finish()
if not ARGV[13] or answer ~= 0 then return answer end
local job = KEYS[3]
if ARGV[13] ~= '' then redis.call('HSET', job, 'data', ARGV[13]) end
redis.call('HDEL', job, 'run', 'begun', 'lost', 'lastError', 'waitingOn')
${USAGE}
changeUsage(job, ARGV[9] .. 'usage', 0, nil, tonumber(ARGV[14]))
return redis.call('EXISTS', job .. ':waiters')
`;
