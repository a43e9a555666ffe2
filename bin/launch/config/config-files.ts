import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataPaths } from '../../../src/data-dir.ts';
import { KINDS } from '../../../workers/index.ts';
import { workerPrograms } from './programs.ts';
import { redisConf } from './redis-conf.ts';

/** Writes what Redis and supervisord read beside the files of the repository: its settings, and the kinds' programs. */
export function writeConfigFiles(repository: string, paths: DataPaths): void {
  writeFileSync(join(paths.redis, 'redis.conf'), redisConf(repository, paths), { mode: 0o600 });
  writeFileSync(paths.programsConf, workerPrograms(KINDS, repository), { mode: 0o600 });
}
