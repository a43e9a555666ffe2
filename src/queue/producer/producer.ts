import { setTimeout as delay } from 'node:timers/promises';
import Bull, { type Queue } from 'bull';
import type { Redis } from 'ioredis';
import type { Membership } from '../../deployment/membership.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { UPLOADS } from '../../jobs/files/upload-record.ts';
import type { JobName } from '../../jobs/job-name.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import type { StoredTimeline } from '../../jobs/timeline.ts';
import type { UsageByKind } from '../../jobs/usage.ts';
import type { Log } from '../../log.ts';
import { watchAnswers } from '../../redis/answers.ts';
import { keepClock } from '../../redis/clock.ts';
import { classifyRedisError, REFUSED } from '../../redis/errors.ts';
import { assertAnswers, createGuards, type Guards } from '../../redis/guards.ts';
import { pausedByKey, pausedSinceKey, queueKey, queuePrefix, tombstonesKey } from '../../redis/keys.ts';
import type { Replicas } from '../../redis/replicas.ts';
import { readSyncPolicy, type SyncPolicy } from '../../redis/sync-policy.ts';
import type { RemovingStorage } from '../../storage/storage.ts';
import { holdInputs, letInputsGo } from '../batch-files.ts';
import { type Counts, readCounts, readWorkers, type WorkerFacts } from '../counts.ts';
import { type Death, readDeaths, readRestarts } from '../deaths.ts';
import { eraseJob } from '../erase-job.ts';
import { isFlow, stopFlow } from '../flows/stop-flow.ts';
import { withFlow } from '../flows/with-flow.ts';
import { createHistory, type History } from '../history/history.ts';
import { readOldestWaiting } from '../history/oldest-waiting.ts';
import { type RecentFailures, readRecentFailures } from '../history/recent-failures.ts';
import { readLog, readTimeline } from '../job-log.ts';
import { type Listing, type ListingQuery, listJobs } from '../listing/list-jobs.ts';
import { tolerateDamage } from '../read/damaged-record.ts';
import { kindOfId, readAnyJob } from '../read/read-job.ts';
import { promoteJobScript } from '../scripts/jobs/promote-job.ts';
import { markPausedScript } from '../scripts/mark-paused.ts';
import type { WithCallback } from '../upkeep/callbacks/callback-state.ts';
import { holdRecords, withHolders } from '../upkeep/holds.ts';
import { createUnfinishedUploads, type UnfinishedUploads } from '../uploads/unfinished.ts';
import { JOB_BYTES, readUsage } from '../usage.ts';
import { type AcceptOptions, acceptJob } from './accept-job.ts';
import { type Cancellation, cancelJob, promoteNow, retryJob } from './control.ts';
import { type Enqueued, queueFull } from './enqueue.ts';
import { type Health, type Memory, watchHealth } from './health.ts';
import { createOnce, type Once } from './once.ts';
import { type Resend, type Resent, resendDeliveries } from './resend.ts';

/** A command under way when the producer closes gets this long. */
const LAST_ANSWER_MS = 500;
/** The queues share one connection, and each has Bull listen to its errors: for good, and until it is ready. */
const LISTENERS_OF_A_QUEUE = 2;
/** More damaged records than these are not told of one by one. */
const MOST_DAMAGED = 1000;

/**
 * The web process's side of the queues. Everything rejects with queue_unavailable within a second when Redis is away;
 * what was sent by then and may have been done is looked into for ten seconds, and is an outcome_unknown after that.
 */
