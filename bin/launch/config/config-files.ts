import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../../src/config/platform.ts';
import type { DataPaths } from '../../../src/data-dir.ts';
import { planPrograms } from '../../../workers/programs.ts';
import { findRelease, turnCurrent } from '../releases/releases.ts';
import { redisConf } from './redis-conf.ts';
import { redisMemory } from './redis-memory.ts';
import { supervisorConf } from './supervisor-conf.ts';
import { watchPlan } from './watch-plan.ts';

const write = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 });

/** Says which folder processes are started from, and writes what Redis, supervisord and the watch read at this start. */
export function writeConfigFiles(checkout: string, config: Config, paths: DataPaths): void {
  turnCurrent(paths, findRelease(checkout, paths));
  write(join(paths.redis, 'redis.conf'), redisConf(paths, config.REDIS_MAXMEMORY ?? redisMemory()));
  write(paths.supervisorConf, supervisorConf({ checkout, host: config.HOST, programs: planPrograms(config) }));
  writeWatchPlan(config, paths);
}

/** Writes what the watch reads when it is started. */
export function writeWatchPlan(config: Config, paths: DataPaths): void {
  write(paths.watchPlan, JSON.stringify(watchPlan(config, paths, planPrograms(config)), null, 2));
}
