import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataPaths } from '../../../src/data-dir.ts';
import { redisConf } from './redis-conf.ts';
import { supervisorConf } from './supervisor-conf.ts';

/** Writes what Redis and supervisord read at this start. */
export function writeConfigFiles(repository: string, paths: DataPaths): void {
  writeFileSync(join(paths.redis, 'redis.conf'), redisConf(repository, paths), { mode: 0o600 });
  writeFileSync(paths.supervisorConf, supervisorConf(repository), { mode: 0o600 });
}
