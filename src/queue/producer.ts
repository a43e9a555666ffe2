import { setTimeout as delay } from 'node:timers/promises';
import Bull, { type Queue } from 'bull';
import type { Redis } from 'ioredis';
import { AppError } from '../errors.ts';
import type { JobContract } from '../jobs/define.ts';
import type { Envelope } from '../jobs/options.ts';
import type { Log } from '../log.ts';
import { type Counts, readCounts, readWorkers, type WorkerFacts } from './counts.ts';
import { kindOfId, lookUp } from './find-job.ts';
import { BULL_JOB_OPTIONS, BULL_PRIORITY, queueKey, queuePrefix } from './names.ts';
import { findUnsafeSettings } from './redis.ts';
import { placeScript, retryScript } from './scripts.ts';
import type { StoredJob } from './stored-job.ts';

const UNAVAILABLE = 'The queue can not be reached at the moment. Nothing was accepted; try again in a moment.';

/** The web process's side of the queues. Everything rejects with `queue_unavailable` within a second when Redis is away. */
export interface Producer {
  /** Queues a job; it is on Redis' disk when this resolves. The id may be used again for the same job: nothing is queued twice. */
  enqueue(kind: string, id: string, envelope: Envelope): Promise<StoredJob>;
  /** The job with that id, or null. */
  find(id: string): Promise<StoredJob | null>;
  /** Runs a failed or cancelled job again, with all its attempts; false when it is neither. */
  retry(job: StoredJob): Promise<boolean>;
  counts(): Promise<Record<string, Counts>>;
  workers(): Promise<WorkerFacts[]>;
  setPaused(kind: string, paused: boolean): Promise<void>;
  /** Rejects unless jobs can be accepted durably now. */
  check(): Promise<void>;
  /** The Bull queues, for the dashboard's adapters only. */
  queues: Queue[];
  close(): Promise<void>;
}

export interface ProducerDeps {
  redis: Redis;
  contracts: readonly JobContract[];
  /** Waiting and delayed jobs of a kind at most. */
  maxQueueDepth: number;
  /** Accept jobs even when Redis may lose them. */
  allowUnsafe: boolean;
  log: Log;
}

/** Makes the producer over a connection of `openProducerRedis`. */
export function createProducer({ redis, contracts, maxQueueDepth, allowUnsafe, log }: ProducerDeps): Producer {
  const kinds = contracts.map(({ kind }) => kind);
  const queues = new Map(
    kinds.map((kind) => {
      const queue = new Bull(kind, { prefix: queuePrefix(kind), createClient: () => redis });
      // Bull repeats the connection's errors; the connection logs them itself.
      queue.on('error', () => {});
      return [kind, queue];
    }),
  );
  const depths = new Map<string, number>();
  const safety = watchSafety(redis, allowUnsafe, log);

  const guard = async <T>(action: () => Promise<T>): Promise<T> => {
    if (redis.status !== 'ready') throw new AppError('queue_unavailable', UNAVAILABLE, { retryAfterSeconds: 1 });
    try {
      return await action();
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw classifyRedisError(cause);
    }
  };

  const writeTogether = createWriteBatcher(redis);

  const look = async (kind: string, id: string): Promise<StoredJob | null> => {
    const job = await lookUp(redis, kind, id);
    if (job) depths.set(kind, job.depth);
    return job;
  };

  const admit = async (kind: string): Promise<void> => {
    safety.assertSafe();
    if ((depths.get(kind) ?? 0) < maxQueueDepth) return;
    const counts = (await readCounts(redis, [kind]))[kind];
    const depth = counts ? counts.waiting + counts.delayed : 0;
    depths.set(kind, depth);
    if (depth < maxQueueDepth) return;
    const message = `The ${kind} queue is full: ${depth} jobs are waiting and ${maxQueueDepth} is the limit. Try again later.`;
    throw new AppError('queue_full', message, { retryAfterSeconds: 10 });
  };

  return {
    queues: [...queues.values()],
    enqueue: (kind, id, envelope) =>
      guard(async () => {
        await admit(kind);
        const { priority = 'normal', runAt } = envelope.options;
        const delayMs = runAt ? Math.max(0, Date.parse(runAt) - Date.now()) : 0;
        writeTogether();
        const added = (queues.get(kind) as Queue).add(envelope, {
          ...BULL_JOB_OPTIONS,
          jobId: id,
          priority: BULL_PRIORITY[priority],
          delay: delayMs,
        });
        // Bull sends the add in a microtask; a tick later the question for its place follows. Redis answers in order.
        const placed = new Promise<void>((resolve) => process.nextTick(resolve)).then(() => readPlace(redis, kind, id));
        const [{ timestamp }, { place, depth }] = await Promise.all([added, placed]);
        depths.set(kind, depth);
        // Not in the line it was added to: delayed, taken already, held by a pause, or there before. Redis knows.
        if (place === null)
          return (await look(kind, id)) ?? Promise.reject(new Error(`${id} vanished while it was added`));
        return newJob(kind, id, timestamp, place, envelope);
      }),
    find: (id) =>
      guard(async () => {
        const kind = kindOfId(contracts, id);
        return kind ? look(kind, id) : null;
      }),
    retry: ({ kind, id }) =>
      guard(async () => {
        const keys = ['failed', id, 'delayed'].map((name) => queueKey(kind, name));
        return (await retryScript(redis, keys, [id, Date.now()])) === 1;
      }),
    counts: () => guard(() => readCounts(redis, kinds)),
    workers: () => guard(() => readWorkers(redis, kinds)),
    setPaused: (kind, paused) =>
      guard(async () => {
        const queue = queues.get(kind) as Queue;
        await (paused ? queue.pause() : queue.resume());
      }),
    check: () =>
      guard(async () => {
        safety.assertSafe();
        await redis.ping();
      }),
    close: async () => {
      // A command under way gets its half second; then the connection goes.
      await Promise.race([redis.quit().catch(() => {}), delay(500, undefined, { ref: false })]);
      redis.disconnect();
    },
  };
}

