import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataPaths } from '../../../src/data-dir.ts';

/** A value as redis.conf wants it when it may have spaces; findPathProblem keeps out what quotes do not cover. */
const quote = (text: string) => `"${text}"`;

/** The configuration Redis is started with: redis.conf of what is started, then what depends on the place. */
export function redisConf(paths: DataPaths, maxmemory: number): string {
  // Not included by its path: what runs may be another version by the time that Redis starts again.
  const common = readFileSync(join(import.meta.dirname, '../../../redis.conf'), 'utf8');
  return `# Written by bin/start at each start: edit redis.conf in the repository instead.

${common}
dir ${quote(paths.redis)}
pidfile ${quote(join(paths.run, 'redis.pid'))}
# A socket in a private folder, and no port: nobody else on this machine can reach it.
port 0
unixsocket ${quote(paths.redisSocket)}
unixsocketperm 700
maxmemory ${maxmemory}
`;
}
