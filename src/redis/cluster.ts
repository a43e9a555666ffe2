import {
  type ChainableCommander,
  Cluster,
  type ClusterOptions,
  type Command,
  type Redis,
  type RedisOptions,
} from 'ioredis';
import type { RedisAddress } from '../config/redis-address.ts';
import { readTls } from './tls.ts';

/** A node that was lost is noticed by asking the others which node has which keys; who is told to go elsewhere asks at once. */
const ASK_SLOTS_EVERY_MS = 2000;
const SLOTS_ANSWER_MS = 1000;
/** A command of a connection that waits is tried again after that time where its node is away. */
const AGAIN_MS = 100;

const SCANNED_AT_ONCE = 1000;

/** What ioredis' pipelines have and their types leave out. */
interface Collected extends ChainableCommander {
  _queue: (Command & { getSlot(): number | null })[];
  sendCommand(command: Command): unknown;
}

type Results = Awaited<ReturnType<ChainableCommander['exec']>>;

/** Sends each part of a pipeline to the node that has its keys; the answers come in the order of the commands. */
class SplittingCluster extends Cluster {
  override pipeline(commands?: unknown[][]): ChainableCommander {
    const collected = super.pipeline(commands) as Collected;
    const exec = collected.exec.bind(collected);
    collected.exec = async (): Promise<Results> => {
      const parts = splitBySlot(collected._queue);
      if (parts.length < 2) return exec();
      const results: NonNullable<Results> = [];
      const run = async (places: number[]) => {
        const part = super.pipeline() as Collected;
        for (const place of places) part.sendCommand(collected._queue[place] as Command);
        const answers = (await part.exec()) ?? [];
        for (const [index, place] of places.entries()) results[place] = answers[index] ?? [null, null];
      };
      await Promise.all(parts.map(run));
      return results;
    };
    return collected;
  }
}

/** Parts commands by the slot of their keys, as places in their list; one without keys goes with the first. A transaction stays whole. */
function splitBySlot(commands: Collected['_queue']): number[][] {
  if (commands.some(({ name }) => name === 'multi')) return [];
  const parts = new Map<number, number[]>();
  const keyless: number[] = [];
  for (const [place, command] of commands.entries()) {
    const slot = command.getSlot();
    if (slot === null) keyless.push(place);
    else parts.set(slot, [...(parts.get(slot) ?? []), place]);
  }
  const [first = [], ...others] = parts.values();
  return [[...keyless, ...first], ...others];
}

/** Refuses what is sent while no node of the cluster is known: a connection that fails fast waits for none. */
class ImpatientCluster extends SplittingCluster {
  override sendCommand(command: Command, ...rest: never[]): unknown {
    // "cluster" is how it finds out.
    if (this.status !== 'ready' && this.status !== 'wait' && command.name !== 'cluster') {
      command.reject(new Error("Stream isn't writeable and enableOfflineQueue options is false"));
      return command.promise;
    }
    return super.sendCommand(command, ...rest);
  }
}

/** What ioredis' connections have and their types leave out. */
interface Flushed {
  flushQueue(error: Error, queues?: { offlineQueue?: boolean; commandQueue?: boolean }): void;
}

const CLOSED = 'Connection is closed.';
const NOT_SENT = "Stream isn't writeable: the node that has these keys can not be reached";

/** Has what waits for a connection to a node that can not be reached fail as what was never sent. */
function tellUnsent(node: Redis): void {
  const flushed = node as unknown as Flushed;
  const flush = flushed.flushQueue.bind(node);
  flushed.flushQueue = (error, { offlineQueue = true, commandQueue = true } = {}) => {
    const unsent = error.message === CLOSED ? new Error(NOT_SENT) : error;
    flush(unsent, { offlineQueue, commandQueue: false });
    flush(error, { offlineQueue: false, commandQueue });
  };
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
  const cluster = new (enableOfflineQueue ? SplittingCluster : ImpatientCluster)(address.hosts, {
    ...waits,
    lazyConnect,
    clusterRetryStrategy: (times) => retryStrategy?.(times),
    slotsRefreshInterval: ASK_SLOTS_EVERY_MS,
    slotsRefreshTimeout: SLOTS_ANSWER_MS,
    // Certificates are of names: the addresses behind them are found when a connection is made.
    dnsLookup: (host, done) => done(null, host),
    redisOptions: { ...ofNodes, ...(tls && { tls }) },
  });
  if (!enableOfflineQueue) cluster.on('+node', tellUnsent);
  return cluster as unknown as Redis;
}

/** Whether a connection is one to a cluster. */
export const isCluster = (redis: Redis): boolean => redis instanceof Cluster;

/** The connections to all masters: of a cluster one each, else this one. Each answers for itself to INFO, CONFIG and SCAN. */
export const mastersOf = (redis: Redis): Redis[] =>
  isCluster(redis) ? (redis as unknown as Cluster).nodes('master') : [redis];

/** Asks all masters for what INFO says, each of itself. Rejects when one does not answer. */
export const infoOfMasters = (redis: Redis): Promise<string[]> =>
  Promise.all(mastersOf(redis).map((master) => master.info()));

/** Calls `visit` with all keys that match a pattern, some at a time, over all masters, until it answers false. */
export async function scanKeys(
  redis: Redis,
  pattern: string,
  visit: (keys: string[]) => Promise<boolean> | boolean,
): Promise<void> {
  for (const master of mastersOf(redis)) {
    let cursor = '0';
    do {
      const [next, keys] = await master.scan(cursor, 'MATCH', pattern, 'COUNT', SCANNED_AT_ONCE);
      if (keys.length > 0 && !(await visit(keys))) return;
      cursor = next;
    } while (cursor !== '0');
  }
}
