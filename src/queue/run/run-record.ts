import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import { jobKey } from '../../redis/keys.ts';
import { cancelledError } from '../cancelled-error.ts';
import { claimRunScript } from '../scripts/claim-run.ts';
import { finishRunScript } from '../scripts/finish-run.ts';
import { isWorkerAlive } from '../worker/heartbeat.ts';
import { type LockState, toLockState } from './lock-state.ts';
import type { RetryDecision } from './retry-decision.ts';

/** Deaths of its worker after which a job is given up: it is the job that kills them. */
export const CRASH_LIMIT = 5;

/** A run of a job, as the job's hash records it (its fields are in `job-fields.ts`). */
export interface RunRecord {
  kind: string;
  jobId: string;
  /** Names this run among all runs of the job. */
  run: string;
  /** Which attempt this run is, 1 for the first; interruptions and worker deaths are not in it. */
  attempt: number;
  /** Workers that died while they ran the job. */
  crashes: number;
  /** How often the job was run again after it had ended. */
  retries: number;
  /** When that was last (ms); null if never. */
  retriedAt: number | null;
  /** Whether the job was cancelled before this run started. */
  cancelled: boolean;
  /** Whether claiming has started the run too; else `startRun` does. */
  started: boolean;
}

export interface RunClaim {
  redis: Redis;
  kind: string;
  jobId: string;
  workerId: string;
  /** Whether the run may start with the same write, if the job has no crash and no cancellation behind it. */
  mayStart: boolean;
}

/**
 * Claims a job for a new run. A run that started and never finished means that its worker died, unless that worker's
 * heart still beats: then Redis was away, which counts as no crash.
 */
export async function claimRun({ redis, kind, jobId, workerId, mayStart }: RunClaim): Promise<RunRecord> {
  const key = jobKey(kind, jobId);
  const run = `${workerId}/${Date.now().toString(36)}`;
  const claim = (deaths: number | '') => claimRunScript(redis, [key], [run, mayStart ? 1 : 0, deaths]);
  const answer = (await claim('')) ?? (await claim(await countDeath(redis, kind, jobId, workerId)));
  const [started, finishedRuns, crashes, cancel, retries, final, retriedAt] = answer as (string | number | null)[];
  return {
    kind,
    jobId,
    run,
    // After a final end that Bull never marked this is the same attempt once more.
    attempt: Number(finishedRuns ?? 0) + (final ? 0 : 1),
    crashes: Number(crashes),
    retries: Number(retries ?? 0),
    retriedAt: retriedAt ? Number(retriedAt) : null,
    cancelled: Boolean(cancel),
    started: started === 1,
  };
}

/** 1 when the worker of the job's unfinished run is dead. */
async function countDeath(redis: Redis, kind: string, jobId: string, self: string): Promise<number> {
  const openRun = await redis.hget(jobKey(kind, jobId), 'run');
  const [worker = ''] = openRun?.split('/') ?? [];
  return openRun && worker !== self && !(await isWorkerAlive(redis, kind, worker)) ? 1 : 0;
}

/**
 * Marks the run as started: from here on the worker's death is the job's. Throws cancelled, and worker_lost for a job
 * that has killed too many workers.
 */
export async function startRun(redis: Redis, { kind, jobId, crashes, cancelled }: RunRecord): Promise<void> {
  if (cancelled) throw cancelledError();
  if (crashes >= CRASH_LIMIT) {
    throw new AppError('worker_lost', `The job was given up: ${crashes} workers died while they ran it.`);
  }
  await redis.hset(jobKey(kind, jobId), 'begun', 1);
}

/** Finishes a run that did not complete its job; answers the state of its lock. */
export async function finishRun(
  redis: Redis,
  { kind, jobId, run }: RunRecord,
  { usesAttempt, delayMs }: Pick<RetryDecision, 'usesAttempt' | 'delayMs'>,
): Promise<LockState> {
  const flags = [usesAttempt ? 1 : 0, delayMs < 0 ? 1 : 0];
  return toLockState(await finishRunScript(redis, [jobKey(kind, jobId)], [run, ...flags]));
}
