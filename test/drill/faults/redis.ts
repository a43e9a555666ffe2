import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from '../deployment.ts';
import { configure, supervise } from './acts.ts';
import type { Fault, Mend } from './fault.ts';

const HELD_MS = 5000;
const FILLER = 'drill:filler';
/** The least that a Redis of the product has. */
const LEAST_MEMORY = 64_000_000;
/** What is in use by jobs does not tell beside so much. */
const MUCH_MEMORY = 256_000_000;
/** The beginning of a command whose rest was never written. */
const CUT_OFF_COMMAND = '*3\r\n$3\r\nSET\r\n$9\r\nheavyli';

/** Fills it, and sets its limit. */
async function fill(deployment: Deployment, bytes: number, limit: number): Promise<Mend> {
  await deployment.withRedis((redis) => redis.setrange(FILLER, bytes, 'x'));
  const mend = await configure(deployment, 'maxmemory', String(Math.floor(limit)));
  return async () => {
    await deployment.withRedis((redis) => redis.del(FILLER));
    await mend();
  };
}

export const REDIS: readonly Fault[] = [
  {
    name: 'redis-stopped',
    says: {
      code: 'redis_gone',
      text: /^Nothing is accepted: Redis is gone \((no socket there|connection refused)\)/,
    },
    async make(deployment) {
      await supervise(deployment, 'stopProcess', 'redis:redis-0');
      return () => supervise(deployment, 'startProcess', 'redis:redis-0');
    },
  },
  {
    name: 'redis-nearly-full',
    says: { code: 'redis_memory', text: /^Nothing is accepted: Redis is [89]\d % full/, orElse: ['redis_full'] },
    holdMs: HELD_MS,
    makesRoom: true,
    make: (deployment) => fill(deployment, MUCH_MEMORY, MUCH_MEMORY / 0.84),
  },
  {
    name: 'redis-at-its-limit',
    says: { code: 'redis_full', text: /^Nothing is accepted: Redis is 1\d\d % full/ },
    holdMs: HELD_MS,
    makesRoom: true,
    make: (deployment) => fill(deployment, LEAST_MEMORY, LEAST_MEMORY),
  },
  {
    name: 'redis-demoted',
    says: { code: 'redis_replica', text: /^Nothing is accepted: Redis is a replica and takes no writes/ },
    holdMs: HELD_MS,
    async make({ withRedis }) {
      await withRedis((redis) => redis.replicaof('127.0.0.1', 1));
      return () => withRedis((redis) => redis.replicaof('NO', 'ONE'));
    },
  },
  {
    name: 'log-cut-off',
    async make({ paths, launcher, start }) {
      await launcher().stop();
      const folder = join(paths.redis, 'appendonlydir');
      const [last] = readdirSync(folder)
        .filter((name) => name.endsWith('.incr.aof'))
        .sort()
        .toReversed();
      appendFileSync(join(folder, last as string), CUT_OFF_COMMAND);
      return start;
    },
  },
];
