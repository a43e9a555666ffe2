import Bull, { type Queue } from 'bull';
import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import { type Envelope, subjectsOf } from '../../jobs/options.ts';
import { newStoredJob, type StoredJob } from '../../jobs/stored-job.ts';
import { queueKeys, queuePrefix } from '../../redis/keys.ts';
import { BULL_JOB_OPTIONS, BULL_PRIORITY } from '../bull-options.ts';
import { readJob } from '../read-job.ts';
import { readPositionScript } from '../scripts/read-position.ts';
import { addToIndex } from './job-index.ts';

/** A queued job; `replayed` when it had been queued before under the same id with the same payload. */
export interface Enqueued {
  job: StoredJob;
  replayed: boolean;
  /** Jobs of the kind that wait or are delayed. */
  depth: number;
}

/**
 * Adds jobs through Bull on the producer's connection. An envelope with a nonce was given a chosen id: whoever wrote
 * its envelope first owns the job, and another payload under the same id is an idempotency_mismatch.
 */
export function createEnqueue(redis: Redis, queueOf: (kind: string) => Queue) {
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
    const added = queueOf(kind).add(envelope, options);
    // Bull sends the add in a microtask; a tick later the question for its position follows. Redis answers in order.
    const positioned = new Promise<void>((resolve) => process.nextTick(resolve)).then(() =>
      envelope.nonce === undefined ? readPosition(redis, kind, id) : { position: null, depth: 0 },
    );
    const [{ position, depth }] = await Promise.all([positioned, added, indexed]);
    if (position !== null)
      return { job: newStoredJob({ id, kind, envelope, createdAt, position }), replayed: false, depth };
    // Not in the line it was added to: delayed, taken already, held by a pause, or there before. Redis knows.
    const stored = await readJob(redis, kind, id);
    if (!stored) throw new Error(`${id} vanished while it was added`);
    const { depth: depthNow, ...job } = stored;
    return { job, replayed: isReplay(envelope, job.envelope), depth: depthNow };
  };
}

const adders = new WeakMap<Redis, Map<string, (id: string, envelope: Envelope) => Promise<unknown>>>();

/** Opens a way to add jobs of a kind on a connection that is there anyway, a worker's for example. */
export function openAdder(redis: Redis, kind: string): (id: string, envelope: Envelope) => Promise<unknown> {
  const own = adders.get(redis) ?? new Map();
  adders.set(redis, own);
  if (!own.has(kind)) {
    const queue = new Bull(kind, { prefix: queuePrefix(kind), createClient: () => redis });
    queue.on('error', () => {});
    const add = createEnqueue(redis, () => queue);
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
 * one write: Redis then syncs its file once for all of them. (ioredis' own auto-pipelining crashes on scripts that
 * Redis does not know yet.)
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

/** The job's position in the line of its kind (1 = next; null: it is not in it), and how many wait or are delayed. */
async function readPosition(
  redis: Redis,
  kind: string,
  id: string,
): Promise<{ position: number | null; depth: number }> {
  const [position, depth] = (await readPositionScript(redis, queueKeys(kind, 'wait', 'delayed'), [id])) as [
    number,
    number,
  ];
  return { position: position || null, depth };
}
