import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../../src/config/platform.ts';
import type { DataPaths } from '../../../src/data-dir.ts';
import { planPrograms } from '../../../workers/programs.ts';
import { redisConf } from './redis-conf.ts';
import { redisMemory } from './redis-memory.ts';
import { supervisorConf } from './supervisor-conf.ts';
import { watchPlan } from './watch-plan.ts';

/** Writes what Redis, supervisord and the watch read at this start. */
export function writeConfigFiles(repository: string, config: Config, paths: DataPaths): void {
  const programs = planPrograms(config);
  const write = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 });
  write(join(paths.redis, 'redis.conf'), redisConf(repository, paths, config.REDIS_MAXMEMORY ?? redisMemory()));
  write(paths.supervisorConf, supervisorConf(repository, programs));
  write(paths.watchPlan, JSON.stringify(watchPlan(config, paths, programs), null, 2));
}
