import { Cluster, type ClusterOptions, type Command, type Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress } from '../config/redis-address.ts';
import { readTls } from './tls.ts';

/** A node that was lost is noticed by asking the others which node has which keys; who is told to go elsewhere asks at once. */
const ASK_SLOTS_EVERY_MS = 2000;
const SLOTS_ANSWER_MS = 1000;
/** A command of a connection that waits is tried again after that time where its node is away. */
const AGAIN_MS = 100;

/** Refuses what is sent while no node of the cluster is known: a connection that fails fast waits for none. */
class ImpatientCluster extends Cluster {
  override sendCommand(command: Command, ...rest: never[]): unknown {
    // "cluster" is how it finds out.
    if (this.status !== 'ready' && this.status !== 'wait' && command.name !== 'cluster') {
      command.reject(new Error("Stream isn't writeable and enableOfflineQueue options is false"));
      return command.promise;
    }
    return super.sendCommand(command, ...rest);
  }
}

/**
 * Opens a connection to a cluster, which is many: one for each node. It is taken for a `Redis`, since all commands and events
 * that we use are the same; what asks a node of itself goes by `mastersOf`.
 */
export function openCluster(address: RedisAddress, options: RedisOptions): Redis {
  const { lazyConnect = false, retryStrategy, enableOfflineQueue = true, ...ofNodes } = options;
  const tls = readTls(address);
  const waits: ClusterOptions = enableOfflineQueue
    ? { maxRedirections: Number.MAX_SAFE_INTEGER, retryDelayOnFailover: AGAIN_MS, retryDelayOnClusterDown: AGAIN_MS }
    : { retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 };
  const cluster = new (enableOfflineQueue ? Cluster : ImpatientCluster)(address.hosts, {
    ...waits,
    lazyConnect,
    clusterRetryStrategy: (times) => retryStrategy?.(times),
    slotsRefreshInterval: ASK_SLOTS_EVERY_MS,
    slotsRefreshTimeout: SLOTS_ANSWER_MS,
    // Certificates are of names: the addresses behind them are found when a connection is made.
    dnsLookup: (host, done) => done(null, host),
    redisOptions: { ...ofNodes, ...(tls && { tls }) },
  });
  return cluster as unknown as Redis;
}

/** Whether a connection is one to a cluster. */
export const isCluster = (redis: Redis): boolean => redis instanceof Cluster;

/** The connections to all masters: of a cluster one each, else this one. Each answers for itself to INFO, CONFIG and SCAN. */
export const mastersOf = (redis: Redis): Redis[] =>
  isCluster(redis) ? (redis as unknown as Cluster).nodes('master') : [redis];
