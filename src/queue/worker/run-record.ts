import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import { queueKey } from '../../redis/keys.ts';
import { workersKey } from '../counts.ts';
import { endRunScript, keepLockScript, openBooksScript } from '../scripts/scripts.ts';
import type { Verdict } from './retry-decision.ts';

/**
 * A killed worker's job must run again within seconds: its lock ends after LOCK_MS, and the look for such jobs comes
 * every STALLED_CHECK_MS. Short locks hold because no heavy work runs on a worker's event loop.
 */
export const LOCK_MS = 4000;
export const KEEP_LOCK_EVERY_MS = 1000;
export const STALLED_CHECK_MS = 2000;
/** Deaths of its worker after which a job is given up: it is the job that kills them. */
export const CRASH_LIMIT = 5;

/** Reason of a run's abort when the job has become another run's: nothing of it may be written any more. */
export class LockLost extends Error {}

/**
 * A run's books in the job's hash: `run` names the run under way, `begun` is set while its processor works, `runs` counts
 * the runs that ended and used up an attempt, `final` says that the last of them is among these, `crashes` counts those
 * whose worker died.
 */
export interface RunBooks {
  kind: string;
  jobId: string;
  /** Names this run among all runs of the job. */
  run: string;
  /** Which attempt this run is, 1 for the first; interruptions and deaths are not in it. */
  runs: number;
  /** Workers that died while they ran the job. */
  crashes: number;
  /** How often the job was run again after it had ended. */
  retries: number;
  /** When that was last (ms); null if never. */
  retriedAt: number | null;
  /** Whether it was cancelled before this run had begun. */
  cancelled: boolean;
  /** Whether the run has begun with the opening of its books; else `beginRun` begins it. */
  begun: boolean;
}

/**
 * Opens the books of a new run. A run that was begun and never closed means that its worker died, unless that worker
 * still gives signs of life: then Redis was away, which counts as no crash. A run that nothing speaks against begins with
 * the same write, where it `mayBegin`.
 */
export async function openBooks(
  redis: Redis,
  kind: string,
  jobId: string,
  workerId: string,
  mayBegin: boolean,
): Promise<RunBooks> {
  const key = queueKey(kind, jobId);
  const run = `${workerId}/${Date.now().toString(36)}`;
  const open = (deaths: number | '') => openBooksScript(redis, [key], [run, mayBegin ? 1 : 0, deaths]);
  const answer = (await open('')) ?? (await open(await countDeath(redis, kind, jobId, workerId)));
  const [begun, closedRuns, crashes, cancel, retries, final, retriedAt] = answer as (string | number | null)[];
  return {
    kind,
    jobId,
    run,
    // After a final end that was never marked this is the same attempt once more.
    runs: Number(closedRuns ?? 0) + (final ? 0 : 1),
    crashes: Number(crashes),
    retries: Number(retries ?? 0),
    retriedAt: retriedAt ? Number(retriedAt) : null,
    cancelled: Boolean(cancel),
    begun: begun === 1,
  };
}

/** 1 when the worker that has a run open is dead. */
async function countDeath(redis: Redis, kind: string, jobId: string, self: string): Promise<number> {
  const openRun = await redis.hget(queueKey(kind, jobId), 'run');
  const [worker = ''] = openRun?.split('/') ?? [];
  return openRun && !(await isAlive(redis, kind, worker, self)) ? 1 : 0;
}

/** Notes that the processor goes to work: from here on the worker's death is the job's. Throws worker_lost at the limit. */
export async function beginRun(redis: Redis, { kind, jobId, crashes, cancelled }: RunBooks): Promise<void> {
  if (cancelled) throw cancelledError();
  if (crashes >= CRASH_LIMIT) {
    throw new AppError('worker_lost', `The job was given up: ${crashes} workers died while they ran it.`);
  }
  await redis.hset(queueKey(kind, jobId), 'begun', 1);
}

/** Whether that worker gives a sign of life now. After an outage even the living need a moment for it. */
async function isAlive(redis: Redis, kind: string, workerId: string, self: string): Promise<boolean> {
  if (workerId === self) return true;
  const before = await redis.zscore(workersKey(kind), workerId);
  await delay(1.5 * KEEP_LOCK_EVERY_MS);
  return (await redis.zscore(workersKey(kind), workerId)) !== before;
}

/** The end of a job that somebody cancelled. */
export const cancelledError = (): AppError => new AppError('cancelled', 'The job was cancelled.');

/** What became of a run's lock: kept, kept for a run that is to stop, or another run's by now. */
export type LockState = 'kept' | 'cancelled' | 'lost';

const lockState = (answer: unknown): LockState => (['lost', 'kept', 'cancelled'] as const)[answer as number] ?? 'lost';

/** Closes the books; `counts` adds the run to `runs`, a negative delay says that it was the last. */
export async function endRun(
  redis: Redis,
  { kind, jobId, run }: RunBooks,
  { counts, delayMs }: Pick<Verdict, 'counts' | 'delayMs'>,
): Promise<LockState> {
  return lockState(await endRunScript(redis, [queueKey(kind, jobId)], [run, counts ? 1 : 0, delayMs < 0 ? 1 : 0]));
}

/** Renews the run's lock. */
export async function keepLock(redis: Redis, { kind, jobId, run }: RunBooks, token: string): Promise<LockState> {
  const keys = [`${jobId}:lock`, 'stalled', 'active', jobId].map((name) => queueKey(kind, name));
  return lockState(await keepLockScript(redis, keys, [token, LOCK_MS, jobId, run]));
}
