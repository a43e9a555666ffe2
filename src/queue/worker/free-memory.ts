import type { Redis } from 'ioredis';
import { AT_FULL_MEMORY } from '../../redis/script.ts';

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
 * only its runs needed. Call it before Bull defines its scripts.
 */
export function freeMemory(redis: Redis): void {
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, definition) => {
    if (!WORKER_SCRIPTS.includes(name)) return define(name, definition);
    const lua = name === 'moveToFinished' ? shedWhenCompleted(definition.lua) : definition.lua;
    return define(name, { ...definition, lua: AT_FULL_MEMORY + lua });
  };
}

/** Bull's script answers a negative number where it has done nothing. */
const shedWhenCompleted = (lua: string): string => `
local function finish()
${lua}
end
local answer = finish()
if type(answer) == 'number' and answer < 0 then return answer end
if string.sub(KEYS[2], -10) == ':completed' then
  local kept = redis.call('HGET', KEYS[3], 'kept')
  if kept then redis.call('HSET', KEYS[3], 'data', kept) end
  redis.call('HDEL', KEYS[3], 'kept', 'run', 'begun', 'lost', 'lastError', 'waitingOn')
end
return answer
`;
