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

/** Makes Bull's scripts on this connection run in a Redis whose memory is full. Call it before Bull defines its scripts. */
export function freeMemory(redis: Redis): void {
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, definition) => {
    const lua = WORKER_SCRIPTS.includes(name) ? AT_FULL_MEMORY + definition.lua : definition.lua;
    return define(name, { ...definition, lua });
  };
}
