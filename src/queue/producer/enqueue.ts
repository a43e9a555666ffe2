import Bull, { type Queue } from 'bull';
import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import { type Envelope, subjectsOf } from '../../jobs/options.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { queueKey, queuePrefix } from '../../redis/keys.ts';
import { BULL_JOB_OPTIONS, BULL_PRIORITY } from '../bull-options.ts';
import { lookUp } from '../read-job.ts';
import { placeScript } from '../scripts/scripts.ts';
import { addToIndex } from './job-index.ts';

/** A queued job; `replayed` when it had been queued before under the same id with the same payload. */
export interface Enqueued {
  job: StoredJob;
  replayed: boolean;
  /** Jobs of the kind that wait or are delayed. */
  depth: number;
}

/**
 * Adds jobs through Bull on the producer's connection. An envelope with a nonce was given a chosen id: whoever wrote its
 * envelope first owns the job, and another payload under the same id is an idempotency_mismatch.
 */
export function createEnqueue(redis: Redis, queues: ReadonlyMap<string, Queue>) {
  const writeTogether = createWriteBatcher(redis);

  return async (kind: string, id: string, envelope: Envelope): Promise<Enqueued> => {
    const { priority = 'normal', runAt } = envelope.options;
    const createdAt = Date.now();
    const options = {
      ...BULL_JOB_OPTIONS,
      jobId: id,
      // The index sorts by the very same moment.
      timestamp: createdAt,
      priority: BULL_PRIORITY[priority],
      delay: runAt ? Math.max(0, Date.parse(runAt) - createdAt) : 0,
    };
    writeTogether();
    const indexed = addToIndex(redis, { id, caller: envelope.caller, subjects: subjectsOf(envelope), createdAt });
    const added = (queues.get(kind) as Queue).add(envelope, options);
    // Bull sends the add in a microtask; a tick later the question for its place follows. Redis answers in order.
    const placed = new Promise<void>((resolve) => process.nextTick(resolve)).then(() =>
      envelope.nonce === undefined ? readPlace(redis, kind, id) : { place: null, depth: 0 },
    );
    const [{ place, depth }] = await Promise.all([placed, added, indexed]);
    if (place !== null) return { job: newJob(kind, id, createdAt, place, envelope), replayed: false, depth };
    // Not in the line it was added to: delayed, taken already, held by a pause, or there before. Redis knows.
    const stored = await lookUp(redis, kind, id);
    if (!stored) throw new Error(`${id} vanished while it was added`);
    const { depth: depthNow, ...job } = stored;
    return { job, replayed: isReplay(envelope, job.envelope), depth: depthNow };
  };
}

const adders = new WeakMap<Redis, Map<string, (id: string, envelope: Envelope) => Promise<unknown>>>();

/** Adds jobs of another kind on a connection that is there anyway, a worker's for example. */
export function openAdder(redis: Redis, kind: string): (id: string, envelope: Envelope) => Promise<unknown> {
  const own = adders.get(redis) ?? new Map();
  adders.set(redis, own);
  if (!own.has(kind)) {
    const queue = new Bull(kind, { prefix: queuePrefix(kind), createClient: () => redis });
    queue.on('error', () => {});
    const add = createEnqueue(redis, new Map([[kind, queue]]));
    own.set(kind, (id: string, envelope: Envelope) => add(kind, id, envelope));
  }
  return own.get(kind);
}

function isReplay(ours: Envelope, stored: Envelope): boolean {
  if (ours.nonce === undefined || ours.nonce === stored.nonce) return false;
  if (ours.fingerprint === stored.fingerprint) return true;
  throw new AppError(
    'idempotency_mismatch',
    'The Idempotency-Key was used before with another payload. Choose a new key.',
  );
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
    if (!stream) return;
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
  retries: 0,
  createdAt,
  startedAt: null,
  finishedAt: null,
  outcome: null,
  error: null,
  waitingFor: [],
  waits: false,
});
