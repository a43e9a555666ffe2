import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { clockSkewMs, isTimeKnown, setTime } from '../clock.ts';
import type { Log } from '../log.ts';
import { isCluster } from './cluster.ts';
import { roomKey } from './keys.ts';
import { createScript } from './script.ts';

/** How often a process measures how far Redis' clock is from its own monotonic one, beside each connect. */
const MEASURE_EVERY_MS = 5000;
/** An answer that took longer says little of the time it tells. */
const LONGEST_TRIP_MS = 200;
/** A machine's clock that is further off is told of. */
const TOLD_SKEW_MS = 5000;

/** After a connect, which may lead to another machine, a slow answer is no reason to keep what is known. */
const TRIES_AT_CONNECT = 5;

const timeScript = createScript(
  'heavyliftTime',
  1,
  `-- The time of the server that has the slot of KEYS[1].
return redis.call('TIME')`,
);

/**
 * Reads Redis' time (ms). The nodes of a cluster have a clock each: it is that of the one which has this room's keys, and decides on
 * them.
 */
export async function readTime(redis: Redis, room = 'deployment'): Promise<number> {
  const answer = isCluster(redis) ? await timeScript(redis, [roomKey(room, 'time')], []) : await redis.time();
  const [seconds, microseconds] = answer as [string, string];
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

/** Reads the time (ms, whole) behind which nothing is that lies in these rooms now. Rejects as Redis does. */
export async function readLatestTime(redis: Redis, rooms: readonly string[]): Promise<number> {
  const nodes = isCluster(redis) && rooms.length > 0 ? rooms : [undefined];
  const times = await Promise.all(nodes.map((room) => readTime(redis, room)));
  return Math.floor(Math.max(...times));
}

/**
 * Measures Redis' time anew; the error is half the time of the round trip. Answers false where that was too long to tell more than
 * is known. Rejects as Redis does.
 */
export async function measureClock(redis: Redis, room?: string): Promise<boolean> {
  const askedAt = performance.now();
  const time = await readTime(redis, room);
  const answeredAt = performance.now();
  if (isTimeKnown() && answeredAt - askedAt > LONGEST_TRIP_MS) return false;
  setTime(time, (askedAt + answeredAt) / 2);
  return true;
}

/** Keeps Redis' time measured over a connection until that ends, and tells once of a machine whose clock is off. */
export function keepClock(redis: Redis, log: Log): void {
  let isTold = false;
  const measure = async (tries = 1) => {
    if (redis.status !== 'ready') return;
    for (let left = tries; left > 0 && !(await measureClock(redis)); left -= 1);
    const skewMs = clockSkewMs();
    const isOff = Math.abs(skewMs) > TOLD_SKEW_MS;
    if (isOff && !isTold) {
      const seconds = Math.round(Math.abs(skewMs) / 1000);
      const direction = skewMs > 0 ? 'ahead of' : 'behind';
      log.warn(`this machine's clock is ${seconds} s ${direction} that of Redis, whose time is used; set it right`);
    }
    isTold = isOff;
  };
  const repeat = async () => {
    while (redis.status !== 'end') {
      await measure().catch(() => {});
      await delay(MEASURE_EVERY_MS, undefined, { ref: false });
    }
  };
  redis.on('ready', () => void measure(TRIES_AT_CONNECT).catch(() => {}));
  void repeat();
}