/**
 * Holds back what is sent to Redis until the event loop's turn is over, so that all jobs accepted in one turn go out as
 * one write: Redis then syncs its file once for all of them. (ioredis' own auto-pipelining crashes on scripts that Redis
 * does not know yet.)
 */
function createWriteBatcher(redis: Redis): () => void {
  let holding = false;
  return () => {
    if (holding) return;
    const { stream } = redis;
    holding = true;
    stream.cork();
    setImmediate(() => {
      holding = false;
      stream.uncork();
    });
  };
}

/** The job's place in the line of its kind (1 = next; null: it is not in it), and how many wait or are delayed. */
async function readPlace(redis: Redis, kind: string, id: string): Promise<{ place: number | null; depth: number }> {
  const keys = [queueKey(kind, 'wait'), queueKey(kind, 'delayed')];
  const [place, depth] = (await placeScript(redis, keys, [id])) as [number, number];
  return { place: place || null, depth };
}

const newJob = (kind: string, id: string, createdAt: number, position: number, envelope: Envelope): StoredJob => ({
  id,
  kind,
  state: 'waiting',
  position,
  envelope,
  progress: null,
  attemptsMade: 0,
  createdAt,
  startedAt: null,
  finishedAt: null,
  outcome: null,
  error: null,
});

/** Redis was asked and did not answer: what it was asked for may be done or not. */
export class AnswerLost extends AppError {
  constructor(cause: unknown) {
    super('queue_unavailable', UNAVAILABLE, { cause, retryAfterSeconds: 1 });
  }
}

/** A failed Redis command as the caller may know it. OOM and MISCONF are Redis saying that memory or disk is full. */
function classifyRedisError(cause: unknown): AppError {
  const message = cause instanceof Error ? cause.message : '';
  if (/\bOOM\b/.test(message)) {
    return new AppError('queue_full', 'The queue has no memory left. Nothing was accepted; try again later.', {
      cause,
      retryAfterSeconds: 10,
    });
  }
  return new AnswerLost(cause);
}

/** Looks at Redis' settings each time it comes up, and refuses to accept jobs that it could lose. */
function watchSafety(redis: Redis, allowUnsafe: boolean, log: Log): { assertSafe(): void } {
  let faults: string[] = [];
  const examine = async () => {
    faults = await findUnsafeSettings(redis).catch(() => []);
    if (faults.length > 0) log[allowUnsafe ? 'warn' : 'error']({ faults }, 'Redis is not set up to keep jobs');
  };
  redis.on('ready', examine);
  if (redis.status === 'ready') void examine();
  return {
    assertSafe() {
      if (faults.length === 0 || allowUnsafe) return;
      throw new AppError(
        'queue_unavailable',
        'The queue is not set up to keep jobs safely; its operator has to mend that.',
        {
          retryAfterSeconds: 60,
        },
      );
    },
  };
}
