import type { Redis } from 'ioredis';

/**
 * Where Bull's scripts take this machine's time as an argument: the time a job starts and ends by, what is due, and when
 * stalled jobs were looked for.
 */
const TIME_ARGUMENTS: Readonly<Record<string, number>> = {
  updateDelaySet: 2,
  moveToActive: 4,
  moveToFinished: 2,
  moveStalledJobsToWait: 3,
};

/** Redis' time in ms, and how far it is ahead of the time that was given. */
const takeRedisTime = (argument: number): string => `
local time = redis.call('TIME')
local redisNow = time[1] * 1000 + math.floor(time[2] / 1000)
local ahead = redisNow - tonumber(ARGV[${argument}])
ARGV[${argument}] = string.format('%d', redisNow)
`;

/**
 * Makes Bull's scripts on this connection use Redis' time: a worker whose clock is off would run jobs early or late. Call
 * it before Bull defines its scripts.
 */
export function useRedisTime(redis: Redis): void {
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, definition) => {
    const argument = TIME_ARGUMENTS[name];
    if (argument === undefined) return define(name, definition);
    const { lua } = definition;
    const timed = takeRedisTime(argument) + (name === 'updateDelaySet' ? tellLocalTime(lua) : lua);
    return define(name, { ...definition, lua: timed });
  };
}

/** The next due time is compared with this machine's clock: it is told in that one's time (Bull's scores, ms x 4096). */
const tellLocalTime = (lua: string): string => `
local function promote()
${lua}
end
local due = promote()
if not due then return due end
return string.format('%.0f', tonumber(due) - ahead * 4096)
`;
