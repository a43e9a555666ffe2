import { Redis, type RedisOptions } from 'ioredis';
import type { Config } from '../config/platform.ts';
import { parseAddress, type RedisAddress } from '../config/redis-address.ts';
import { dataPaths } from '../data-dir.ts';
import type { Log } from '../log.ts';
import { openCluster } from './cluster.ts';
import { setKeyPrefix } from './keys.ts';
import { createReplicas, type Replicas } from './replicas.ts';
import { followSentinels } from './sentinel-watch.ts';
import { readTls } from './tls.ts';

export type { Redis };

/**
 * Redis' answer must come within this time, or the request is refused: 503 within a second (measured: a frozen Redis
 * accepts TCP and never answers).
 */
const PRODUCER_TIMEOUT_MS = 500;
/** Longer than Redis waits for its replicas, of which it may be asked several times in a row. */
const REPLICAS_TIMEOUT_MS = 2000;
const LONGEST_RECONNECT_MS = 500;
/** A worker's blocking call returns at least every 5 s; silence this long after a command means a dead connection. */
const WORKER_SILENCE_MS = 20_000;
/** A sentinel that does not answer by then is passed over for the next. */
const SENTINEL_ANSWERS_MS = 500;
/** The settings that say where Redis is, and which keys are ours. */
export type RedisConfig = Pick<Config, 'REDIS_URL' | 'KEY_PREFIX' | 'DATA_DIR'>;

/** Where Redis is: REDIS_URL, or the unix socket of the one that is started with Heavylift. */
export function redisAddress(config: Pick<RedisConfig, 'REDIS_URL' | 'DATA_DIR'>): RedisAddress {
  if (config.REDIS_URL) return parseAddress(config.REDIS_URL);
  const path = dataPaths(config.DATA_DIR).redisSocket;
  return { mode: 'socket', hosts: [], path, database: 0, login: {}, sentinelLogin: {}, tls: null };
}

const retryStrategy = (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), LONGEST_RECONNECT_MS);

function connect(config: RedisConfig, log: Log, options: RedisOptions): Redis {
  setKeyPrefix(config.KEY_PREFIX);
  const address = redisAddress(config);
  const shared: RedisOptions = {
    ...address.login,
    retryStrategy,
    connectTimeout: 1000,
    // What is closed because the master has moved may never answer an orderly end.
    disconnectTimeout: 100,
    // A master that was demoted: behind a moving name, the next connection leads to the new one.
    reconnectOnError: (error) => error.message.includes('READONLY'),
    ...options,
  };
  const redis =
    address.mode === 'cluster' ? openCluster(address, shared) : new Redis({ ...shared, ...placeOf(address) });
  if (address.mode === 'sentinel') followSentinels(redis, address, readTls(address));
  logOutages(redis, log);
  return redis;
}

/** Where one server is, or who says where it is. */
function placeOf(address: RedisAddress): RedisOptions {
  const { mode, hosts, path, masterName, database, sentinelLogin } = address;
  const tls = readTls(address);
  if (mode === 'socket') return { path: path as string };
  if (mode === 'single') return { ...hosts[0], db: database, ...(tls && { tls }) };
  return {
    sentinels: hosts,
    name: masterName as string,
    role: 'master',
    db: database,
    ...(sentinelLogin.username && { sentinelUsername: sentinelLogin.username }),
    ...(sentinelLogin.password && { sentinelPassword: sentinelLogin.password }),
    ...(tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
    sentinelRetryStrategy: retryStrategy,
    sentinelCommandTimeout: SENTINEL_ANSWERS_MS,
  };
}

/** A connection that is refused as soon as it is there, for its password, is no end of an outage. */
const ANSWERS_FOR_MS = 1000;

/** Writes one line for each outage, not one for each of its reconnects. */
function logOutages(redis: Redis, log: Log): void {
  let lost = false;
  let over: NodeJS.Timeout | undefined;
  redis.on('error', (error) => {
    clearTimeout(over);
    if (!lost) log.warn({ err: error }, 'Redis can not be reached; trying again until it answers');
    lost = true;
  });
  redis.on('ready', () => {
    clearTimeout(over);
    if (!lost) return;
    over = setTimeout(() => {
      log.info('Redis answers again');
      lost = false;
    }, ANSWERS_FOR_MS).unref();
  });
}

/**
 * A connection for the web process: a command fails within half a second (`withinMs`) rather than wait for a Redis that is
 * away.
 */
export function openProducerRedis(config: RedisConfig, log: Log, withinMs = PRODUCER_TIMEOUT_MS): Redis {
  return connect(config, log, {
    enableOfflineQueue: false,
    commandTimeout: withinMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  });
}

/** A connection for a worker: a command waits for a Redis that is away, so that a finished job is still reported. */
export function openWorkerRedis(config: Config, log: Log): Redis {
  return connect(config, log, {
    maxRetriesPerRequest: null,
    enableReadyCheck: false,
    socketTimeout: WORKER_SILENCE_MS,
  });
}

/** A worker's connection for what its processor keeps in Redis; not made before its first command. */
export function openProcessorRedis(config: Config, log: Log): Redis {
  return connect(config, log, { maxRetriesPerRequest: null, enableReadyCheck: false, lazyConnect: true });
}

/** A connection that only listens (pub/sub): silence is its normal state. */
export function openSubscriberRedis(config: Config, log: Log): Redis {
  return connect(config, log, { maxRetriesPerRequest: null, enableReadyCheck: false });
}

/**
 * Opens what makes sure that replicas have what was written; null where the master is enough (REDIS_WAIT=0): no connection is made
 * then.
 */
export function openReplicas(config: Config, log: Log): Replicas | null {
  if (config.REDIS_WAIT === 0) return null;
  return createReplicas(openProducerRedis(config, log, REPLICAS_TIMEOUT_MS), config.REDIS_WAIT);
}
