import { join } from 'node:path';
import type { DataPaths } from '../../../src/data-dir.ts';

/** A value as redis.conf wants it when it may have spaces; findPathProblem keeps out what quotes do not cover. */
const quote = (text: string) => `"${text}"`;

/** The configuration Redis is started with: redis.conf of what is started, then what depends on the place. */
export function redisConf(paths: DataPaths, maxmemory: number): string {
  return `# Written by bin/start at each start: edit redis.conf in the repository instead.
include ${quote(join(paths.currentRelease, 'redis.conf'))}
dir ${quote(paths.redis)}
pidfile ${quote(join(paths.run, 'redis.pid'))}
# A socket in a private folder, and no port: nobody else on this machine can reach it.
port 0
unixsocket ${quote(paths.redisSocket)}
unixsocketperm 700
maxmemory ${maxmemory}
`;
}
