import { hostname } from 'node:os';
import { type DeploymentNotes, readNotes } from '../../src/deployment/notes.ts';
import { createLog } from '../../src/log.ts';
import { readWorkers } from '../../src/queue/counts.ts';
import { openProducerRedis, type RedisConfig } from '../../src/redis/connect.ts';
import type { Probe } from './readiness.ts';

/** What is asked of Redis while everything starts. */
export interface OwnWorkers {
  /** Asks whether one worker of each kind lives that was started on this machine since that time. */
  probe: Probe;
  /** Reads what an operator should know of the deployment. */
  readNotes(): Promise<DeploymentNotes>;
  close(): void;
}

/** Opens a connection to the Redis that the workers of these kinds use; it may come up later. `since`: in RFC 3339. */
export function openOwnWorkers(config: RedisConfig, kinds: readonly string[], since: string): OwnWorkers {
  const redis = openProducerRedis(config, createLog('silent', 'start'));
  return {
    async probe() {
      const workers = await readWorkers(redis, kinds).catch(() => []);
      const own = workers.filter(({ host, startedAt }) => host === hostname() && startedAt >= since);
      const missing = kinds.filter((kind) => !own.some((worker) => worker.kind === kind));
      return missing.length === 0 ? 'ready' : `no worker lives yet of: ${missing.join(', ')}`;
    },
    readNotes: () => readNotes(redis),
    close: () => redis.disconnect(),
  };
}