export interface Producer {
  /**
   * Queues a job; it is on Redis' disk when this resolves. The id may be used again for the same job: nothing is queued
   * twice. Rejects with queue_full, with what the grant refuses with, and idempotency_mismatch for another job under a
   * chosen id.
   */
  enqueue(kind: string, id: string, envelope: Envelope, options?: AcceptOptions): Promise<Enqueued>;
  /**
   * Holds the input file that the jobs of a batch are about to share, by its folder: it stays, whichever of them are
   * erased, for ten minutes or until it is let go.
   */
  holdInputs(kind: string, folder: string): Promise<void>;
  /** Lets it go; answers whether a job shares it. */
  letInputsGo(kind: string, folder: string): Promise<boolean>;
  /**
   * Holds the uploads and other jobs that a job names, before it is queued: they are kept until it has ended, and no
   * longer than a minute if it never is. Answers the first that is gone; null when all are held.
   */
  hold(job: JobName, needs: readonly JobName[]): Promise<JobName | null>;
  /** Rejects with queue_full unless that many more jobs of the kind may wait. */
  assertRoom(kind: string, jobs: number): Promise<void>;
  /** Uploads that are still to come. */
  unfinished: UnfinishedUploads;
  /** Reads the job, or the record of the upload, with that id; null when there is none. */
  find(id: string): Promise<StoredJob | null>;
  /** The same without what has become of its webhook, and without who holds it: quick, however many do. */
  findRecord(id: string): Promise<StoredJob | null>;
  /** Whether a job of that id was erased by age: it was kept as long as jobs are kept. */
  hasTombstone(id: string): Promise<boolean>;
  /** Lists jobs, newest first. */
  list(query: ListingQuery): Promise<Listing>;
  cancel(job: StoredJob): Promise<Cancellation>;
  /**
   * Runs a failed or cancelled job again, with all its attempts; a completed one where the kind allows it. Answers
   * false otherwise. Rejects with retry_useless where another run could not end otherwise. With `fields`, the own ones by
   * which the kind of a job in doubt does once more what may have been done, a completed one may run too.
   */
  retry(job: StoredJob, fields?: Readonly<Record<string, string>>): Promise<boolean>;
  /** Lets a webhook that waits for its time be sent now, also to a host that rests; false when it does not wait. */
  sendNow(job: StoredJob): Promise<boolean>;
  /** Lets a delayed webhook look now whether it can be sent; one that is not delayed does by itself. */
  promote(id: string): Promise<void>;
  /**
   * Sends the events of an endpoint once more, in their order. Rejects with what `assertRoom` throws; done again, what is
   * in the line already is there once.
   */
  resend(asked: Resend): Promise<Resent>;
  /** Erases a job and all that belongs to it; false while it runs: it is stopped first, and erased when it has. */
  erase(job: StoredJob): Promise<boolean>;
  /** Reads the entries of a job's log, oldest first. */
  readLog(job: StoredJob): Promise<unknown[]>;
  /** Reads what is kept of a job's runs. */
  readTimeline(job: StoredJob): Promise<StoredTimeline>;
  counts(): Promise<Record<string, Counts>>;
  /** Reads what the callers' jobs take. */
  usage(): Promise<UsageByKind>;
  /** How much memory Redis may still use before nothing is accepted, as last looked at. */
  memory(): Memory;
  workers(): Promise<WorkerFacts[]>;
  /** What has happened to the jobs of each kind: by minute, by hour and since ever. */
  history: History;
  /** How long the oldest waiting job of each kind has waited (ms); 0 where none waits. */
  oldestWaiting(): Promise<Record<string, number>>;
  /** Reads which jobs of each kind failed within the last hour, by error. */
  recentFailures(): Promise<Record<string, RecentFailures>>;
  /** Reads the last deaths of processes, newest first. */
  deaths(limit: number): Promise<Death[]>;
  /** Reads how often each program was started again after a death. */
  restarts(): Promise<Record<string, number>>;
  /** Pauses a kind's queue, or lets it go on; `by`: the name of the key that asks for it. */
  setPaused(kind: string, paused: boolean, by?: string): Promise<void>;
  /** Does an action of the pages once. */
  once: Once;
  /** Rejects unless jobs can be accepted durably now: Redis has acknowledged a write of the last second. */
  check(): Promise<void>;
  /** Reads when Redis has an accepted job on disk. */
  syncPolicy(): Promise<SyncPolicy>;
  /** The Bull queues, for the dashboard's adapters only. */
  queues: Queue[];
  close(): Promise<void>;
}

