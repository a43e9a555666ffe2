import type { Redis } from 'ioredis';
import type { Membership } from '../../deployment/membership.ts';
import { AppError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { infoOfMasters, isCluster } from '../../redis/cluster.ts';
import { classifyRedisError } from '../../redis/errors.ts';
import { type RedisFaults, readFaults, readMemory } from '../../redis/faults.ts';
import { deploymentIdKey, writeProbeKey } from '../../redis/keys.ts';
import type { Replicas } from '../../redis/replicas.ts';
import { createLoop } from '../loop.ts';

const LOOK_EVERY_MS = 1000;
/** Above this share of maxmemory no job is accepted: what runs already still needs room to report. */
const FULL_SHARE = 0.8;
const PROBE_MS = 10_000;

/** How much memory the queues may have, in bytes; Infinity where Redis has no limit. */
export interface Memory {
  /** All that Redis may have used before nothing is accepted. */
  budgetBytes: number;
  /** What is left of that: what was accepted since Redis said is taken off. */
  freeBytes: number;
}

/** Whether Redis can take jobs and keep them, as it was when last looked at. */
export interface Health {
  /**
   * Throws queue_unavailable (not to be written to, or set up so that jobs could be lost) or queue_full. The bytes that a
   * job brings are counted until the next look: more can come within a second than there is room for.
   */
  assertFit(bytes?: number): void;
  /** Rejects as `assertFit`, or unless Redis has acknowledged a write that was sent within the last second. */
  check(): Promise<void>;
  memory(): Memory;
  close(): void;
}

export interface HealthDeps {
  redis: Redis;
  /** Accept jobs even when Redis may lose them. */
  allowUnsafe: boolean;
  /** What Redis has to belong to. */
  deployment?: Membership | undefined;
  replicas?: Pick<Replicas, 'wanted'> | null;
  log: Log;
}

/** A reason to accept no job: what the log says of it, and what a caller is told. */
interface Fault {
  reason: string;
  error: AppError;
}

/** Writes to Redis every second, never more often, and reads its role, its settings and its memory with it. */
export function watchHealth({ redis, allowUnsafe, deployment, replicas, log }: HealthDeps): Health {
  let fault: Fault | null = null;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let look: Promise<void> = Promise.resolve();
  let memory = { usedBytes: 0, maxBytes: Number.POSITIVE_INFINITY };
  let acceptedBytes = 0;

  const change = (to: Fault | null) => {
    if (to && to.reason !== fault?.reason) log.warn(`${to.reason}: no job is accepted`);
    if (!to && fault) log.info('Redis takes jobs again');
    fault = to;
  };

  const write = async () => {
    const id = deployment?.id() ?? null;
    // INFO first: a refused write may close the connection.
    const pipeline = redis.pipeline().info().set(writeProbeKey(), '', 'PX', PROBE_MS);
    if (id !== null) pipeline.setnx(deploymentIdKey(), id).get(deploymentIdKey());
    const [[, info] = [], [refused] = [], [, wasLost] = [], [, found] = []] = (await pipeline.exec()) ?? [];
    if (wasLost === 1) void deployment?.noteLoss();
    const foreign = typeof found === 'string' && found !== id ? found : null;
    // A Redis that did not answer is as it was.
    if (typeof info === 'string') {
      const infos = isCluster(redis) ? await infoOfMasters(redis) : [info];
      memory = readMemory(infos);
      acceptedBytes = 0;
      const faults = readFaults(infos, { wanted: replicas?.wanted ?? 0, isCluster: isCluster(redis) });
      change(
        findFault(faults, memory, allowUnsafe) ?? findRefusal(refused) ?? (foreign ? foreignFault(foreign, id) : null),
      );
    }
    if (refused) throw classifyRedisError(refused);
  };

  const lookNow = (): Promise<void> => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return look;
    lookedAt = performance.now();
    look = write();
    return look;
  };
  const lookWhenUp = async () => {
    if (redis.status === 'ready') await lookNow();
  };

  const loop = createLoop({ everyMs: LOOK_EVERY_MS, run: lookWhenUp, onError: () => {} });
  loop.start();
  // What was found over another connection may be another Redis.
  redis.on('ready', () => void lookWhenUp().catch(() => {}));

  const readBudget = (): Memory => {
    const budgetBytes = FULL_SHARE * memory.maxBytes;
    return { budgetBytes, freeBytes: Math.max(0, budgetBytes - memory.usedBytes - acceptedBytes) };
  };
  const assertFit = (bytes = 0) => {
    if (deployment && deployment.id() === null) throw unavailable('The queue is being set up.', 1);
    if (fault) throw fault.error;
    const { freeBytes } = readBudget();
    if (freeBytes === 0 || bytes > freeBytes) throw memoryFull();
    acceptedBytes += bytes;
  };
  return {
    assertFit,
    async check() {
      const outcome = await lookNow().catch((error: unknown) => error);
      assertFit();
      if (outcome) throw outcome;
    },
    memory: readBudget,
    close: loop.stop,
  };
}

const unavailable = (sentence: string, retryAfterSeconds: number): AppError =>
  new AppError('queue_unavailable', `${sentence} Nothing was accepted; try again later.`, { retryAfterSeconds });

const memoryFull = (): AppError =>
  new AppError('queue_full', 'The queue has nearly used up its memory. Nothing was accepted; try again later.', {
    retryAfterSeconds: 10,
  });

/** The fault that answers to INFO show; null for none. */
function findFault(
  { unusable, unsafe }: RedisFaults,
  { usedBytes, maxBytes }: { usedBytes: number; maxBytes: number },
  allowUnsafe: boolean,
): Fault | null {
  if (unusable.length > 0) {
    return { reason: `Redis can not be written to: ${unusable.join('; ')}`, error: unavailable(NO_WRITES, 5) };
  }
  if (usedBytes > FULL_SHARE * maxBytes) {
    return { reason: 'Redis has used over 80 % of its memory', error: memoryFull() };
  }
  if (unsafe.length === 0 || allowUnsafe) return null;
  const message = 'The queue is not set up to keep jobs safely; its operator has to mend that.';
  const error = new AppError('queue_unavailable', message, { retryAfterSeconds: 60 });
  return { reason: `Redis is not set up to keep jobs: ${unsafe.join('; ')}`, error };
}

const NO_WRITES = 'The queue takes no writes at the moment.';

/** The fault of a write that Redis refused, such as READONLY or MISCONF; null for one that it took or left unanswered. */
function findRefusal(refused: Error | null | undefined): Fault | null {
  if (refused?.name !== 'ReplyError') return null;
  const { code } = classifyRedisError(refused);
  const error = code === 'queue_full' ? classifyRedisError(refused) : unavailable(NO_WRITES, 5);
  return { reason: `Redis refuses to write (${refused.message})`, error };
}

const foreignFault = (found: string, id: string | null): Fault => ({
  reason: `Redis belongs to another deployment (it says ${found}, this process has joined ${id})`,
  error: unavailable('The queue is the one of another deployment.', 60),
});
