import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Membership } from '../deployment/membership.ts';
import { infoOfMasters, isCluster } from '../redis/cluster.ts';
import { readFaults, readInfo, readMemory } from '../redis/faults.ts';
import { deploymentIdKey, writeProbeKey } from '../redis/keys.ts';
import type { Redis } from '../redis/script.ts';
import type { RedisFacts } from './facts.ts';

const PROBE_MS = 10_000;
/** How long a connection that is being made is waited for, before it is judged. */
const CONNECTING_MS = 1000;

/** What is said of the last fault of a connection, by its code. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'no socket there',
  ENOTFOUND: 'its name was not found',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'no way to its host',
  ECONNRESET: 'the connection is cut',
};

export interface RedisLookDeps {
  redis: Redis;
  deployment?: Pick<Membership, 'id'>;
  /** How many replicas REDIS_WAIT asks for. */
  replicas?: number;
}

/** Makes a look at Redis over a connection of `openProducerRedis`: whether it answers, takes a write, and what it says of itself. */
export function createRedisLook({ redis, deployment, replicas }: RedisLookDeps): () => Promise<RedisFacts> {
  let why: string | null = null;
  redis.on('error', (error: NodeJS.ErrnoException) => {
    why = WORDS[error.code ?? ''] ?? error.message.slice(0, 200);
  });
  redis.on('ready', () => {
    why = null;
  });
  let takenSince: number | null = null;

  return async () => {
    const [wasTakenSince, lookedAt] = [takenSince, performance.now()];
    takenSince = null;
    await waitForConnection(redis);
    // Connected, but not ready: it has not answered yet.
    if (redis.status === 'connect') return { state: 'frozen' };
    if (redis.status !== 'ready') return { state: 'gone', why };
    const answers = await redis
      .pipeline()
      .info()
      .set(writeProbeKey(), '', 'PX', PROBE_MS)
      .get(deploymentIdKey())
      .config('GET', 'appendfsync')
      .exec()
      .catch(() => null);
    const [[, info] = [], [refused] = [], [, foundId] = [], [, policy] = []] = answers ?? [];
    if (typeof info !== 'string') return redis.status === 'ready' ? { state: 'frozen' } : { state: 'gone', why };
    const value = readInfo(info);
    const ownId = deployment?.id() ?? null;
    const { infos, unusable, unsafe } = await lookAtMasters(redis, info, replicas);
    const refusal = refusalOf(refused, unusable);
    if (refusal === null) takenSince = wasTakenSince ?? lookedAt;
    return {
      state: 'up',
      role: value('role') ?? '',
      ...readMemory(infos),
      refused: refusal,
      takesWritesMs: takenSince === null ? 0 : performance.now() - takenSince,
      writeMs: performance.now() - lookedAt,
      isLogWritten: value('aof_last_write_status') !== 'err',
      unsafe,
      syncPolicy: (policy as string[] | undefined)?.[1] ?? 'unknown',
      foreignId: ownId !== null && typeof foundId === 'string' && foundId !== ownId ? foundId : null,
    };
  };
}

/** Reads the faults of a server that has said what INFO says; of a cluster, of all its masters. */
async function lookAtMasters(redis: Redis, info: string, wanted = 0) {
  const infos = isCluster(redis) ? await infoOfMasters(redis).catch(() => null) : [info];
  const { unusable, unsafe } = readFaults(infos ?? [], { wanted, isCluster: isCluster(redis) });
  const silent = infos === null ? ['a master of the cluster does not answer'] : [];
  return { infos: infos ?? [info], unusable: [...unusable, ...silent], unsafe };
}

/** Waits until a connection that is being made is ready or has failed, for a second at most. */
async function waitForConnection(redis: Redis): Promise<void> {
  if (redis.status !== 'connecting' && redis.status !== 'connect') return;
  const settled = new AbortController();
  const events = ['ready', 'close'].map((name) => once(redis, name, settled));
  await Promise.race([...events, sleep(CONNECTING_MS, undefined, settled)]).catch(() => {});
  settled.abort();
  await Promise.allSettled(events);
}

function refusalOf(refused: Error | null | undefined, unusable: readonly string[]): string | null {
  if (refused?.name === 'ReplyError') return refused.message;
  return unusable[0] ?? null;
}
