import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../src/config/platform.ts';
import { dataPaths } from '../../src/data-dir.ts';
import { createLog } from '../../src/log.ts';
import { openWorkerRedis, type Redis } from '../../src/redis/connect.ts';
import { CommandError } from '../cli/context.ts';
import { redisConf } from '../launch/config/redis-conf.ts';
import { redisMemory } from '../launch/config/redis-memory.ts';

const ASK_EVERY_MS = 50;

/**
 * Loads the queue of a data directory that nothing runs on into a Redis of its own, calls `use`, and ends that Redis
 * when all of it is on disk. Rejects with CommandError, and Redis' own words, where it does not come up.
 */
export async function withLoadedRedis<T>(config: Config, use: (redis: Redis) => Promise<T>): Promise<T> {
  const paths = dataPaths(config.DATA_DIR);
  const conf = redisConf(paths, config.REDIS_MAXMEMORY ?? redisMemory());
  writeFileSync(join(paths.redis, 'redis.conf'), conf, { mode: 0o600 });
  // In a process group of its own: Ctrl-C reaches this process only, which then ends it.
  const server = spawn('redis-server', ['redis.conf'], {
    cwd: paths.redis,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  server.stdout.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-2000);
  });
  const ended = once(server, 'exit').then(
    () => new CommandError(`Redis does not load ${paths.redis}: ${said.trim().split('\n').slice(-3).join('; ')}`),
    (error: Error) => new CommandError(`redis-server can not be started (${error.message}). Run bin/setup.`),
  );
  const redis = openWorkerRedis(config, createLog('silent', 'cli'));
  try {
    for (let failure = await ask(redis, ended); failure !== null; failure = await ask(redis, ended)) {
      if (failure instanceof CommandError) throw failure;
      await delay(ASK_EVERY_MS);
    }
    const died = ended.then((error) => Promise.reject(error));
    died.catch(() => {});
    const done = await Promise.race([use(redis), died]);
    // Its log is synced with that; a snapshot beside it would not be read.
    redis.call('shutdown', 'nosave').catch(() => {});
    await ended;
    return done;
  } finally {
    redis.disconnect();
    server.kill('SIGKILL');
  }
}

/** Null when Redis has loaded everything; else why not, a CommandError when it never will. */
const ask = (redis: Redis, ended: Promise<CommandError>): Promise<Error | null> =>
  Promise.race([
    ended,
    redis.ping().then(
      () => null,
      (error: Error) => error,
    ),
  ]);
