import { Redis, type RedisOptions } from 'ioredis';
import type { Config } from '../config/platform.ts';
import { dataPaths } from '../data-dir.ts';
import type { Log } from '../log.ts';
import { setKeyPrefix } from './keys.ts';

export type { Redis };

/**
 * Redis' answer must come within this time, or the request is refused: 503 within a second (measured: a frozen Redis
 * accepts TCP and never answers).
 */
const PRODUCER_TIMEOUT_MS = 500;
const LONGEST_RECONNECT_MS = 500;
/** A worker's blocking call returns at least every 5 s; silence this long after a command means a dead connection. */
const WORKER_SILENCE_MS = 20_000;

/** The settings that say where Redis is, and which keys are ours. */
export type RedisConfig = Pick<Config, 'REDIS_URL' | 'KEY_PREFIX' | 'DATA_DIR'>;

/** Where Redis is: REDIS_URL, or the unix socket of the one that is started with Heavylift. */
export function redisAddress(config: RedisConfig): string {
  if (!config.REDIS_URL) return dataPaths(config.DATA_DIR).redisSocket;
  return config.REDIS_URL.startsWith('unix:') ? new URL(config.REDIS_URL).pathname : config.REDIS_URL;
}

function connect(config: RedisConfig, log: Log, options: RedisOptions): Redis {
  setKeyPrefix(config.KEY_PREFIX);
  const redis = new Redis(redisAddress(config), {
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), LONGEST_RECONNECT_MS),
    connectTimeout: 1000,
    // A master that was demoted: behind a moving name, the next connection leads to the new one.
    reconnectOnError: (error) => error.message.includes('READONLY'),
    ...options,
  });
  let lost = false;
  redis.on('error', (error) => {
    // One line for each outage, not one for each of its reconnects.
    if (!lost) log.warn({ err: error }, 'Redis can not be reached; trying again until it answers');
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) log.info('Redis answers again');
    lost = false;
  });
  return redis;
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
