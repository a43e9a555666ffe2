import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './fault.ts';

const HELD_MS = 5000;
const FILLER = 'drill:filler';
const LEAST_MEMORY = 64_000_000;
/** The beginning of a command whose rest was never written. */
const CUT_OFF_COMMAND = '*3\r\n$3\r\nSET\r\n$9\r\nheavyli';

export const REDIS: readonly Fault[] = [
  {
    name: 'redis-at-its-limit',
    strike: ({ withRedis }) =>
      withRedis(async (redis) => {
        const [, limit = '0'] = (await redis.config('GET', 'maxmemory')) as string[];
        // The least that a Redis of the product has, and more than that in use.
        await redis.setrange(FILLER, LEAST_MEMORY, 'x');
        await redis.config('SET', 'maxmemory', String(LEAST_MEMORY));
        await delay(HELD_MS);
        await redis.del(FILLER);
        await redis.config('SET', 'maxmemory', limit);
      }),
  },
  {
    name: 'redis-demoted',
    strike: ({ withRedis }) =>
      withRedis(async (redis) => {
        await redis.replicaof('127.0.0.1', 1);
        await delay(HELD_MS);
        await redis.replicaof('NO', 'ONE');
      }),
  },
  {
    name: 'log-cut-off',
    async strike({ paths, launcher, start }) {
      await launcher().stop();
      const folder = join(paths.redis, 'appendonlydir');
      const [last] = readdirSync(folder)
        .filter((name) => name.endsWith('.incr.aof'))
        .sort()
        .toReversed();
      appendFileSync(join(folder, last as string), CUT_OFF_COMMAND);
      await start();
    },
  },
];
