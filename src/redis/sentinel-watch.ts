import type { ConnectionOptions } from 'node:tls';
import { Redis } from 'ioredis';
import type { RedisAddress } from '../config/redis-address.ts';

/** A sentinel that has gone is listened to again after that time. */
const AGAIN_MS = 1000;
const CONNECTS_WITHIN_MS = 1000;
/** What a sentinel publishes when another server is the master: `<name> <old host> <old port> <new host> <new port>`. */
const SWITCH = '+switch-master';

/** Listens to the sentinels, once for all connections of this process. */
interface SentinelWatch {
  add(redis: Redis): void;
}

const watches = new Map<string, SentinelWatch>();

/**
 * Connects `redis` anew as soon as a sentinel says that the master is another one: a master that is frozen or cut off closes no
 * connection by itself. The sentinels are listened to until the last such connection has ended.
 */
export function followSentinels(redis: Redis, address: RedisAddress, tls: ConnectionOptions | null): void {
  const name = JSON.stringify(address);
  const watch = watches.get(name) ?? openWatch(address, tls, () => watches.delete(name));
  watches.set(name, watch);
  watch.add(redis);
}

const placeOf = ({ stream }: Redis): string => `${stream?.remoteAddress} ${stream?.remotePort}`;

function openWatch(
  { hosts, masterName, sentinelLogin }: RedisAddress,
  tls: ConnectionOptions | null,
  onEnd: () => void,
): SentinelWatch {
  const connections = new Set<Redis>();
  /** Connections that were being made when they heard of another master, and where that is. */
  const unsure = new Map<Redis, string>();

  const onSwitch = (_channel: string, message: string) => {
    const [name, , , host, port] = message.split(' ');
    if (name !== masterName) return;
    const place = `${host} ${port}`;
    for (const redis of connections) {
      // Broken off while it asks the sentinels, it would end for ever; it may have been told of the old master.
      if (redis.status === 'connecting') unsure.set(redis, place);
      // Sentinels say it one after the other: a connection that is there already stays.
      else if (['connect', 'ready'].includes(redis.status) && placeOf(redis) !== place) redis.disconnect(true);
    }
  };
  const onConnect = (redis: Redis) => {
    const place = unsure.get(redis);
    unsure.delete(redis);
    if (place !== undefined && placeOf(redis) !== place) redis.disconnect(true);
  };

  const sentinels = hosts.map((host) => {
    const sentinel = new Redis({
      ...host,
      ...sentinelLogin,
      ...(tls && { tls }),
      retryStrategy: () => AGAIN_MS,
      connectTimeout: CONNECTS_WITHIN_MS,
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
    });
    // The connections to Redis themselves tell of sentinels that are away.
    sentinel.on('error', () => {});
    sentinel.on('message', onSwitch);
    sentinel.subscribe(SWITCH).catch(() => {});
    return sentinel;
  });

  return {
    add(redis) {
      connections.add(redis);
      redis.on('connect', () => onConnect(redis));
      redis.once('end', () => {
        connections.delete(redis);
        unsure.delete(redis);
        if (connections.size > 0) return;
        for (const sentinel of sentinels) sentinel.disconnect();
        onEnd();
      });
    },
  };
}
