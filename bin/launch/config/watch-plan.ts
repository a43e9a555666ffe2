import { join } from 'node:path';
import type { Config } from '../../../src/config/platform.ts';
import type { RedisAddress, RedisLogin } from '../../../src/config/redis-address.ts';
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
    redis: planAddress(redisAddress(config)),
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

/** Where Redis is, as the watch's own few lines take it: with the commands that a connection begins with. */
function planAddress({
  mode,
  hosts,
  path,
  masterName,
  database,
  login,
  sentinelLogin,
  tls,
}: RedisAddress): Plan['redis'] {
  const enter = ({ username, password }: RedisLogin) =>
    password === undefined ? [] : [['AUTH', ...(username === undefined ? [] : [username]), password]];
  return {
    mode,
    ...(path === undefined ? {} : { path }),
    hosts,
    ...(masterName === undefined ? {} : { masterName }),
    tls,
    hello: [...enter(login), ...(database === 0 ? [] : [['SELECT', String(database)]])],
    sentinelHello: enter(sentinelLogin),
  };
}
