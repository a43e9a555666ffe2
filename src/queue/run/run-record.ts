import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import type { LastError } from '../../jobs/stored-job.ts';
import { cutDetail } from '../../jobs/timeline.ts';
import { cancelledKey, historyKey, jobKey, usageKey } from '../../redis/keys.ts';
import { cancelledError } from '../cancelled-error.ts';
import { CLAIM_FIELDS } from '../read/job-fields.ts';
import { claimRunScript } from '../scripts/runs/claim-run.ts';
import { finishRunScript } from '../scripts/runs/finish-run.ts';
import { noteReturnScript } from '../scripts/runs/note-return.ts';
import { isWorkerAlive } from '../worker/heartbeat.ts';
import type { TakenJob } from '../worker/taker.ts';
import { type LockState, toLockState } from './lock-state.ts';
import type { RetryDecision } from './retry-decision.ts';

/** Deaths and standstills of its worker after which a job is given up: it is the job that brings them about. */
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
  /** Workers that stood still for so long while they ran the job that they lost it, and came back. */
  stalls: number;
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
  workerId: string;
  taken: TakenJob;
}

/**
 * Claims a job for a new run, unless that was done as it was taken. A run that started and never finished means that its
 * worker died, unless that worker's heart still beats: then Redis was away, which counts as no crash.
 */
export async function claimRun({ redis, kind, workerId, taken }: RunClaim): Promise<RunRecord> {
  const { id, fields, run, pass } = taken;
  if (fields.run === run) {
    const stored = CLAIM_FIELDS.slice(2).map((name) => fields[name]);
    return toRecord(kind, taken, stored, fields.begun === '1');
  }
  const deaths = await countDeath(redis, kind, id, workerId);
  const answer = await claimRunScript(redis, [jobKey(kind, id)], [run, pass.tryEnter() ? 1 : 0, deaths]);
  const [started, ...known] = answer as [number, ...Known];
  return toRecord(kind, taken, known, started === 1);
}

/** What is known of the fields that claiming a run reads, from the third on. */
type Known = (string | number | null | undefined)[];

function toRecord(kind: string, { id, run }: TakenJob, known: Known, started: boolean): RunRecord {
  const [finishedRuns, crashes, cancel, retries, final, retriedAt, stalls] = known;
  return {
    kind,
    jobId: id,
    run,
    // After a final end that Bull never marked this is the same attempt once more.
    attempt: Number(finishedRuns ?? 0) + (final ? 0 : 1),
    crashes: Number(crashes),
    stalls: Number(stalls ?? 0),
    retries: Number(retries ?? 0),
    retriedAt: retriedAt ? Number(retriedAt) : null,
    cancelled: Boolean(cancel),
    started,
  };
}

/** 1 when the worker of the job's unfinished run is dead. */
async function countDeath(redis: Redis, kind: string, jobId: string, self: string): Promise<number> {
  const openRun = await redis.hget(jobKey(kind, jobId), 'run');
  const [worker = ''] = openRun?.split('/') ?? [];
  return openRun && worker !== self && !(await isWorkerAlive(redis, kind, worker)) ? 1 : 0;
}

/**
 * Marks the run as started: from here on the worker's death is the job's. Throws cancelled, worker_lost for a job that has
 * killed too many workers, and worker_stalled for one that has stopped some.
 */
export async function startRun(redis: Redis, record: RunRecord): Promise<void> {
  const { kind, jobId, crashes, stalls, cancelled } = record;
  if (cancelled) throw cancelledError();
  if (crashes >= CRASH_LIMIT) {
    throw new AppError('worker_lost', `The job was given up: ${crashes} workers died while they ran it.`);
  }
  if (crashes + stalls >= CRASH_LIMIT) throw stalledError(record);
  await redis.hset(jobKey(kind, jobId), 'begun', 1);
}

/** The error of a job whose workers did not die of it, or not all of them: they stood still until it had lost them. */
function stalledError({ crashes, stalls }: RunRecord): AppError {
  const died = crashes > 0 ? `, and ${crashes} died` : '';
  const often = `${stalls} ${stalls === 1 ? 'worker' : 'workers'}`;
  return new AppError(
    'worker_stalled',
    `The worker stood still while it ran this job. It was given up after ${often}${died}.`,
  );
}

/**
 * Records that the worker of a run that has lost its job is alive, and whether it stood still: a death that was counted
 * for the run is none.
 */
export async function recordReturn(redis: Redis, { kind, jobId, run }: RunRecord, stoodStill: boolean): Promise<void> {
  await noteReturnScript(redis, [jobKey(kind, jobId)], [run, stoodStill ? 1 : 0]);
}

/**
 * Finishes a run that did not complete its job, and keeps what failed and what the job waits on until its next run;
 * answers the state of its lock. `by` names the worker for people.
 */
export async function finishRun(
  redis: Redis,
  { kind, jobId, run, attempt }: RunRecord,
  { error, usesAttempt, delayMs }: RetryDecision,
  by: string,
): Promise<LockState> {
  const isLast = delayMs < 0;
  const { code, message: detail, recipients } = error;
  const lastError: LastError = { code, detail, at: new Date().toISOString(), ...(recipients ? { recipients } : {}) };
  const kept = (usesAttempt || error.isKept) && !isLast ? JSON.stringify(lastError) : '';
  const waitsOn = (!isLast && error.waitingOn) || '';
  const isUseless = isLast && error.uploadUseless;
  const entry = JSON.stringify({
    ...{ detail: cutDetail(detail), run: attempt, by },
    ...(usesAttempt ? { used: true } : {}),
    ...(isLast ? {} : { againMs: delayMs }),
  });
  const args = [run, usesAttempt ? 1 : 0, isLast ? 1 : 0, jobId, kept, waitsOn, isUseless ? 1 : 0, error.code, entry];
  const keys = [jobKey(kind, jobId), cancelledKey(kind), usageKey(kind), historyKey(kind)];
  return toLockState(await finishRunScript(redis, keys, args));
}

/**
 * Forgets the deaths of workers over a job of many runs that was put back: one run came to its end, so it is not the job that
 * brings them about. After a run that used no attempt, those that did before are forgotten too: it went on since.
 */
export async function forgetFaults(
  redis: Redis,
  { kind, jobId }: RunRecord,
  { usesAttempt }: Pick<RetryDecision, 'usesAttempt'>,
): Promise<void> {
  await redis.hdel(jobKey(kind, jobId), 'crashes', 'stalls', ...(usesAttempt ? [] : ['runs']));
}
