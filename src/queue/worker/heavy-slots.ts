import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import { queueKey } from '../../redis/keys.ts';
import { createScript } from '../../redis/script.ts';
import { readWorkers } from '../counts.ts';

/**
 * The lane of a kind's heavy jobs. Each worker process keeps half of its places for light jobs, and where each has just
 * one, one of all; where there is no other place at all, a heavy job lets those that wait go first, once. Heavy jobs are
 * large ones too: the lane bounds the memory that a worker takes. Nothing here lives in a process: who runs in the lane is
 * told by job locks, which end with their worker, and who waits for it lies in the delayed set and comes up again by itself.
 * `laneKeys` are the sets of jobs that run in it and that wait for it (by when they first asked), and the wait list.
 */
const laneKeys = (kind: string) => ['lane:running', 'lane:waiting', 'wait'].map((name) => queueKey(kind, name));

/** A job that waits for the lane looks again after this at the latest; it is told earlier when there is room. */
const LOOK_AGAIN_SECONDS = { first: 5, last: 60 };
const YIELD_SECONDS = 0.05;

const COMMON = `
local running, waiting, id, now, prefix = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
local places, heavyPlaces = tonumber(ARGV[4]), tonumber(ARGV[5])
local function free()
  local taken = 0
  for _, other in ipairs(redis.call('SMEMBERS', running)) do
    if other ~= id and redis.call('EXISTS', prefix .. other .. ':lock') == 1 then taken = taken + 1
    else redis.call('SREM', running, other) end
  end
  return heavyPlaces - taken
end
-- Who has ended or was erased waits no longer.
local function waits(other)
  if redis.call('EXISTS', prefix .. other) == 1 and redis.call('HEXISTS', prefix .. other, 'finishedOn') == 0 then return true end
  redis.call('ZREM', waiting, other)
  return false
end
local function oldest(count)
  return redis.call('ZRANGE', waiting, 0, count + 20)
end
`;

/**
 * Keys: running, waiting, wait list; arguments: id, now in ms, prefix of job keys, places of all workers, and how many
 * of them heavy jobs may take. Answers 0 when the job may run, -1 when it lets lighter ones go first, else how many wait for the lane, itself included.
 * The free places belong to those who have waited longest, wherever they are in the line.
 */
const enterScript = createScript(
  'heavyliftEnterLane',
  3,
  `${COMMON}
local room = free()
local asked = redis.call('ZADD', waiting, 'NX', now, id) == 0
if places <= 1 and not asked and redis.call('LLEN', KEYS[3]) > 0 then return -1 end
local before = 0
for _, other in ipairs(oldest(room)) do
  if other == id or before >= room then break end
  if waits(other) then before = before + 1 end
end
if before >= room then return redis.call('ZCARD', waiting) end
redis.call('ZREM', waiting, id)
redis.call('SADD', running, id)
return 0`,
);

/** Keys: running, waiting, delayed set; arguments as above. Brings up as many of those who wait as have room now. */
const leaveScript = createScript(
  'heavyliftLeaveLane',
  3,
  `${COMMON}
local room = free()
for _, other in ipairs(oldest(room)) do
  if room <= 0 then break end
  if waits(other) then
    room = room - 1
    if redis.call('ZADD', KEYS[3], 'XX', 'CH', now * 4096, other) == 1 then redis.call('PUBLISH', KEYS[3], now) end
  end
end
return 1`,
);

/** Places a job in the lane, or throws slots_full: the job is to come up again then. */
export async function enterLane(redis: Redis, kind: string, id: string): Promise<void> {
  const waiting = Number(await enterScript(redis, laneKeys(kind), await laneArguments(redis, kind, id)));
  if (waiting === 0) return;
  const { first, last } = LOOK_AGAIN_SECONDS;
  const retryAfterSeconds = waiting < 0 ? YIELD_SECONDS : Math.min(first + waiting, last);
  throw new AppError('slots_full', 'Other heavy jobs run; this one waits for its turn.', { retryAfterSeconds });
}

/** Gives a job's place in the lane to the one that has waited for it longest. */
export async function leaveLane(redis: Redis, kind: string, id: string): Promise<void> {
  const [running = '', waiting = ''] = laneKeys(kind);
  const keys = [running, waiting, queueKey(kind, 'delayed')];
  await leaveScript(redis, keys, await laneArguments(redis, kind, id));
}

/** Takes an erased job out of the lane's sets. */
export async function forgetInLane(redis: Redis, kind: string, id: string): Promise<void> {
  const [running = '', waiting = ''] = laneKeys(kind);
  await Promise.all([redis.srem(running, id), redis.zrem(waiting, id)]);
}

/** How many of all places heavy jobs may take. */
export function heavyPlaces(concurrencies: readonly number[]): number {
  const halves = concurrencies.map((concurrency) => Math.max(1, Math.floor(concurrency / 2)));
  return Math.max(1, Math.min(sum(concurrencies) - 1, sum(halves)));
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

async function laneArguments(redis: Redis, kind: string, id: string): Promise<(string | number)[]> {
  const concurrencies = (await readWorkers(redis, [kind])).map(({ concurrency }) => concurrency);
  return [id, Date.now(), queueKey(kind, ''), sum(concurrencies), heavyPlaces(concurrencies)];
}
