import { join } from 'node:path';
import type { Config } from '../../../src/config/platform.ts';
import type { DataPaths } from '../../../src/data-dir.ts';
import { jobPrefix, LET_GO, letGoKeys } from '../../../src/queue/scripts/let-go.ts';
import { redisAddress } from '../../../src/redis/connect.ts';
import { deathsKey, hostReportsKey, queueKey, restartsKey, setKeyPrefix } from '../../../src/redis/keys.ts';
import type { WorkersProgram } from '../../../workers/programs.ts';
import type { Plan } from '../../watch/plan.js';
import { runId } from './environment.ts';

/** Older deaths are forgotten. */
const DEATHS_KEPT = 100;

/** Makes what the watch is told: where everything is, and the names of the keys that it reads and writes. */
export function watchPlan(
  config: Config,
  paths: DataPaths,
  programs: readonly Pick<WorkersProgram, 'name' | 'kinds'>[],
): Plan {
  setKeyPrefix(config.KEY_PREFIX);
  const queueOf = (kind: string) => ({
    active: queueKey(kind, 'active'),
    jobPrefix: jobPrefix(kind),
    letGoKeys: letGoKeys(kind),
  });
  return {
    supervisorSocket: paths.supervisorSocket,
    redis: parseAddress(redisAddress(config)),
    drainMs: config.DRAIN_SECONDS * 1000,
    runId: runId(paths),
    beats: paths.run,
    webWorkers: config.WEB_WORKERS,
    programs: { web: [], ...Object.fromEntries(programs.map(({ name, kinds }) => [name, kinds.map(queueOf)])) },
    ballast: config.REDIS_URL ? null : { path: join(paths.redis, 'ballast'), bytes: config.DISK_BALLAST },
    alertsFile: join(paths.run, 'alerts.json'),
    letGo: LET_GO,
    deathsKey: deathsKey(),
    deathsKept: DEATHS_KEPT,
    restartsKey: restartsKey(),
    reportsKey: hostReportsKey(),
  };
}

/** An address as ioredis takes it, in parts: the path of a socket, or a URL with user, password and database. */
function parseAddress(address: string): Plan['redis'] {
  if (!URL.canParse(address)) return { path: address, hello: [] };
  const { protocol, hostname, port, username, password, pathname } = new URL(address);
  const credentials = [username, password].filter(Boolean).map(decodeURIComponent);
  const database = pathname.slice(1);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 6379),
    tls: protocol === 'rediss:',
    hello: [...(password ? [['AUTH', ...credentials]] : []), ...(database ? [['SELECT', database]] : [])],
  };
}