export interface ProducerDeps {
  redis: Redis;
  contracts: readonly JobContract[];
  storage: RemovingStorage;
  /** Waiting and delayed jobs of a kind at most. */
  maxQueueDepth: number;
  /** Accept jobs even when Redis may lose them. */
  allowUnsafe: boolean;
  /** Ids of the jobs that were derived from one, and are erased with it. */
  derivedJobs?: (job: StoredJob) => string[];
  /** Adds to a job what has become of its webhook; without it no job shows one. */
  withCallback?: WithCallback;
  /** What has to have a job before it is accepted (REDIS_WAIT). */
  replicas?: Replicas | null;
  /** What the queues belong to: no job is accepted before this process has joined it. */
  deployment?: Membership;
  /** Called before a job is marked as cancelled that does not run. */
  beforeFinish?: (redis: Redis, job: StoredJob) => Promise<void>;
  log: Log;
}

/** Makes the producer over a connection of `openProducerRedis`. */
export function createProducer(deps: ProducerDeps): Producer {
  const { redis, contracts, storage, withCallback, maxQueueDepth, replicas = null, derivedJobs = () => [] } = deps;
  const kinds = contracts.map(({ kind }) => kind);
  redis.setMaxListeners(redis.getMaxListeners() + LISTENERS_OF_A_QUEUE * kinds.length);
  const queues = new Map(kinds.map((kind) => [kind, openQueue(redis, kind)]));
  const queueOf = (kind: string) => queues.get(kind) as Queue;
  const { read, write } = createGuards(watchAnswers(redis));
  const health = watchHealth(deps);
  const history = createHistory(redis, kinds);
  tolerateDamage();
  keepClock(redis, deps.log);

  const find = createFind(deps);

  return {
    queues: [...queues.values()],
    async enqueue(kind, id, envelope, options = {}) {
      const answers = watchAnswers(redis, kind);
      assertAnswers(answers, REFUSED);
      health.assertFit(bytesOf(envelope, options.inputText));
      const enqueued = await acceptJob({ redis, answers, maxQueueDepth, replicas }, { kind, id }, envelope, options);
      if (!enqueued.replayed || !withCallback) return enqueued;
      return { ...enqueued, job: await read(withCallback)(redis, enqueued.job) };
    },
    holdInputs: write((_isRepeated, kind, folder) => holdInputs(redis, kind, folder)),
    letInputsGo: write((_isRepeated, kind, folder) => letInputsGo(redis, kind, folder)),
    hold: read((job, needs) => holdRecords(redis, job, needs)),
    assertRoom: read(async (kind, jobs) => {
      health.assertFit();
      const { waiting = 0, delayed = 0 } = (await readCounts(redis, [kind]))[kind] ?? {};
      if (waiting + delayed + jobs > maxQueueDepth) throw queueFull(kind, waiting + delayed, maxQueueDepth, jobs);
    }),
    unfinished: createUnfinishedUploads({ redis, guards: { read, write }, replicas }),
    find: read(find),
    findRecord: read((id) => readAnyJob(redis, contracts, id)),
    hasTombstone: read(async (id) => {
      const kind = kindOfId(contracts, id);
      return kind !== undefined && (await redis.zscore(tombstonesKey(kind), id)) !== null;
    }),
    list: read((query) => listJobs(redis, { ...query, kinds: query.kinds ?? kinds }, find)),
    ...createRepeatable({ ...deps, find }, write),
    sendNow: write(async (isRepeated, job) => (await promoteNow(redis, job)) || isRepeated),
    resend: write((_isRepeated, asked) => resendDeliveries(redis, asked)),
    erase: write((_isRepeated, job) => eraseJob({ redis, storage, derivedJobs, find }, job)),
    readLog: read(({ kind, id }) => readLog(redis, kind, id)),
    readTimeline: read(({ kind, id }) => readTimeline(redis, kind, id)),
    counts: read(() => readCounts(redis, kinds)),
    usage: () => readAllUsage(redis, kinds),
    memory: health.memory,
    history: { read: read(history.read), totals: read(history.totals) },
    oldestWaiting: read(() => readOldestWaiting(redis, kinds)),
    recentFailures: read(() => readRecentFailures(redis, history)),
    workers: read(() => readWorkers(redis, kinds)),
    deaths: read((limit) => readDeaths(redis, limit)),
    restarts: read(() => readRestarts(redis)),
    setPaused: write((_isRepeated, kind, paused, by) => setPaused({ redis, queue: queueOf(kind) }, kind, paused, by)),
    once: createOnce(redis),
    check: read(health.check),
    syncPolicy: read(() => readSyncPolicy(redis)),
    close: () => close(redis, health, replicas),
  };
}

/** Makes what finds a job with all that is known of it. */
function createFind({ redis, contracts, withCallback, log }: ProducerDeps): Producer['find'] {
  const tellDamage = createDamageLog(log);
  return async (id) => {
    const found = await readAnyJob(redis, contracts, id);
    if (!found) return null;
    const { depth: _depth, ...job } = found;
    if (job.damaged) tellDamage(job);
    return withHolders(redis, contracts, await withFlow(redis, withCallback ? await withCallback(redis, job) : job));
  };
}

/** Asked in the background: that it was not answered is for others to find out. */
const readAllUsage = (redis: Redis, kinds: readonly string[]): Promise<UsageByKind> =>
  readUsage(redis, [...kinds, UPLOADS.kind]).catch((cause) => {
    throw classifyRedisError(cause);
  });

/** Pauses a kind's queue, or lets it go on and wakes its workers. */
async function setPaused(
  { redis, queue }: { redis: Redis; queue: Queue },
  kind: string,
  paused: boolean,
  by = '',
): Promise<void> {
  if (!paused) {
    await queue.resume();
    await redis.lpush(queueKey(kind, 'bell'), 1);
    return;
  }
  // Before the pause: one that is seen has its time.
  await markPausedScript(redis, [pausedSinceKey(kind), queueKey(kind, 'meta-paused'), pausedByKey(kind)], [by]);
  await queue.pause();
}

/** Tells of each damaged record once. */
function createDamageLog(log: Log) {
  const told = new Set<string>();
  return ({ kind, id }: StoredJob): void => {
    if (told.has(id) || told.size >= MOST_DAMAGED) return;
    told.add(id);
    log.error({ job: id, kind }, 'the record of this job in Redis is damaged');
  };
}

/** About what a job with that envelope takes of Redis' memory. */
const bytesOf = ({ inputFile, input }: Envelope, inputText?: string): number =>
  JOB_BYTES + (inputFile ? 0 : (inputText ?? JSON.stringify(input)).length);

/** Cancels, retries and promotes jobs so that an action may be repeated whose answer was lost. */
function createRepeatable(
  deps: Pick<ProducerDeps, 'redis' | 'contracts' | 'beforeFinish'> & Pick<Producer, 'find'>,
  write: Guards['write'],
): Pick<Producer, 'promote' | 'retry' | 'cancel'> {
  const { redis, contracts, beforeFinish, find } = deps;
  return {
    promote: write(async (_isRepeated, id) => {
      const kind = kindOfId(contracts, id);
      if (kind) await promoteJobScript(redis, [queueKey(kind, 'delayed')], [id]);
    }),
    retry: write(async (isRepeated, job, fields) => {
      const retryCompleted = contracts.find(({ kind }) => kind === job.kind)?.retryCompleted ?? false;
      if (await retryJob(redis, job, retryCompleted || fields !== undefined, fields)) return true;
      // The first try may have done it.
      return isRepeated && ((await find(job.id))?.retries ?? 0) > job.retries;
    }),
    cancel: write(async (isRepeated, job) => {
      // Its run cancels its jobs, and ends after them.
      if (isFlow(job)) return (await stopFlow(redis, job)) ? 'stopping' : 'ended';
      const cancellation = await cancelJob(redis, job, beforeFinish);
      const isDone = cancellation === 'ended' && isRepeated && (await find(job.id))?.state === 'cancelled';
      return isDone ? 'cancelled' : cancellation;
    }),
  };
}

function openQueue(redis: Redis, kind: string): Queue {
  const queue = new Bull(kind, { prefix: queuePrefix(kind), createClient: () => redis });
  // Bull repeats the connection's errors; the connection logs them itself.
  queue.on('error', () => {});
  return queue;
}

async function close(redis: Redis, health: Health, replicas: Replicas | null): Promise<void> {
  replicas?.close();
  health.close();
  await Promise.race([redis.quit().catch(() => {}), delay(LAST_ANSWER_MS, undefined, { ref: false })]);
  redis.disconnect();
}
